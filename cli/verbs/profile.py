"""`baton profile`: a look at a plain file, with nothing running."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from cli.errors import CliError
from cli.output import AsJson, console, print_json, verb
from cli.profile_summary import tell

if TYPE_CHECKING:
    from science.suspects.columns import Table
    from science.suspects.judge import Suspect

File = Annotated[
    Path, typer.Argument(metavar="FILE", help="CSV, TSV, JSON, JSON lines or Parquet; also .gz")
]
Suspects = Annotated[
    Path | None,
    typer.Option("--suspects", metavar="OUT", help="write the cells that seem wrong to this CSV"),
]


Target = Annotated[
    str | None, typer.Option("--target", metavar="COLUMN", help="the column to predict")
]
Report = Annotated[
    Path | None,
    typer.Option("--report", metavar="FOLDER", help="write profile.html and profile.json there"),
]


@verb
def profile(
    file: File,
    *,
    target: Target = None,
    report: Report = None,
    suspects: Suspects = None,
    as_json: AsJson = False,
) -> None:
    """Look at a file of rows: what its columns hold, what deserves a look, and what mends it.

    With --suspects: which of its cells are probably wrong, and what should stand there. Each line
    of OUT is a cell: row (from 0), column, value, reason, suggestion. Needs no stack.
    """
    if suspects is not None:
        if target is not None or report is not None:
            raise CliError(
                "--suspects goes without --target and --report.", "Ask for one, then the other."
            )
        _suspects(file, suspects, as_json=as_json)
        return
    _check_file(file)
    told = _measure(file, target)
    page = _keep(told, report) if report is not None else None
    if as_json:
        print_json(told)
    else:
        tell(told, page)


def _measure(file: Path, target: str | None) -> dict[str, Any]:
    from science.faults import UnusableData
    from science.profiling.table import profile_file
    from science.tables import UnreadableFile

    try:
        return profile_file(file, target=target)
    except UnreadableFile as error:
        raise CliError(f"{file} cannot be read: {error.reason}", error.cure) from error
    except UnusableData as error:
        cure = "; ".join(fault.cure for fault in error.faults)
        raise CliError(f"{error}.", f"{cure}.") from error
    except OSError as error:
        raise CliError(f"{file} cannot be read: {error}") from error


def _keep(told: dict[str, Any], folder: Path) -> Path:
    from science import reports

    page = folder / "profile.html"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        page.write_text(reports.render("profile", told), encoding="utf-8")
        text = json.dumps(told, ensure_ascii=False, allow_nan=False, indent=1)
        (folder / "profile.json").write_text(text, encoding="utf-8")
    except OSError as error:
        raise CliError(
            f"{folder} cannot be written: {error.strerror}.", "Name another folder."
        ) from error
    return page


def _suspects(file: Path, suspects: Path, *, as_json: bool) -> None:
    _check(file, suspects)
    table = _read(file)
    found = _find(table)
    _write(found, suspects)
    _tell(file, suspects, table, found, as_json=as_json)


def _check_file(file: Path) -> None:
    if not file.is_file():
        what = "is a folder" if file.is_dir() else "is not there"
        raise CliError(f"{file} {what}.", "Name a file of rows.")


def _check(file: Path, out: Path) -> None:
    _check_file(file)
    if out.is_dir():
        raise CliError(f"{out} is a folder.", "Name the CSV file to write.")
    if out.resolve() == file.resolve():
        raise CliError(f"{out} is the file itself.", "Write the suspects to another file.")


def _read(file: Path) -> Table:
    from science.suspects.columns import read_table
    from science.tables import UnreadableFile

    try:
        return read_table(file)
    except UnreadableFile as error:
        raise CliError(f"{file} cannot be read: {error.reason}", error.cure) from error
    except OSError as error:
        raise CliError(f"{file} cannot be read: {error}") from error


def _find(table: Table) -> list[Suspect]:
    from science.suspects.judge import find_suspects

    return find_suspects(table)


def _write(found: list[Suspect], out: Path) -> None:
    from science.suspects.output import write_suspects

    try:
        write_suspects(found, out)
    except OSError as error:
        raise CliError(
            f"{out} cannot be written: {error.strerror}.", "Name another place."
        ) from error


def _tell(file: Path, out: Path, table: Table, found: list[Suspect], *, as_json: bool) -> None:
    columns = Counter(each.column for each in found)
    if as_json:
        document: dict[str, Any] = {
            "file": str(file),
            "rows": table.file_rows,
            "rows_examined": table.rows,
            "suspects": len(found),
            "columns": dict(columns.most_common()),
            "path": str(out),
        }
        print_json(document)
        return
    screen = console()
    if table.rows < table.file_rows:
        screen.print(
            f"[yellow]![/] {table.rows:,} of {table.file_rows:,} rows were examined, "
            "an even sample",
            soft_wrap=True,
        )
    for column, count in columns.most_common():
        share = count / table.rows
        screen.print(f"  {count:>8,}  {share:>6.1%}  {escape(column)}", soft_wrap=True)
    screen.print(
        f"[green]✓[/] {len(found):,} suspected cells in {table.rows:,} rows → {escape(str(out))}",
        soft_wrap=True,
    )
