"""`python -m faults`: the fault matrix, whole or sampled; report in HTML and JSON.

Exit status 1 if a fault by itself, or none at all, made a life end as it should not.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from faults.points import ALL_WAYS
from faults.progress import Progress
from faults.report import write
from faults.running import Options, run
from faults.stories import STORIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


LONG = ("points", "findings", "lived_again")
"""Of the document; these stand in the report, and were told life by life."""


def named(known: Iterable[str]) -> Callable[[str], list[str]]:
    """Read names by commas, each of which must be known."""

    def read(text: str) -> list[str]:
        names = [name.strip() for name in text.split(",")]
        if unknown := [name for name in names if name not in known]:
            told = f"{', '.join(unknown)}: not among {', '.join(known)}"
            raise argparse.ArgumentTypeError(told)
        return names

    return read


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m faults",
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    every = {name: ",".join(known) for name, known in (("stories", STORIES), ("ways", ALL_WAYS))}
    add("--stories", type=named(STORIES), default=every["stories"], help="lives, by commas")
    add("--ways", type=named(ALL_WAYS), default=every["ways"], help="faults, by commas")
    add("--sample", type=int, default=0, metavar="N", help="try so many points; 0 for all")
    add("--seed", type=int, default=1, help="where the sample's draws begin")
    add("--together", type=int, default=50, metavar="N", help="faults that share a life at most")
    add("--side-by-side", type=int, default=6, metavar="N", help="lives at once on a cloud")
    add("--lanes", type=int, default=1, metavar="N", help="clouds at once, 2 GB each")
    add("--minutes", type=float, default=0, help="begin no life later; 0 for no limit")
    add("--resume", action="store_true", help="do not try again what ended equal before")
    add("--out", type=Path, default=Path(".baton/faults"), help="the report's folder")
    add("--state", type=Path, help="keep the clouds' state here, for a quicker start next time")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Run, and write the report."""
    chosen = parse(arguments)
    options = Options(
        stories=chosen.stories,
        ways=chosen.ways,
        sample=chosen.sample,
        seed=chosen.seed,
        together=chosen.together,
        side_by_side=chosen.side_by_side,
        clouds=chosen.lanes,
        minutes=chosen.minutes,
    )
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        progress = Progress(chosen.out / "verdicts.jsonl", resume=chosen.resume)
        matrix = run(options, chosen.state or Path(folder), progress)
    page = write(matrix, chosen.out)
    told = {name: value for name, value in matrix.document().items() if name not in LONG}
    sys.stdout.write(f"{told}\n{page}\n")
    return 1 if matrix.findings else 0


if __name__ == "__main__":
    sys.exit(main())
