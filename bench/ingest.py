"""Taking in one large file: how fast, in how much memory, and on how much disk.

The file is written by SQL: twenty columns of numbers, categories, dates and texts. It is read in a
process of its own, with the memory that `ingest_files` has by default on AWS.

Run: python bench/ingest.py [--gigabytes 5] [--format csv|jsonl|parquet] [--gzip] [--no-room]
Prints the file's size, seconds, megabytes a second, the peak resident memory of the process, the
most disk used besides the file, and what a Lambda's 15 minutes would allow at this pace.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parent.parent
MEMORY_MEGABYTES = 3008
"""`ComputeMemory` of template.yaml; the database is given half of it, as by ingest_files."""

LAMBDA_SECONDS = 900
EVEN = "((hash(i * 31 + {}) % 1000003) / 1000003.0)"
READ = """
import json, resource, sys, time
from pathlib import Path
from science.tables import Limits, ingest
path, name, out, memory, disk = sys.argv[1:]
limits = Limits(memory_bytes=int(memory), disk_bytes=int(disk) if disk else None)
started = time.perf_counter()
found = ingest(Path(path), name, Path(out), limits=limits)
seconds = time.perf_counter() - started
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"rows": found.rows, "bytes": found.bytes, "seconds": seconds, "peak": peak}))
"""


def generate(path: Path, size: int, form: str) -> None:
    """Write about so many bytes; every cell follows from its row's number."""
    cells = [f"round({EVEN.format(k)} * {10 ** (k % 5)}, 4) AS n{k}" for k in range(8)]
    cells += [f"CAST({EVEN.format(k)} * 1000000 AS INTEGER) AS i{k}" for k in range(20, 24)]
    cells += [
        f"'value ' || CAST({EVEN.format(k)} * {most} AS INTEGER) AS c{k}"
        for k, most in enumerate((3, 20, 500, 5000), 40)
    ]
    cells += [f"DATE '2020-01-01' + CAST({EVEN.format(60)} * 1000 AS INTEGER) AS day"]
    cells += ["md5(CAST(i AS VARCHAR)) AS token", "i AS id", "'said no. ' || i AS words"]
    bytes_a_row = {"csv": 213, "jsonl": 360, "parquet": 120}[form]
    query = f"SELECT {', '.join(cells)} FROM range({size // bytes_a_row}) t(i)"
    options = {"csv": "FORMAT csv, HEADER", "jsonl": "FORMAT json", "parquet": "FORMAT parquet"}
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({query}) TO '{path}' ({options[form]})")


def most_used(folder: Path, over: threading.Event, found: list[int]) -> None:
    """Look ten times a second at how much lies in a folder."""
    while not over.wait(0.1):
        sizes = []
        for each in folder.rglob("*"):
            try:
                sizes.append(each.stat().st_blocks * 512 if each.is_file() else 0)
            except FileNotFoundError:  # it was removed since it was listed
                continue
        found.append(sum(sizes))


def measure(path: Path, name: str, folder: Path, *, room: bool) -> dict[str, float]:
    """Take in the file in a process of its own; ``room`` says whether it may be decompressed."""
    folder.mkdir()
    out = folder / "rows.parquet"
    memory = MEMORY_MEGABYTES * 1_000_000 // 2
    argv = [sys.executable, "-c", READ, str(path), name, str(out), str(memory)]
    environment = os.environ | {
        "PYTHONPATH": str(ROOT / "layers" / "science"),
        "TMPDIR": str(folder),
    }
    over, used = threading.Event(), [0]
    watcher = threading.Thread(target=most_used, args=(folder, over, used))
    watcher.start()
    try:
        done = subprocess.run(
            [*argv, "" if room else "1"], env=environment, check=True, capture_output=True
        )
    finally:
        over.set()
        watcher.join()
    found: dict[str, float] = json.loads(done.stdout)
    return found | {"disk": max(used)}


def main() -> None:
    """Generate, read, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--gigabytes", type=float, default=5.0)
    parser.add_argument("--format", choices=("csv", "jsonl", "parquet"), default="csv")
    parser.add_argument("--gzip", action="store_true")
    parser.add_argument("--no-room", action="store_true", help="read straight from the archive")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as temporary:
        path, name = Path(temporary, "landed"), f"rows.{chosen.format}"
        generate(path, int(chosen.gigabytes * 1e9), chosen.format)
        size = path.stat().st_size
        if chosen.gzip:
            packed = Path(temporary, "packed")
            with path.open("rb") as source, gzip.open(packed, "wb", 1) as target:
                shutil.copyfileobj(source, target, 1 << 20)
            packed.replace(path)
            name += ".gz"
        started = time.perf_counter()
        found = measure(path, name, Path(temporary, "work"), room=not chosen.no_room)
        whole = time.perf_counter() - started
        pace = size / found["seconds"]
        print(f"{name}: {path.stat().st_size / 1e9:.2f} GB ({size / 1e9:.2f} GB expanded)")
        print(f"rows: {found['rows']:,}   Parquet: {found['bytes'] / 1e9:.2f} GB")
        print(f"seconds: {found['seconds']:.1f} (process {whole:.1f})   MB/s: {pace / 1e6:.0f}")
        print(
            f"peak memory: {found['peak'] / 1e6:,.0f} MB   peak disk: {found['disk'] / 1e9:.2f} GB"
        )
        print(f"in {LAMBDA_SECONDS} s at this pace: {pace * LAMBDA_SECONDS / 1e9:.0f} GB")


if __name__ == "__main__":
    main()
