"""What is wrong with data, where, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        what: the fact, a sentence.
        where: the column, file or setting.
        cure: what would mend it, a sentence.
    """

    what: str
    where: str
    cure: str


class UnusableData(ValueError):  # noqa: N818  (named for what the user is told)
    """No model can learn from these rows; ``faults`` names every reason found."""

    def __init__(self, faults: list[Fault]) -> None:
        """Keep the faults and say them all."""
        self.faults = faults
        super().__init__("; ".join(f"{fault.where}: {fault.what}" for fault in faults))
