"""`baton watch`: every leg as it happens, with the time since the one before and what it said."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.errors import CliError
from cli.output import AnyProblem, AsJson, console, parse_time, print_json_line, verb
from cli.show import StepPrinter
from cli.stack import Stack
from cli.story import Follower, Step, Story, every, iso

SHOWN_FIRST = 20
PAUSE = 0.5

Until = Annotated[
    list[str] | None,
    typer.Option("--until", metavar="EVENT", help="stop once it is announced; may be repeated"),
]
Timeout = Annotated[
    float | None, typer.Option("--timeout", metavar="SECONDS", help="stop after so long")
]
Once = Annotated[bool, typer.Option("--once", help="show what there is and stop")]
All = Annotated[
    bool, typer.Option("--all", help="also show when traffic was looked at and nothing was new")
]
Since = Annotated[
    str, typer.Option("--since", metavar="TIME", help="begin at this ISO time, not at the last few")
]


@verb
def watch(
    problem: AnyProblem = None,
    *,
    until: Until = None,
    timeout: Timeout = None,
    since: Since = "",
    once: Once = False,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Show every leg as it happens, until Ctrl-C. With --json, one object a line."""
    stack = Stack.open()
    story = Story(stack)
    if problem:
        story.must_know(problem)
    deadline = time.monotonic() + timeout if timeout is not None else None
    follower = Follower(story, problem, since, every(PAUSE, deadline))
    printer = StepPrinter(console(), name_problem=problem is None, quiet=not everything)
    wanted = set(until or ())
    begin = iso(parse_time(since)) if since else iso(datetime.now(UTC))
    first = follower.look()
    shown = first if since or as_json else printer.choose(first)[-SHOWN_FIRST:]
    for step in shown:
        _show(step, printer, as_json=as_json)
    if once or any(_reached(step, wanted, begin) for step in first):
        return
    try:
        reached = _follow(follower, printer, wanted, begin, as_json=as_json)
    except KeyboardInterrupt:
        return
    if wanted and not reached:
        raise CliError(f"{' or '.join(sorted(wanted))} did not come within {timeout:g} s.")


def _follow(
    follower: Follower, printer: StepPrinter, wanted: set[str], begin: str, *, as_json: bool
) -> bool:
    """Show steps until one announces a wanted event; False when the time is over."""
    with printer.waiting():
        for step in follower:
            _show(step, printer, as_json=as_json)
            if _reached(step, wanted, begin):
                return True
    return False


def _reached(step: Step, wanted: set[str], begin: str) -> bool:
    """Tell whether a step announced a wanted event, from a moment on."""
    return step.at >= begin and not wanted.isdisjoint(step.names())


def _show(step: Step, printer: StepPrinter, *, as_json: bool) -> None:
    if as_json:
        print_json_line(step.document())
    else:
        printer.show(step)
