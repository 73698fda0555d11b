"""The profile of a plain file: measured, written as a page, told on a terminal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich import box
from rich.markup import escape
from rich.table import Table

from cli.errors import CliError
from cli.output import console, duration

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rich.console import Console

STYLES = {"high": "bold red", "medium": "yellow", "low": "dim"}
MOST_COLUMNS = 60
WORDS = {"roc_auc": "ROC AUC", "pr_auc": "PR AUC", "r2": "R²", "rmse": "RMSE", "mae": "MAE"}


def measure(file: Path, target: str | None) -> dict[str, Any]:
    """The profile's document.

    Raises:
        CliError: the file cannot be read, or has no such column.
    """
    from science.faults import UnusableData
    from science.profiling.table import profile_file
    from science.tables import UnreadableFile

    if not file.is_file():
        what = "is a folder" if file.is_dir() else "is not there"
        raise CliError(f"{file} {what}.", "Name a file of rows.")
    try:
        return profile_file(file, target=target)
    except UnreadableFile as error:
        raise CliError(f"{file} cannot be read: {error.reason}", error.cure) from error
    except UnusableData as error:
        cure = "; ".join(fault.cure for fault in error.faults)
        raise CliError(f"{error}.", f"{cure}.") from error
    except OSError as error:
        raise CliError(f"{file} cannot be read: {error}") from error


def keep(told: Mapping[str, Any], folder: Path) -> Path:
    """Write the page and its JSON into a folder; returns the page.

    Raises:
        CliError: the folder cannot be written.
    """
    from science import reports

    page = folder / "profile.html"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        page.write_text(reports.render("profile", dict(told)), encoding="utf-8")
        text = json.dumps(told, ensure_ascii=False, allow_nan=False, indent=1)
        (folder / "profile.json").write_text(text, encoding="utf-8")
    except OSError as error:
        raise CliError(
            f"{folder} cannot be written: {error.strerror}.", "Name another folder."
        ) from error
    return page


def tell(told: Mapping[str, Any], page: Path | None) -> None:
    """Print a profile's document, gravest first.

    Args:
        told: the document of ``science.profiling.table``.
        page: where its page was written, if it was.
    """
    screen = console()
    _head(screen, told)
    screen.print(_columns(told))
    rest = len(told["columns"]) - MOST_COLUMNS
    if rest > 0:
        screen.print(f"[dim]and {rest} more columns (--json, --report)[/]")
    _quick_model(screen, told["quick_model"])
    _insights(screen, told["insights"])
    for note in told["sampling"]:
        screen.print(f"[dim]{escape(note)}[/]", soft_wrap=True)
    spent = duration(told["seconds"])
    screen.print(f"[green]✓[/] profiled in {spent}" + (f" → {escape(str(page))}" if page else ""))


def _head(screen: Console, told: Mapping[str, Any]) -> None:
    what = f"{told['rows']:,} rows, {len(told['columns'])} columns"
    if told["duplicates"]["rows"]:
        what += f", {told['duplicates']['rows']:,} rows repeat another"
    screen.print(f"[bold]{escape(told['file'])}[/]: {what}", soft_wrap=True)
    if told["target"]:
        task = told["task"].replace("_", " ")
        screen.print(f"target [bold]{escape(told['target']['name'])}[/]: {task}", soft_wrap=True)


def _columns(told: Mapping[str, Any]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    powers = any(column["power"] for column in told["columns"])
    table.add_column("column", overflow="fold", max_width=30)
    table.add_column("kind")
    table.add_column("missing", justify="right")
    table.add_column("distinct", justify="right")
    if powers:
        table.add_column("alone", justify="right")
    table.add_column("values", overflow="ellipsis", no_wrap=True, max_width=52)
    for column in told["columns"][:MOST_COLUMNS]:
        power = f"{column['power']['value']:.3f}" if column["power"] else ""
        table.add_row(
            escape(column["name"]),
            column["kind"] if column["role"] == "feature" else f"[dim]{column['kind']}[/]",
            f"{column['missing_share']:.1%}",
            f"{column['distinct']:,}",
            *([power] if powers else []),
            escape(_values(column)),
        )
    return table


def _values(column: Mapping[str, Any]) -> str:
    numbers = column["numbers"]
    if numbers and column["kind"] == "number":
        return f"{numbers['min']:.6g} … {numbers['max']:.6g}, mean {numbers['mean']:.4g}"
    if column["top"]:
        return ", ".join(f"{each['value']} {each['share']:.0%}" for each in column["top"][:4])
    return str(column["note"] or column["example"] or "")


def _quick_model(screen: Console, model: Mapping[str, Any] | None) -> None:
    if not model:
        return
    metric = model["metric"]
    best = ", ".join(each["column"] for each in model["importance"][:4])
    name = WORDS.get(metric["name"], metric["name"].replace("_", " "))
    screen.print(
        f"quick model: [bold]{name} {metric['value']:.4g}[/] on {model['held_out_rows']:,} "
        f"held-out rows (a guess: {metric['guess']:.4g}){'; by ' + escape(best) if best else ''}",
        soft_wrap=True,
    )


def _insights(screen: Console, insights: list[dict[str, Any]]) -> None:
    for each in insights:
        style = STYLES[each["severity"]]
        screen.print(f"[{style}]{each['severity']:>6}[/]  {escape(each['what'])}", soft_wrap=True)
        screen.print(f"        [dim]{escape(each['cure'])}[/]", soft_wrap=True)
        if each["step"]:
            step = json.dumps(each["step"], ensure_ascii=False)
            screen.print(f"        [dim]→ {escape(step)}[/]", soft_wrap=True)
