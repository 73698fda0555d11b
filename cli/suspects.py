"""The wrong cells of a plain file: looked for, told, and asked about."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from cli.errors import CliError
from cli.output import console

if TYPE_CHECKING:
    from pathlib import Path

    from science.suspects.columns import Table
    from science.suspects.judge import Judged, Suspect
    from science.suspects.learn import Labels

ASKED = 20


def look(file: Path, out: Path | None, labels: Path | None, ask: Path | None) -> dict[str, Any]:
    """Find the suspects of a file and write them, or the rows worth labelling, or both.

    Args:
        file: the data.
        out: where the suspects go.
        labels: the right values of some rows.
        ask: where the rows go whose labels would say most.

    Returns:
        What was found, for people or programs.

    Raises:
        CliError: a file cannot be read or written, or the labels are not of the data.
    """
    _check(file, labels, [path for path in (out, ask) if path])
    table, known = _read(file, labels)
    from science.suspects.judge import judge, suspects

    judged = judge(table, known)
    document: dict[str, Any] = {
        "file": str(file),
        "rows": table.file_rows,
        "rows_examined": table.rows,
        "labelled": len(known.rows) if known else 0,
    }
    if out:
        found = suspects(table, judged, known)
        _write_suspects(found, out)
        columns = Counter(each.column for each in found)
        document |= {
            "suspects": len(found),
            "columns": dict(columns.most_common()),
            "path": str(out),
        }
    if ask:
        document |= {"asked": _ask(table, judged, ask), "ask_path": str(ask)}
    return document


def tell(document: dict[str, Any]) -> None:
    """Show people what was found."""
    screen = console()
    rows = document["rows_examined"]
    if rows < document["rows"]:
        screen.print(
            f"[yellow]![/] {rows:,} of {document['rows']:,} rows were examined, an even sample",
            soft_wrap=True,
        )
    if "path" in document:
        for column, count in document["columns"].items():
            share = count / rows
            screen.print(f"  {count:>8,}  {share:>6.1%}  {escape(column)}", soft_wrap=True)
        screen.print(
            f"[green]✓[/] {document['suspects']:,} suspected cells in {rows:,} rows"
            f" → {escape(document['path'])}",
            soft_wrap=True,
        )
    if "ask_path" in document:
        path = escape(document["ask_path"])
        screen.print(f"[green]✓[/] {len(document['asked'])} rows to label → {path}", soft_wrap=True)
        screen.print(f"[dim]put them right, then look again with --labels {path}[/]")


def _check(file: Path, labels: Path | None, written: list[Path]) -> None:
    for path in (file, labels):
        if path and not path.is_file():
            what = "is a folder" if path.is_dir() else "is not there"
            raise CliError(f"{path} {what}.", "Name a file of rows.")
    read = [path.resolve() for path in (file, labels) if path]
    for path in written:
        if path.is_dir():
            raise CliError(f"{path} is a folder.", "Name the CSV file to write.")
        if path.resolve() in read:
            raise CliError(f"{path} is read, so it is not written.", "Name another file.")
    if len({path.resolve() for path in written}) < len(written):
        raise CliError(f"{written[0]} would be written twice.", "Name two files.")


def _read(file: Path, labels: Path | None) -> tuple[Table, Labels | None]:
    from science.faults import UnusableData
    from science.suspects.columns import read_table
    from science.suspects.labelled import matched, read_labels, row_numbers
    from science.tables import UnreadableFile

    path = file
    try:
        if labels is None:
            return read_table(file), None
        path = labels
        given = read_labels(labels)
        path = file
        table = read_table(file, keep=row_numbers(given))
        return table, matched(given, table, labels)
    except UnreadableFile as error:
        raise CliError(f"{path} cannot be read: {error.reason}", error.cure) from error
    except OSError as error:
        raise CliError(f"{path} cannot be read: {error}") from error
    except UnusableData as error:
        faults = "; ".join(fault.what for fault in error.faults)
        cures = "; ".join(dict.fromkeys(fault.cure for fault in error.faults))
        raise CliError(f"{labels}: {faults}.", f"{cures[:1].upper()}{cures[1:]}.") from error


def _write_suspects(found: list[Suspect], out: Path) -> None:
    from science.suspects.output import write_suspects

    try:
        write_suspects(found, out)
    except OSError as error:
        raise _unwritable(out, error) from error


def _ask(table: Table, judged: Judged, ask: Path) -> list[int]:
    from science.suspects.labelled import worth_labelling, write_rows

    rows = worth_labelling(table, judged.evidence, judged.scores, ASKED)
    try:
        write_rows(table, rows, ask)
    except OSError as error:
        raise _unwritable(ask, error) from error
    return [int(table.numbers[row]) for row in rows]


def _unwritable(path: Path, error: OSError) -> CliError:
    return CliError(f"{path} cannot be written: {error.strerror}.", "Name another place.")
