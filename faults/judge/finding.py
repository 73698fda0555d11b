"""What the judge holds against a life."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is not as it should be.

    Attributes:
        rule: which rule it breaks, such as ``started_twice``.
        what: a sentence for people.
        where: the row, object, job or event that shows it.
    """

    rule: str
    what: str
    where: str

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.rule}: {self.what} ({self.where})"
