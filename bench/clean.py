"""Cleaning millions of rows: the science layer against the same steps written by hand in SQL.

Both read a CSV file, drop exact duplicates, clip outliers by fences, fill gaps with median or mode,
and write Parquet; each in a process of its own, several times in turn.

Run: python bench/clean.py [--rows 5000000] [--turns 3] [--keep FOLDER]
Prints one line a run, then the medians, their ratio, and whether both wrote the same rows.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parent.parent
WAYS = ("baton", "by hand")
MOST_RATIO, MOST_MEGABYTES = 1.2, 2000
MANY_ROWS, MOST_MEGABYTES_OF_MANY = 20_000_000, 3000
"""So much memory may be used beyond so many rows: what does not fit is spilled to disk."""
SETTINGS = {"duplicates": "drop", "missing": "median", "outliers": "clip"}


def generate(path: Path, rows: int) -> None:
    """Twenty columns of numbers, heavy tails, categories, dates; 3 % gaps, 1 % copies.

    Every cell follows from its row's number, so the file is the same at every call.
    """
    even = "((hash(i * 31 + {}) % 1000003) / 1000003.0)".format
    normal = [
        f"sqrt(-2 * ln(greatest({even(k)}, 1e-9))) * cos(6.283185 * {even(k + 500)})"
        for k in range(9)
    ]
    cells = [f"round({normal[k]} * {10 ** (k % 3)}, 3)" for k in range(6)]
    cells += [f"round(exp({normal[k]}) * 100, 2)" for k in range(6, 9)]
    cells += [
        f"CAST(floor({even(k)} * {most}) AS INTEGER)"
        for k, most in enumerate((100, 5000, 12, 100_000), 40)
    ]
    cells += [
        f"'v' || CAST(floor({even(k)} * {even(k)} * {most}) AS INTEGER)"
        for k, most in enumerate((3, 8, 20, 50, 1000), 60)
    ]
    cells.append(f"DATE '2020-01-01' + CAST(floor({even(81)} * 1000) AS INTEGER)")
    cells.append(f"CASE WHEN {even(91)} < 0.3 THEN 'yes' ELSE 'no' END")
    columns = ", ".join(
        f"CASE WHEN hash(i * 17 + {at}) % 33 <> 0 THEN {cell} END AS c{at}"
        for at, cell in enumerate(cells)
    )
    numbered = f"SELECT CASE WHEN r % 100 = 99 THEN r - 50 ELSE r END AS i FROM range({rows}) t(r)"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT {columns} FROM ({numbered})) TO '{path}' (HEADER)")


def by_hand(source: Path, target: Path) -> None:
    """The steps as one writes them for this very file, knowing its columns."""
    numbers, others = [f"c{at}" for at in range(13)], [f"c{at}" for at in range(13, 20)]
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE t AS SELECT DISTINCT * FROM read_csv('{source}')")
        listed = [
            f"quantile_cont({c}, [0.001, 0.25, 0.5, 0.75, 0.999]), min({c}), max({c})"
            for c in numbers
        ]
        listed += [f"mode({c})" for c in others]
        row = connection.execute(f"SELECT {', '.join(listed)} FROM t").fetchone() or ()
        cells = []
        for at, column in enumerate(numbers):
            (tail, first, median, third, head), low, high = row[3 * at : 3 * at + 3]
            reach = 3.0 * (third - first)
            floor, ceiling = min(first - reach, tail), max(third + reach, head)
            clipped = column
            if low < floor or high > ceiling:
                clipped = (
                    f"CASE WHEN {column} < {floor!r} THEN {floor!r} "
                    f"WHEN {column} > {ceiling!r} THEN {ceiling!r} ELSE {column} END"
                )
            cells.append(f"coalesce({clipped}, {median!r}) AS {column}")
        cells += [
            f"coalesce({column}, '{mode}') AS {column}"
            for column, mode in zip(others, row[39:], strict=True)
        ]
        chosen = ", ".join(cells)
        connection.execute(f"COPY (SELECT {chosen} FROM t) TO '{target}' (FORMAT parquet)")


def run_once(way: str, source: Path, target: Path) -> None:
    """Clean, and print the seconds and the peak memory of this process as JSON."""
    started = time.perf_counter()
    if way == "by hand":
        by_hand(source, target)
    else:
        sys.path.insert(0, str(ROOT / "layers" / "science"))
        from science.clean import clean_file

        clean_file(source, target, SETTINGS)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": time.perf_counter() - started, "megabytes": megabytes}))


def measure(rows: int, turns: int, folder: Path) -> int:
    """Run both ways in turn; 0 if the ratio and the memory are within bounds."""
    source = folder / f"rows-{rows}.csv"
    if not source.exists():
        generate(source, rows)
    print(f"{rows:,} rows x 20 columns, {source.stat().st_size / 1e6:,.0f} MB of CSV", flush=True)
    found: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for turn in range(turns):
        for way in WAYS if turn % 2 == 0 else WAYS[::-1]:
            target = folder / f"{way.replace(' ', '-')}.parquet"
            command = [sys.executable, __file__, "--once", way, str(source), str(target)]
            told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            found[way].append(json.loads(told))
            figures = found[way][-1]
            spent, memory = figures["seconds"], figures["megabytes"]
            print(f"  {way:8} {spent:7.2f} s {memory:7,.0f} MB", flush=True)
    medians = {way: statistics.median(each["seconds"] for each in found[way]) for way in WAYS}
    peak = {way: max(each["megabytes"] for each in found[way]) for way in WAYS}
    ratio = medians["baton"] / medians["by hand"]
    same = same_rows(*(folder / f"{way.replace(' ', '-')}.parquet" for way in WAYS))
    for way in WAYS:
        print(f"{way:8} median {medians[way]:6.2f} s, peak {peak[way]:,.0f} MB")
    print(f"ratio {ratio:.2f} (at most {MOST_RATIO}), the same rows: {same}")
    if rows > MANY_ROWS:  # the statements by hand hold in memory what we spill
        return 0 if peak["baton"] < MOST_MEGABYTES_OF_MANY and same else 1
    return 0 if ratio <= MOST_RATIO and peak["baton"] < MOST_MEGABYTES and same else 1


def same_rows(left: Path, right: Path) -> bool:
    """Whether two files hold the same rows, whatever their order."""
    with duckdb.connect() as connection:
        digests = [
            connection.execute(
                "SELECT count(*), sum(hash(COLUMNS(*)::VARCHAR)::HUGEINT) "
                f"FROM (SELECT row(*COLUMNS(*)) AS each FROM '{path}')"
            ).fetchone()
            for path in (left, right)
        ]
    return digests[0] == digests[1]


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="where to keep the data between runs")
    parser.add_argument("--once", nargs=3, metavar=("WAY", "SOURCE", "TARGET"))
    told = parser.parse_args()
    if told.once:
        run_once(told.once[0], Path(told.once[1]), Path(told.once[2]))
        return 0
    with contextlib.ExitStack() as stack:
        folder = told.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        return measure(told.rows, told.turns, folder)


if __name__ == "__main__":
    sys.exit(main())
