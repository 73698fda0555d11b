"""Finding wrong cells: precision, recall, F1, right suggestions; with no labels and with 20 rows.

On the real pairs of the Raha benchmark that lie beside the project, on real tables with errors put
in, and on made tables like the benchmark's others. Labelled rows are drawn at random, anew for each
seed; "asked" labels the rows that `--ask` would write. The published figure to compare with: Raha
reaches 0.85 F1 on average with 20 rows that it chooses itself (Mahdavi et al., SIGMOD 2019).

Run: python -m bench.suspects [--seeds 10] [--only NAME] [--scale]
Prints a line a table; with --scale how long 100,000 rows of 20 columns take, and the memory.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bench.dirt import REAL, SHARED, SPOILED, pair
from bench.hard_dirt import HARD
from bench.made_dirt import MADE, word, words
from science.suspects.columns import coded
from science.suspects.judge import judge, suspects
from science.suspects.labelled import worth_labelling
from science.suspects.learn import Labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bench.dirt import Dirt
    from science.suspects.columns import Table
    from science.suspects.judge import Suspect

LABELLED = 20
HEAD = "precision recall     F1 repair"


class Score(NamedTuple):
    """How well wrong cells were found, and how many of those found got the right suggestion."""

    precision: float
    recall: float
    f1: float
    repair: float

    def __str__(self) -> str:
        """Show it in the columns of the table."""
        return f"{self.precision:9.3f} {self.recall:6.3f} {self.f1:6.3f} {self.repair:6.3f}"


def score(dirt: Dirt, found: Iterable[Suspect]) -> Score:
    """Compare suspects with the truth."""
    wrong = dirt.wrong()
    told = {(each.row, each.column): each.suggestion or "" for each in found}
    hits = [cell for cell in told if cell in wrong]
    precision, recall = len(hits) / max(len(told), 1), len(hits) / max(len(wrong), 1)
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    repair = sum(told[cell] == wrong[cell] for cell in hits) / max(len(hits), 1)
    return Score(precision, recall, f1, repair)


def labels_of(dirt: Dirt, rows: Sequence[int]) -> Labels:
    """The right values of rows."""
    values = {at: [cells[row] for row in rows] for at, cells in enumerate(dirt.clean.values())}
    return Labels(rows, values)


def labelled(dirt: Dirt, table: Table, rows: Sequence[int]) -> Score:
    """Find with the labels of some rows."""
    labels = labels_of(dirt, rows)
    return score(dirt, suspects(table, judge(table, labels), labels))


def measure(dirt: Dirt, seeds: int) -> str:
    """One table's line."""
    table = coded({title: list(cells) for title, cells in dirt.dirty.items()})
    begun = time.perf_counter()
    judged = judge(table)
    alone = score(dirt, suspects(table, judged))
    seconds = time.perf_counter() - begun
    drawn = [
        labelled(
            dirt, table, np.random.default_rng(seed).choice(dirt.rows, LABELLED, False).tolist()
        )
        for seed in range(seeds)
    ]
    asked = labelled(dirt, table, worth_labelling(table, judged.evidence, judged.scores, LABELLED))
    mean = statistics.mean(each.f1 for each in drawn)
    worst = min(each.f1 for each in drawn)
    repair = statistics.mean(each.repair for each in drawn)
    size = dirt.rows * len(dirt.clean)
    return (
        f"{dirt.name:28} {len(dirt.wrong()) / size:6.1%} {alone} {mean:6.3f} {worst:6.3f}"
        f" {repair:6.3f} {asked.f1:6.3f} {seconds:6.1f}"
    )


def tables(seed: int = 0) -> Iterator[Dirt]:
    """All tables, the real ones where they lie beside the project."""
    makers = [*map(partial(partial, pair), REAL), *(partial(make, seed) for make in SPOILED)]
    if SHARED.exists():
        for make in makers:
            yield make()
    for made in (*MADE, *HARD):
        yield made(seed)


def scale(rows: int) -> None:
    """Time a table of twenty columns, six of which follow from one key."""
    random = np.random.default_rng(0)
    key = random.integers(0, 3000, rows)
    columns: dict[str, list[str]] = {}
    for at in range(6):
        names = np.array([words(random, 1, 2) for _ in range(3000)])
        columns[f"key{at}"] = names[key].tolist()
    for at in range(4):
        columns[f"number{at}"] = [f"{value:.2f}" for value in random.normal(size=rows)]
        levels = [word(random) for _ in range(8)]
        columns[f"level{at}"] = random.choice(levels, rows).tolist()
    for at in range(3):
        columns[f"text{at}"] = [words(random, 2, 3) for _ in range(rows)]
        columns[f"whole{at}"] = random.integers(0, 100_000, rows).astype(str).tolist()
    table = coded({title: list(cells) for title, cells in columns.items()})
    begun = time.perf_counter()
    found = suspects(table, judge(table))
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{rows:,} x {len(columns)}: {seconds:.1f} s, {peak:,.0f} MB, {len(found)} suspects")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--only", default="")
    parser.add_argument("--scale", action="store_true")
    asked = parser.parse_args()
    if asked.scale:
        scale(100_000)
        return
    print(f"{'':28} {'wrong':>6} {HEAD} | 20 rows: mean, worst F1, repair, asked F1, seconds")
    for dirt in tables():
        if asked.only in dirt.name:
            print(measure(dirt, asked.seeds), flush=True)


if __name__ == "__main__":
    main()
