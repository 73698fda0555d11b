"""`baton redrive`: give what legs gave up on another try."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.errors import CliError
from cli.fetching import failing, send
from cli.given_up import take_up
from cli.output import AsJson, console, print_indented, print_json, verb
from cli.queues import dead_letters
from cli.queues import redrive as move_back
from cli.stack import Stack
from cli.story import Story
from lifecycle.given_up import message_digest, problem_of

if TYPE_CHECKING:
    from cli.given_up import StretchAgain
    from cli.queues import DeadLetters, Moved
    from lifecycle.given_up import GivenUpRecord

What = Annotated[
    str | None,
    typer.Argument(metavar="LEG|PROBLEM", help="a function's or a problem's; all when left out"),
]


@verb
def redrive(what: What = None, *, as_json: AsJson = False) -> None:
    """Move messages of dead-letter queues back to where they failed, to be tried again.

    Databases that could not be fetched are fetched again, and stretches of the stream that were
    given up are read again. Doing it twice does nothing twice.
    """
    stack = Stack.open()
    queues = dead_letters(stack)
    legs = {queue.leg for queue in queues}
    leg = what.replace("-", "_") if what else None
    problem = None if leg is None or leg in legs else what
    if problem and not Story(stack).steps(problem):
        _refuse(stack, problem, sorted(legs))
    full = [queue for queue in queues if queue.depth and (problem or leg in {None, queue.leg})]
    told = reasons(Story(stack).given_up())
    moved = {queue.leg: _move(stack, queue, problem, told) for queue in full if not queue.of_stream}
    moved = {name: letters for name, letters in moved.items() if letters}
    # A note of the stream names no problem: a stretch may hold records of many.
    stream = [queue for queue in full if queue.of_stream and not problem]
    stretches = [each for queue in stream for each in take_up(stack, queue)]
    fetches = _fetch_again(stack, problem) if leg is None or problem else []
    if as_json:
        print_json(_document(moved, stretches, fetches))
    else:
        _show(moved, stretches, fetches)


def _document(
    moved: dict[str, list[Moved]], stretches: list[StretchAgain], fetches: list[str]
) -> dict[str, Any]:
    return {
        "moved": {name: len(letters) for name, letters in moved.items()},
        "total": sum(len(letters) for letters in moved.values()),
        "reasons": {name: [asdict(each) for each in letters] for name, letters in moved.items()},
        "stretches": [each.document() for each in stretches],
        "fetched": fetches,
    }


def _show(moved: dict[str, list[Moved]], stretches: list[StretchAgain], fetches: list[str]) -> None:
    screen = console()
    for name, letters in moved.items():
        count = len(letters)
        screen.print(f"[green]✓[/] {name}: {count} message{'s' if count > 1 else ''} tried again")
        for reason, times in Counter(each.reason for each in letters).most_common():
            print_indented(screen, f"{times} × {reason}" if times > 1 else reason, 4)
    for each in stretches:
        screen.print(
            f"[green]✓[/] {each.shard}: {each.taken} of {each.held} records of a stretch taken in; "
            "the others had been before"
        )
        if each.lost:
            screen.print(
                f"[red]✗[/] {each.lost} records that arrived from {each.arrived} on are in the "
                "stream no more; if ArchiveRecords is on, they lie under archive/ of the landing "
                "bucket"
            )
    for name in fetches:
        screen.print(f"[green]✓[/] {name}: fetched again")
    if not moved and not stretches and not fetches:
        screen.print("The dead-letter queues hold nothing of this.")


def _fetch_again(stack: Stack, name: str | None) -> list[str]:
    """Ask for the databases whose last fetch failed; each as problem/source."""
    story = Story(stack)
    known = [story.problem(name)] if name else story.problems()
    events = failing(stack, [problem for problem in known if problem])
    send(stack, events)
    return [f"{event.problem}/{event.source}" for event in events]


def reasons(rows: list[GivenUpRecord]) -> dict[tuple[str, str], str]:
    """Why, by leg and digest of the message's body."""
    return {(row.leg, row.message): row.reason for row in rows}


def _move(
    stack: Stack, queue: DeadLetters, problem: str | None, told: dict[tuple[str, str], str]
) -> list[Moved]:
    def wanted(body: str) -> bool:
        return problem is None or problem_of(body) == problem

    def why(body: str) -> str | None:
        return told.get((queue.leg, message_digest(body)))

    return move_back(stack.client("sqs"), queue, wanted, why)


def _refuse(stack: Stack, name: str, legs: list[str]) -> None:
    known = sorted(each.problem for each in Story(stack).problems())
    raise CliError(
        f"{name} is neither a function nor a problem.",
        f"Functions: {', '.join(legs)}. Problems: {', '.join(known) or 'none yet'}.",
    )
