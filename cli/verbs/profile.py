"""`baton profile`: a look at a plain file, with nothing running."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli import profile_report
from cli.errors import CliError
from cli.output import AsJson, print_json, verb
from cli.suspects import ASKED, look, tell

File = Annotated[
    Path, typer.Argument(metavar="FILE", help="CSV, TSV, JSON, JSON lines or Parquet; also .gz")
]
Target = Annotated[
    str | None, typer.Option("--target", metavar="COLUMN", help="the column to predict")
]
Report = Annotated[
    Path | None,
    typer.Option("--report", metavar="FOLDER", help="write profile.html and profile.json there"),
]
Suspects = Annotated[
    Path | None,
    typer.Option("--suspects", metavar="OUT", help="write the cells that seem wrong to this CSV"),
]
Labels = Annotated[
    Path | None,
    typer.Option(
        "--labels",
        metavar="LABELS",
        help="right values of some rows: the data's columns, and row (from 0)",
    ),
]
Ask = Annotated[
    Path | None,
    typer.Option(
        "--ask", metavar="ROWS", help=f"write the {ASKED} rows whose labels would say most"
    ),
]


@verb
def profile(
    file: File,
    *,
    target: Target = None,
    report: Report = None,
    suspects: Suspects = None,
    labels: Labels = None,
    ask: Ask = None,
    as_json: AsJson = False,
) -> None:
    """Look at a file of rows: what its columns hold, what deserves a look, and what mends it.

    With --suspects: which of its cells are probably wrong, and what should stand there. Each line
    of OUT is a cell: row (from 0), column, value, reason, suggestion. Needs no stack.
    """
    if suspects is None and ask is None:
        if labels is not None:
            raise CliError("--labels tells of wrong cells.", "Add --suspects OUT.csv.")
        _profile(file, target, report, as_json=as_json)
        return
    if target is not None or report is not None:
        raise CliError(
            "--suspects and --ask go without --target and --report.", "Ask for one, then the other."
        )
    document = look(file, suspects, labels, ask)
    if as_json:
        print_json(document)
    else:
        tell(document)


def _profile(file: Path, target: str | None, report: Path | None, *, as_json: bool) -> None:
    told = profile_report.measure(file, target)
    page = profile_report.keep(told, report) if report is not None else None
    if as_json:
        print_json(told)
    else:
        profile_report.tell(told, page)
