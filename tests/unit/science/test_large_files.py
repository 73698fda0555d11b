"""A file far larger than the memory that is given passes through it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).parents[3]
MEMORY = 150_000_000
INTERPRETER = 220_000_000
"""What Python, DuckDB and its buffers for each thread take up besides."""

READ = """
import resource, sys
from pathlib import Path
from science.tables import Limits, ingest
path, name, out = sys.argv[1:]
ingest(Path(path), name, Path(out), limits=Limits(memory_bytes=%d))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


@pytest.mark.parametrize(("form", "options"), [("csv", "FORMAT csv"), ("jsonl", "FORMAT json")])
def test_memory_stays_bounded_however_large_the_file(
    tmp_path: Path, form: str, options: str
) -> None:
    """A table of texts of twice the memory or more, which it would not hold."""
    path = tmp_path / "landed"
    texts = ", ".join(f"md5(CAST(i * {k} AS VARCHAR)) AS c{k}" for k in range(1, 11))
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT {texts} FROM range(1000000) t(i)) TO '{path}' ({options})"
        )
    assert path.stat().st_size > 2 * MEMORY

    done = subprocess.run(
        [sys.executable, "-c", READ % MEMORY, path, f"rows.{form}", tmp_path / "rows.parquet"],
        env={"PYTHONPATH": str(ROOT / "layers" / "science")},
        check=True,
        capture_output=True,
    )

    assert int(done.stdout) < MEMORY + INTERPRETER
