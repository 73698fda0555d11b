"""`baton put`: files into the landing bucket, or rows onto the stream."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn

from cli.errors import CliError
from cli.landing import Kind, Upload, check_name, plan, upload
from cli.output import AsJson, ProblemName, console, print_json, verb
from cli.rows import read_rows
from cli.stack import Stack
from cli.stream import at_rate, record_entries, send, truth_entries

if TYPE_CHECKING:
    from collections.abc import Callable

Paths = Annotated[
    list[Path],
    typer.Argument(metavar="PATH", help="problem.yaml, files of rows, or folders of them"),
]
As = Annotated[Kind, typer.Option("--as", help="what the files are for")]
Stream = Annotated[
    bool, typer.Option("--stream", help="send the rows of the files through Kinesis, one by one")
]
Rate = Annotated[
    float | None, typer.Option("--rate", min=0.1, help="with --stream: rows a second at most")
]
Force = Annotated[bool, typer.Option("--force", help="upload a faulty problem.yaml all the same")]


@verb
def put(
    problem: ProblemName,
    paths: Paths,
    kind: As = Kind.DATA,
    *,
    stream: Stream = False,
    rate: Rate = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Upload a definition, data, rows to score, truths, labels or code; or stream rows.

    A folder that holds problem.yaml, data/, score/, truth/, labels/ or code/ keeps its shape.
    """
    if stream:
        _stream(problem, paths, kind, rate, as_json=as_json)
        return
    uploads = plan(problem, paths, kind, force=force)
    stack = Stack.open()
    total = sum(each.size for each in uploads)
    with _progress(DownloadColumn()) as bars:
        task = bars.add_task("uploading", total=total)
        upload(stack, uploads, lambda count: bars.advance(task, count))
    _tell(stack, problem, uploads, as_json=as_json)


def _tell(stack: Stack, problem: str, uploads: list[Upload], *, as_json: bool) -> None:
    bucket = stack.output("LandingBucket")
    if as_json:
        objects = [
            {"path": str(each.path), "bucket": bucket, "key": each.key, "bytes": each.size}
            for each in uploads
        ]
        print_json({"problem": problem, "uploaded": objects})
        return
    screen = console()
    for each in uploads:
        screen.print(
            f"[green]✓[/] {escape(str(each.path))} → s3://{bucket}/{escape(each.key)}",
            soft_wrap=True,
        )
    screen.print(f"[dim]baton watch {problem}  shows what it sets off[/]")


def _stream(
    problem: str, paths: list[Path], kind: Kind, rate: float | None, *, as_json: bool
) -> None:
    check_name(problem)
    if kind not in {Kind.DATA, Kind.TRUTH}:
        raise CliError(
            f"Only data and truth can be streamed, not {kind}.", "Leave --stream out: files land."
        )
    folders = [path for path in paths if path.is_dir()]
    if folders:
        raise CliError(f"{folders[0]} is a folder.", "With --stream, name files.")
    stack = Stack.open()
    make: Callable[[str, Any], Any] = truth_entries if kind is Kind.TRUTH else record_entries
    sent = 0
    with _progress(MofNCompleteColumn()) as bars:
        for path in paths:
            task = bars.add_task(f"streaming {path.name}", total=None)
            entries = make(problem, read_rows(path))
            sent += send(
                stack.client("kinesis"),
                stack.output("RecordStream"),
                at_rate(entries, rate) if rate else entries,
                progress=partial(bars.advance, task),
            )
    if as_json:
        print_json({"problem": problem, "streamed": sent, "stream": stack.output("RecordStream")})
    else:
        console().print(f"[green]✓[/] {sent} records accepted by the stream")


def _progress(*columns: Any) -> Progress:
    """A bar on the error stream that goes away when done; nothing where there is no terminal."""
    screen = console(errors=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        *columns,
        console=screen,
        transient=True,
        disable=not screen.is_terminal,
    )
