"""How long merging changes into a large table takes, and how much memory.

``python bench/databases.py --rows 5000000 --changes 500000``: a table of six columns as DMS writes
it (Parquet), and one file of updates, inserts and deletes, merged in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "layers" / "science"))

COLUMNS = "i AS id, md5(i::VARCHAR) AS name, i % 97 AS a, i % 89 AS b, i / 7.0 AS c, i / 11.0 AS d"
CHANGED = "CASE i // {step} % 10 WHEN 0 THEN 'D' WHEN 1 THEN 'I' ELSE 'U' END AS Op"


def make(folder: Path, rows: int, changes: int) -> None:
    """Write the load and the changes."""
    import duckdb

    load = f"SELECT {COLUMNS} FROM range({rows}) r(i)"
    step = max(rows // max(changes, 1), 1)
    change = f"SELECT {CHANGED.format(step=step)}, {COLUMNS} FROM range(0, {rows}, {step}) r(i)"
    for name, query in (("LOAD00000001", load), ("20260203-101112010", change)):
        duckdb.sql(f"COPY ({query}) TO '{folder / name}.parquet' (FORMAT parquet)")


def measure(folder: Path) -> dict[str, Any]:
    """Load, then merge; seconds of each, and the peak of the process."""
    from science.databases.merge import Incoming, merge

    def incoming(name: str) -> list[Incoming]:
        return [Incoming(folder / f"{name}.parquet", f"{name}.parquet")]

    begun = time.perf_counter()
    merge(folder / "state.parquet", loads=incoming("LOAD00000001"), key=["id"])
    loaded = time.perf_counter()
    made = merge(
        folder / "out.parquet",
        state=[folder / "state.parquet"],
        changes=incoming("20260203-101112010"),
        key=["id"],
    )
    merged = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    counts = {"updated": made.updated, "inserted": made.inserted, "deleted": made.deleted}
    times = {"load_s": round(loaded - begun, 2), "merge_s": round(merged - loaded, 2)}
    return {"rows": made.rows, **counts, **times, "peak_mb": round(peak)}


def main() -> None:
    """Make the files, and measure in a process that made none."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--changes", type=int, default=500_000)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measure(given.measure)))
        return
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), given.rows, given.changes)
        subprocess.run([sys.executable, __file__, "--measure", folder], check=True)


if __name__ == "__main__":
    main()
