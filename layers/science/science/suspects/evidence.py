"""What a detector says of the cells of one column."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, Optional

import numpy as np

if TYPE_CHECKING:
    from science.suspects.columns import Coded


@dataclass(frozen=True)
class Hint:
    """Why a cell is suspected, and what should stand there (None: not known)."""

    reason: str
    suggestion: Optional[str] = None


@dataclass
class Evidence:
    """One detector's look at one column.

    Attributes:
        detector: its name.
        column: the column's place in the table.
        strength: for each row how sure the detector is that the cell is wrong, 0 to 1; float32.
        hint: what it says of a row.
    """

    detector: str
    column: int
    strength: Any
    hint: Callable[[int], Hint]


@dataclass
class ByValue:
    """Collects what a detector says of the different values of a column."""

    column: Coded
    strength: dict[int, float] = field(default_factory=dict)
    hints: dict[int, Hint] = field(default_factory=dict)

    def suspect(
        self, code: int, strength: float, reason: str, suggestion: str | None = None
    ) -> None:
        """Suspect a value; of several suspicions of it the strongest counts."""
        if strength > self.strength.get(code, 0.0) and suggestion != self.column.values[code]:
            self.strength[code] = strength
            self.hints[code] = Hint(reason, suggestion)

    def evidence(self, detector: str, at: int) -> Evidence | None:
        """What was collected; None if it is nothing."""
        if not self.strength:
            return None
        by_code = np.zeros(len(self.column.values), dtype=np.float32)
        by_code[list(self.strength)] = list(self.strength.values())
        codes, hints = self.column.codes, self.hints
        return Evidence(detector, at, by_code[codes], lambda row: hints[int(codes[row])])
