"""Suspects as a CSV file."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from science.suspects.judge import Suspect

COLUMNS = ("row", "column", "value", "reason", "suggestion")


def write_suspects(suspects: Iterable[Suspect], path: Path) -> None:
    """Write one line per suspected cell: row (from 0), column, value, reason, suggestion.

    An empty suggestion next to the reason of a missing value means that the cell should be empty;
    otherwise that no better value is known.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for each in suspects:
            suggestion = each.suggestion or ""
            writer.writerow([each.row, each.column, each.value, each.reason, suggestion])
