"""A file far larger than the memory that is given passes through it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).parents[3]
INTERPRETER = 220_000_000
"""What Python, DuckDB and its buffers for each thread take up besides."""

READ = """
import sys
from pathlib import Path
from science.tables import Limits, ingest
path, name, out = sys.argv[1:]
ingest(Path(path), name, Path(out), limits=Limits(memory_bytes=%d))
status = Path("/proc/self/status").read_text()
print(int(status.split("VmHWM:")[1].split()[0]) * 1024)
"""
"""The peak is the kernel's, of this program alone: getrusage counts the parent's, too."""


@pytest.mark.parametrize(
    ("form", "options", "rows", "memory"),
    [
        ("csv", "FORMAT csv", 1_000_000, 150_000_000),
        # DuckDB reads JSON in pieces of 32 MB, several of them for each thread.
        ("jsonl", "FORMAT json", 1_700_000, 320_000_000),
    ],
)
def test_memory_stays_bounded_however_large_the_file(
    tmp_path: Path, form: str, options: str, rows: int, memory: int
) -> None:
    """A table of texts of twice the memory or more, which it would not hold."""
    path = tmp_path / "landed"
    texts = ", ".join(f"md5(CAST(i * {k} AS VARCHAR)) AS c{k}" for k in range(1, 11))
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT {texts} FROM range({rows}) t(i)) TO '{path}' ({options})")
    assert path.stat().st_size > 2 * memory

    done = subprocess.run(
        [sys.executable, "-c", READ % memory, path, f"rows.{form}", tmp_path / "rows.parquet"],
        env={"PYTHONPATH": str(ROOT / "layers" / "science")},
        check=True,
        capture_output=True,
    )

    assert int(done.stdout) < memory + INTERPRETER
