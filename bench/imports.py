"""Cold import of every control function, against boto3 and Powertools' Logger alone.

Each import runs in a fresh interpreter that sees the function's folder and the lifecycle layer, as
in Lambda; medians of several. Says which module of NumPy, pandas or the SageMaker SDK is imported.

Run: .venv/bin/python -m bench.imports [--times 7]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
YARDSTICK = "import boto3; from aws_lambda_powertools import Logger"
HEAVY = ("numpy", "pandas", "sagemaker", "aws_xray_sdk", "duckdb")


def seconds(code: str, paths: list[Path]) -> float:
    """Wall seconds of a fresh interpreter that runs the code."""
    found = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    found.pop("PYTHONDONTWRITEBYTECODE", None)
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], env=found, check=True, cwd=ROOT)
    return time.perf_counter() - started


def computes(folder: Path) -> bool:
    """Whether a function uses the compute layer."""
    return any("science" in path.read_text() for path in folder.glob("*.py"))


def main() -> None:
    """Print the median of each function and its ratio to the yardstick."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=7)
    times = parser.parse_args().times
    functions = sorted(path for path in (ROOT / "functions").iterdir() if path.is_dir())
    control = [folder for folder in functions if not computes(folder)]
    layer = ROOT / "layers" / "lifecycle"
    check = f"import sys; bad = set(sys.modules) & set({HEAVY!r}); assert not bad, bad"
    taken: dict[str, list[float]] = {"boto3 + Logger": []}
    for _ in range(times + 1):  # the first round compiles and warms the disk
        taken["boto3 + Logger"].append(seconds(YARDSTICK, [layer]))
        for folder in control:
            code = f"import handle_{folder.name}; {check}"
            taken.setdefault(folder.name, []).append(seconds(code, [folder, layer]))
    base = statistics.median(taken["boto3 + Logger"][1:])
    for name, values in taken.items():
        median = statistics.median(values[1:])
        print(f"{name:24} {median * 1000:6.0f} ms   × {median / base:.2f}")


if __name__ == "__main__":
    main()
