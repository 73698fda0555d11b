"""`baton fetch`: have a problem's databases fetched now."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.fetching import requests, send
from cli.output import AsJson, ProblemName, console, print_json, verb
from cli.stack import Stack
from cli.story import Story

Source = Annotated[
    str | None, typer.Argument(metavar="SOURCE", help="one of its databases; all when left out")
]
Full = Annotated[bool, typer.Option("--full", help="fetch all rows anew, not only what is new")]


@verb
def fetch(
    problem: ProblemName, source: Source = None, *, full: Full = False, as_json: AsJson = False
) -> None:
    """Fetch a problem's databases now, as their schedule would; DMS's files are looked at anew."""
    stack = Stack.open()
    events = requests(Story(stack).known(problem), source, full=full)
    send(stack, events)
    names = [event.source for event in events]
    if as_json:
        print_json({"problem": problem, "requested": names, "full": full})
        return
    console().print(
        f"[green]✓[/] {', '.join(names)}: asked for\n[dim]baton watch {problem}  shows it come[/]"
    )
