"""One thing in a profile that deserves a look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SEVERITIES = ("high", "medium", "low")
NAMED = 6
"""So many columns are named in a sentence."""


def finding(
    severity: str,
    kind: str,
    columns: Iterable[str],
    *,
    what: str,
    why: str,
    cure: str,
    step: Optional[dict[str, Any]] = None,
) -> dict[str, Any]:
    """A finding as JSON.

    Args:
        severity: one of ``SEVERITIES``.
        kind: a name for programs.
        columns: the columns concerned.
        what: the fact, a sentence.
        why: why it matters, a sentence.
        cure: what would mend it, a sentence.
        step: the recipe step that does so.
    """
    return {
        "severity": severity,
        "kind": kind,
        "columns": list(columns),
        "what": what,
        "why": why,
        "cure": cure,
        "step": step,
    }


def named(columns: Iterable[str]) -> list[str]:
    """Each column once, in order."""
    return list(dict.fromkeys(columns))


def listed(columns: Sequence[str]) -> str:
    """Columns in a sentence: the first few, and how many more."""
    shown = ", ".join(columns[:NAMED])
    rest = len(columns) - NAMED
    return f"{shown} and {rest} more" if rest > 0 else shown
