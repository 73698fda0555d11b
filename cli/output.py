"""How answers reach people and programs: text on a terminal, plain lines in a pipe, or JSON."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from cli.errors import CliError, translate

if TYPE_CHECKING:
    from collections.abc import Callable

PLAIN_WIDTH = 140
"""Columns where no terminal says how many it has: wide enough that no table is cut."""

AsJson = Annotated[bool, typer.Option("--json", help="print JSON instead of text")]
ProblemName = Annotated[str, typer.Argument(metavar="PROBLEM", help="the problem's name")]
AnyProblem = Annotated[
    str | None, typer.Argument(metavar="PROBLEM", help="the problem's name; all when left out")
]


def console(*, errors: bool = False) -> Console:
    """Make the console that people read; made anew so that it follows a redirected stream."""
    stream = sys.stderr if errors else sys.stdout
    width = None if stream.isatty() else PLAIN_WIDTH
    return Console(file=stream, highlight=False, width=width, soft_wrap=False)


def print_json(document: Any) -> None:
    """Print one JSON document, indented, for programs."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def print_json_line(document: Any) -> None:
    """Print one JSON document on a line of its own, at once, for programs that follow."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def print_indented(screen: Console, text: str, indent: int, style: str = "") -> None:
    """Print a text that keeps its indent on every line, and leaves no blanks behind it."""
    for part in Text(text).wrap(screen, max(screen.width - indent, 30)):
        line = Text(" " * indent) + Text(part.plain.rstrip(), style=style)
        screen.print(line, soft_wrap=True)


def fail(error: CliError, *, as_json: bool) -> None:
    """Tell what went wrong, on the error stream, and what to do."""
    if as_json:
        document = {"code": error.code, "message": str(error), "cure": error.cure}
        sys.stderr.write(json.dumps({"error": document}) + "\n")
        return
    screen = console(errors=True)
    screen.print(f"[bold red]✗[/] {escape(str(error))}", soft_wrap=True)
    if error.cure:
        screen.print(f"  [dim]→[/] {escape(error.cure)}", soft_wrap=True)


def verb[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Make a function a verb of the command: what goes wrong is told in words, and exits 1."""

    @wraps(function)
    def told(*arguments: P.args, **options: P.kwargs) -> R:
        as_json = bool(options.get("as_json"))
        try:
            return function(*arguments, **options)
        except CliError as error:
            fail(error, as_json=as_json)
            raise typer.Exit(1) from error
        except (BotoCoreError, ClientError) as error:
            translated = translate(error)
            if translated is None:  # pragma: no cover  (every error of boto3 translates)
                raise
            fail(translated, as_json=as_json)
            raise typer.Exit(1) from error

    return told


def parse_time(text: str) -> datetime:
    """Read a time as ISO 8601; without an offset it is UTC.

    Raises:
        CliError: it is no such time.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CliError(
            f"{text!r} is no time.", "Write it as ISO 8601, for example 2026-02-03T10:00:00Z."
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def duration(seconds: float) -> str:
    """Put seconds in a form that fits their size: ``0.31 s``, ``12 s``, ``3 min 20 s``."""
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    return f"{hours // 24} days"


def ago(moment: str, now: datetime | None = None) -> str:
    """Tell how long ago an ISO time was, or nothing for an empty one."""
    if not moment:
        return ""
    passed = (now or datetime.now(UTC)) - parse_time(moment)
    seconds = max(passed.total_seconds(), 0.0)
    whole = seconds - seconds % 60 if seconds >= 60 else float(round(seconds))
    return f"{duration(whole) if whole >= 10 else f'{whole:.0f} s'} ago"
