"""``python -m fuzz [TARGET …]``: run targets until each has its cases; 1 if any has a finding."""

from __future__ import annotations

import argparse
import sys

from fuzz.campaign import run, table
from fuzz.target import TARGETS


def main() -> int:
    """Run the campaign and show how far each target has come."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", help=f"of {', '.join(TARGETS)}; all if none")
    parser.add_argument("--cases", type=int, default=1_000_000, help="for each target, in all")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    parser.add_argument("--table", action="store_true", help="only show how far they have come")
    given = parser.parse_args()
    unknown = sorted(set(given.targets) - set(TARGETS))
    if unknown:
        parser.error(f"there is no target {', '.join(unknown)}")
    found: dict[str, str] = {}
    if not given.table:
        names = given.targets or list(TARGETS)
        found = run(names, given.cases, given.processes, given.seconds)
    for name, said in found.items():
        print(f"\n---- {name}\n{said}")
    print(table())
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
