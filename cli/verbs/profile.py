"""`baton profile`: a look at a plain file, with nothing running."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.errors import CliError
from cli.output import AsJson, print_json, verb
from cli.suspects import ASKED, look, tell

File = Annotated[
    Path, typer.Argument(metavar="FILE", help="CSV, TSV, JSON, JSON lines or Parquet; also .gz")
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
    suspects: Suspects = None,
    labels: Labels = None,
    ask: Ask = None,
    as_json: AsJson = False,
) -> None:
    """Look at a file of rows: which of its cells are probably wrong, and what should stand there.

    Needs no stack. Each line of OUT is a cell: row (from 0), column, value, reason, suggestion.
    """
    if suspects is None and ask is None:
        raise CliError(
            "Nothing is asked of the file.", "Add --suspects OUT.csv to find its wrong cells."
        )
    document = look(file, suspects, labels, ask)
    if as_json:
        print_json(document)
    else:
        tell(document)
