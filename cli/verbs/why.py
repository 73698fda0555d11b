"""`baton why`: what happened to the current run, and what it waits for."""

from __future__ import annotations

from rich.markup import escape

from cli import waiting
from cli.output import AsJson, ProblemName, console, parse_time, print_indented, print_json, verb
from cli.queues import dead_letters
from cli.stack import Stack
from cli.story import Story
from cli.waiting import Facts


@verb
def why(problem: ProblemName, *, as_json: AsJson = False) -> None:
    """Tell in sentences what happened to the current run, and what it waits for."""
    facts = gather(Stack.open(), problem)
    state, events, waits = waiting.state(facts), waiting.events(facts), waiting.waits(facts)
    if as_json:
        run = facts.run
        print_json(
            {
                "problem": problem,
                "run": run.run if run else None,
                "stage": run.stage if run else None,
                "state": state,
                "events": events,
                "waits_for": waits,
            }
        )
        return
    screen = console()
    for sentence in state:
        screen.print(escape(sentence))
    if events:
        screen.print("\n[bold]What happened[/]")
    for event in events:
        moment = parse_time(event["at"]).astimezone()
        screen.print(f"[dim]{moment:%H:%M:%S}[/]  [cyan]{event['leg']}[/]")
        print_indented(screen, event["reason"], 10)
    screen.print("\n[bold]What it waits for[/]")
    for sentence in waits or ["Nothing: it is done until data, drift or a new definition comes."]:
        screen.print(escape(sentence))


def gather(stack: Stack, name: str) -> Facts:
    """Read all that is known of a problem.

    Raises:
        UnknownProblemError: nothing was ever heard of it.
    """
    story = Story(stack)
    story.must_know(name)
    problem, steps, inputs = story.problem(name), story.steps(name), story.inputs(name)
    newest = problem.active_run or problem.last_run if problem else None
    dead = [queue for queue in dead_letters(stack) if queue.depth]
    return Facts(
        name=name,
        problem=problem,
        run=story.run(name, newest) if newest else None,
        steps=steps,
        inputs=inputs,
        jobs=story.open_jobs(name),
        dead=dead,
        given_up=story.given_up() if dead else (),
    )
