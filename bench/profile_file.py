"""Profiling millions of rows: the science layer against its own cleaning of the same file.

The file is that of bench/clean.py. Cleaning and profiling run in turn, each in a process of its
own; beside them, with --peer, ydata-profiling on 500,000 rows of the same sort (its default
report, and the minimal one that leaves correlations and interactions out), from an environment of
its own: `make bench-profile` installs it.

Run: python bench/profile_file.py [--rows 5000000] [--turns 3] [--keep FOLDER] [--peer]
Prints one line a run, then the medians and their ratio; exits 1 if profiling takes more than twice
as long as cleaning, or two gigabytes.
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

ROOT = Path(__file__).resolve().parent.parent
PEER = ROOT / ".venvs" / "profilers" / "bin" / "python"
PEER_ROWS = 500_000
MOST_RATIO, MOST_MEGABYTES = 2.0, 2000
SETTINGS = {"duplicates": "drop", "missing": "median", "outliers": "clip"}
OURS = ("clean", "profile")
THEIRS = ("ydata-profiling minimal", "ydata-profiling")


def run_once(way: str, source: Path, folder: Path) -> None:
    """Do it, and print the seconds and the peak memory of this process as JSON."""
    started = time.perf_counter()
    if way.startswith("ydata"):
        _ydata(source, folder, minimal=way.endswith("minimal"))
    else:
        sys.path.insert(0, str(ROOT / "layers" / "science"))
        _ours(way, source, folder)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": time.perf_counter() - started, "megabytes": megabytes}))


def _ours(way: str, source: Path, folder: Path) -> None:
    if way == "clean":
        from science.clean import clean_file

        clean_file(source, folder / "clean.parquet", SETTINGS)
        return
    from science import reports
    from science.profiling.table import profile_file

    told = profile_file(source)
    (folder / "profile.json").write_text(json.dumps(told, allow_nan=False), encoding="utf-8")
    (folder / "profile.html").write_text(reports.render("profile", told), encoding="utf-8")


def _ydata(source: Path, folder: Path, *, minimal: bool) -> None:
    import pandas as pd
    from ydata_profiling import ProfileReport

    table = pd.read_csv(source)
    report = ProfileReport(table, minimal=minimal, progress_bar=False)
    report.to_file(folder / "ydata.html", silent=True)


def measure(ways: tuple[str, ...], source: Path, turns: int, folder: Path) -> dict[str, float]:
    """Median seconds of each way; the ways take turns."""
    found: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    for turn in range(turns):
        for way in ways if turn % 2 == 0 else ways[::-1]:
            python = str(PEER) if way.startswith("ydata") else sys.executable
            command = [python, __file__, "--once", way, str(source), str(folder)]
            told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            figures = json.loads(told.strip().splitlines()[-1])
            found[way].append(figures)
            spent, memory = figures["seconds"], figures["megabytes"]
            print(f"  {way:24} {spent:8.2f} s {memory:7,.0f} MB", flush=True)
    for way in ways:
        peak = max(each["megabytes"] for each in found[way])
        median = statistics.median(each["seconds"] for each in found[way])
        print(f"{way:26} median {median:8.2f} s, peak {peak:,.0f} MB")
        if way in OURS and peak >= MOST_MEGABYTES:
            print(f"{way} took more than {MOST_MEGABYTES:,} MB")
            sys.exit(1)
    return {way: statistics.median(each["seconds"] for each in found[way]) for way in ways}


def source_of(rows: int, folder: Path) -> Path:
    """The file of bench/clean.py with so many rows."""
    sys.path.insert(0, str(ROOT))
    from bench.clean import generate

    source = folder / f"rows-{rows}.csv"
    if not source.exists():
        generate(source, rows)
    print(f"{rows:,} rows x 20 columns, {source.stat().st_size / 1e6:,.0f} MB of CSV", flush=True)
    return source


def compare(rows: int, turns: int, folder: Path, *, peer: bool) -> int:
    """Measure, and say whether profiling stays within its bounds."""
    medians = measure(OURS, source_of(rows, folder), turns, folder)
    ratio = medians["profile"] / medians["clean"]
    print(f"profile / clean: {ratio:.2f} (at most {MOST_RATIO:g})")
    if peer:
        beside = measure(("profile", *THEIRS), source_of(min(rows, PEER_ROWS), folder), 1, folder)
        for way in THEIRS:
            print(f"{way} / profile: {beside[way] / beside['profile']:.1f}")
    return 0 if ratio <= MOST_RATIO else 1


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="where to keep the data between runs")
    parser.add_argument("--peer", action="store_true", help="ydata-profiling beside it")
    parser.add_argument("--once", nargs=3, metavar=("WAY", "SOURCE", "FOLDER"))
    told = parser.parse_args()
    if told.once:
        run_once(told.once[0], Path(told.once[1]), Path(told.once[2]))
        return 0
    if told.peer and not PEER.exists():
        parser.error("ydata-profiling is not installed: make bench-profile installs it")
    with contextlib.ExitStack() as stack:
        folder = told.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        return compare(told.rows, told.turns, folder, peer=told.peer)


if __name__ == "__main__":
    sys.exit(main())
