"""`baton redrive`: give what legs gave up on another try."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.errors import CliError
from cli.fetching import failing, send
from cli.output import AsJson, console, print_json, verb
from cli.queues import DeadLetters, dead_letters, problem_of
from cli.queues import redrive as move_back
from cli.stack import Stack
from cli.story import Story

What = Annotated[
    str | None,
    typer.Argument(metavar="LEG|PROBLEM", help="a function's or a problem's; all when left out"),
]


@verb
def redrive(what: What = None, *, as_json: AsJson = False) -> None:
    """Move messages of dead-letter queues back to where they failed, to be tried again.

    Databases that could not be fetched are fetched again.
    """
    stack = Stack.open()
    queues = dead_letters(stack)
    legs = {queue.leg for queue in queues}
    leg = what.replace("-", "_") if what else None
    problem = None if leg is None or leg in legs else what
    if problem and not Story(stack).steps(problem):
        _refuse(stack, problem, sorted(legs))
    full = [queue for queue in queues if queue.depth and (problem or leg in {None, queue.leg})]
    if leg is None or problem:
        full = [queue for queue in full if queue.source_url]
    moved = {queue.leg: _move(stack, queue, problem) for queue in full}
    moved = {name: count for name, count in moved.items() if count}
    fetches = _fetch_again(stack, problem) if leg is None or problem else []
    if as_json:
        print_json({"moved": moved, "total": sum(moved.values()), "fetched": fetches})
        return
    screen = console()
    for name, count in moved.items():
        screen.print(f"[green]✓[/] {name}: {count} message{'s' if count > 1 else ''} tried again")
    for name in fetches:
        screen.print(f"[green]✓[/] {name}: fetched again")
    if not moved and not fetches:
        screen.print("The dead-letter queues hold nothing of this.")


def _fetch_again(stack: Stack, name: str | None) -> list[str]:
    """Ask for the databases whose last fetch failed; each as problem/source."""
    story = Story(stack)
    known = [story.problem(name)] if name else story.problems()
    events = failing(stack, [problem for problem in known if problem])
    send(stack, events)
    return [f"{event.problem}/{event.source}" for event in events]


def _move(stack: Stack, queue: DeadLetters, problem: str | None) -> int:
    def wanted(body: str) -> bool:
        return problem is None or problem_of(body) == problem

    return move_back(stack.client("sqs"), queue, wanted)


def _refuse(stack: Stack, name: str, legs: list[str]) -> None:
    known = sorted(each.problem for each in Story(stack).problems())
    raise CliError(
        f"{name} is neither a function nor a problem.",
        f"Functions: {', '.join(legs)}. Problems: {', '.join(known) or 'none yet'}.",
    )
