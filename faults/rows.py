"""A small table with something to learn in it, the same at every call."""

from __future__ import annotations

import csv
import io
import random

COLUMNS = ("id", "age", "plan", "monthly", "left")


def table(count: int, seed: int = 5, *, older: bool = False) -> list[dict[str, str]]:
    """Who leaves, by age, plan and price.

    Args:
        count: how many rows.
        seed: other seeds, other people.
        older: people whom the model has never seen the like of.
    """
    draw = random.Random(seed)  # noqa: S311 -- no secret depends on it
    rows = []
    for number in range(count):
        age = draw.gauss(70 if older else 40, 8)
        plan = draw.choice(("basic", "plus", "pro"))
        monthly = draw.gauss(90 if older else 40, 12)
        leaves = monthly - 40 + (6 if plan == "basic" else -3) + draw.gauss(0, 4) > 0
        row = (f"P{seed}-{number}", f"{age:.0f}", plan, f"{monthly:.2f}", "yes" if leaves else "no")
        rows.append(dict(zip(COLUMNS, row, strict=True)))
    return rows


def as_csv(rows: list[dict[str, str]], *, without: str = "") -> str:
    """The rows as a CSV file, perhaps without one column."""
    names = [name for name in rows[0] if name != without]
    text = io.StringIO()
    writer = csv.DictWriter(text, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
