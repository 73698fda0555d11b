"""Spark and DuckDB side by side: the first half of preparing, on one file, by the same rules.

Both read the Parquet file that a landed CSV file became, tell each column's kind, drop copies,
split, read numbers and dates, and write the rows that features are fitted to. Each is a process of
its own, Spark with the laptop's settings (``local[*]``, 2 GB); its start is part of its time.

Run: python bench/spark.py [--rows 1000000 5000000 20000000] [--keep FOLDER]
Prints a line for each run, a table, whether both wrote the same rows, and from how many rows on
Spark would win: here, and with more cores if its work scaled with them.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".venvs/glue/bin/python"
WAYS = ("DuckDB", "Spark")
CORES = (8, 32, 96)
"""Of a cluster: one, four and twelve Glue workers of the kind G.2X have as many."""

PROBLEM: dict[str, Any] = {
    "name": "bench",
    "target": "c19",
    "columns": {"id": None, "time": None, "exclude": [], "sensitive": []},
    "prepare": {"duplicates": "drop", "missing": "auto", "outliers": "clip"},
    "evaluate": {"holdout": 0.15},
    "features": {"store": False},
}
SESSION = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "2g",
    "spark.sql.shuffle.partitions": "8",
    "spark.sql.session.timeZone": "UTC",
}


def in_duckdb(source: Path, out: Path) -> None:
    """As a function does it."""
    from science.database import connect, write_parquet
    from science.prepare import clean

    with connect(memory_limit="2GB") as connection:
        clean(connection, [source], PROBLEM)
        for view in ("typed", "held"):
            query = f'SELECT * FROM {view} ORDER BY "_row_"'
            write_parquet(connection, query, out / view / "part-0.parquet")


def in_spark(source: Path, out: Path) -> None:
    """As a Glue job does it."""
    from pyspark.sql import SparkSession  # type: ignore[import-not-found,unused-ignore]

    from science.recipe.spark_clean import clean

    builder = SparkSession.builder.master("local[*]")
    for name, value in SESSION.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    clean(session, [source], PROBLEM, out)


def run_once(way: str, source: Path, out: Path) -> None:
    """Clean, and print the seconds and the peak memory of this process and its children as JSON.

    The seconds of all cores tell of the work where other programs keep the machine busy.
    """
    started = time.perf_counter()
    (in_duckdb if way == "DuckDB" else in_spark)(source, out)
    seconds = time.perf_counter() - started
    family = _family(os.getpid())
    told = {"seconds": seconds, "cpu": sum(map(_cpu, family)), "megabytes": sum(map(_peak, family))}
    print(json.dumps(told))


def _family(pid: int) -> list[int]:
    """A process and all that it started (proc(5), ``/proc/<pid>/task/<tid>/children``)."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):  # a thread that has ended meanwhile
            for child in (task / "children").read_text().split():
                found += _family(int(child))
    return found


def _cpu(pid: int) -> float:
    """Seconds that a process spent on all cores, its own and the system's (proc(5), ``stat``)."""
    figures = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(figures[11]) + int(figures[12])) / os.sysconf("SC_CLK_TCK")


def _peak(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def landed(rows: int, folder: Path) -> Path:
    """The file of so many rows, as the relay takes it in; made once."""
    from bench.clean import generate
    from science.tables import ingest

    path = folder / f"landed-{rows}.parquet"
    if not path.exists():
        text = folder / f"rows-{rows}.csv"
        generate(text, rows)
        ingest(text, text.name, path)
        text.unlink()
    return path


def measure(rows: int, folder: Path) -> dict[str, dict[str, float]]:
    """Run both ways over so many rows.

    Raises:
        AssertionError: they wrote different rows.
    """
    source = landed(rows, folder)
    print(f"{rows:,} rows x 20 columns, {source.stat().st_size / 1e6:,.0f} MB", flush=True)
    found = {}
    for way in WAYS:
        out = folder / way
        command = [str(PYTHON), __file__, "--once", way, str(source), str(out)]
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "layers/science"),
            "PYSPARK_PYTHON": str(PYTHON),
        }
        told = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, text=True, env=environment
        ).stdout
        found[way] = json.loads(told.splitlines()[-1])
        one = found[way]
        print(f"  {way:6} {one['seconds']:8.1f} s {one['cpu']:8.1f} s {one['megabytes']:7,.0f} MB")
    assert digest(folder / "DuckDB") == digest(folder / "Spark"), "they wrote different rows"
    return found


def digest(folder: Path) -> tuple[Any, ...]:
    """What tells the written rows of one way from those of another, whatever their files."""
    import duckdb

    with duckdb.connect() as connection:
        return tuple(
            connection.execute(
                "SELECT count(*), sum(hash(each::VARCHAR)::HUGEINT) FROM "
                f"(SELECT row(*COLUMNS(*)) AS each FROM '{folder}/{view}/*.parquet')"
            ).fetchone()
            for view in ("typed", "held")
        )


def wins_from(found: dict[int, dict[str, dict[str, float]]], scale: float) -> float | None:
    """From how many rows on Spark is faster, with so many times the cores.

    Spark's start, which does not divide by the cores, is what a straight line through the two
    smallest sizes leaves for no rows at all. Between two sizes that were timed the times are taken
    from a straight line; None if Spark is not faster at the largest.
    """
    sizes = sorted(found)
    small, next_size = (found[rows]["Spark"]["seconds"] for rows in sizes[:2])
    start = max(0.0, small - (next_size - small) / (sizes[1] - sizes[0]) * sizes[0])
    behind = {}
    for rows in sizes:
        spark, duckdb = (found[rows][way]["seconds"] for way in ("Spark", "DuckDB"))
        behind[rows] = start + (spark - start) / scale - duckdb
    slower = [rows for rows in sizes if behind[rows] > 0]
    if not slower:
        return 0.0
    last = max(slower)
    if last == sizes[-1]:
        return None
    faster = min(rows for rows in sizes if rows > last)
    return last + (faster - last) * behind[last] / (behind[last] - behind[faster])


def report(found: dict[int, dict[str, dict[str, float]]]) -> None:
    """Print the table."""
    print("\n| rows | DuckDB | Spark | Spark / DuckDB | on all cores | peak memory |")
    print("|---|---|---|---|---|---|")
    for rows, ways in found.items():
        small, large = (ways[way] for way in WAYS)
        ratio = large["seconds"] / small["seconds"]
        memory = f"{small['megabytes']:,.0f} / {large['megabytes']:,.0f} MB"
        work = f"{small['cpu']:.1f} / {large['cpu']:.1f} s"
        print(
            f"| {rows:,} | {small['seconds']:.1f} s | {large['seconds']:.1f} s | {ratio:.1f} "
            f"| {work} | {memory} |"
        )
    print("\nBoth wrote the same rows.")
    if len(found) < 2:
        return
    here = len(os.sched_getaffinity(0))
    for cores in (here, *CORES):
        least = wins_from(found, cores / here)
        told = f"not up to {max(found):,} rows" if least is None else f"from {least:,.0f} rows on"
        print(f"Spark on {cores} cores would be faster than DuckDB on {here}: {told}.")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 5_000_000, 20_000_000])
    parser.add_argument("--keep", type=Path, help="where to keep the data between runs")
    parser.add_argument("--once", nargs=3, metavar=("WAY", "SOURCE", "OUT"))
    told = parser.parse_args()
    if told.once:
        run_once(told.once[0], Path(told.once[1]), Path(told.once[2]))
        return
    sys.path[:0] = [str(ROOT), str(ROOT / "layers/science")]
    with contextlib.ExitStack() as stack:
        folder = told.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        report({rows: measure(rows, folder) for rows in sorted(told.rows)})


if __name__ == "__main__":
    main()
