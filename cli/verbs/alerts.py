"""`baton alerts`: what people should hear of, read from the history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from cli.output import AnyProblem, AsJson, console, print_json, print_json_line, verb
from cli.show import SEVERITY_STYLES, StepPrinter
from cli.stack import Stack
from cli.story import Follower, Story, every, iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from cli.story import Step

PAUSE = 1.0


class Level(StrEnum):
    """How much people want to hear of an event."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


RANK = {level.value: rank for rank, level in enumerate(Level)}

Severity = Annotated[Level, typer.Option("--severity", help="the least that is shown")]
Hours = Annotated[float, typer.Option("--hours", min=0, help="how far to look back")]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="go on until Ctrl-C")]


@verb
def alerts(
    problem: AnyProblem = None,
    *,
    severity: Severity = Level.INFO,
    hours: Hours = 24.0,
    follow: Follow = False,
    as_json: AsJson = False,
) -> None:
    """Show the events that people are alerted of. With --follow --json, one object a line."""
    story = Story(Stack.open())
    if problem:
        story.must_know(problem)
    since = iso(datetime.now(UTC) - timedelta(hours=hours))
    follower = Follower(story, problem, since, every(PAUSE))
    found = list(_alerts(follower.look(), severity))
    if as_json and not follow:
        print_json({"alerts": found})
        return
    screen = console()
    for alert in found:
        _show(screen, alert, as_json=as_json)
    if not found and not as_json:
        screen.print(f"No alerts within the last {hours:g} h.")
    if follow:
        _follow(follower, severity, screen, as_json=as_json)


def _follow(follower: Follower, severity: Level, screen: Console, *, as_json: bool) -> None:
    try:
        with StepPrinter(screen, name_problem=True).waiting():
            for step in follower:
                for alert in _alerts([step], severity):
                    _show(screen, alert, as_json=as_json)
    except KeyboardInterrupt:
        return


def _alerts(steps: list[Step], least: Level) -> Iterator[dict[str, Any]]:
    """The alert-worthy events among what some steps announced."""
    for step in steps:
        for event in step.said:
            if event.severity and RANK[event.severity] >= RANK[least]:
                yield {
                    "at": step.at,
                    "problem": step.problem,
                    "run": step.run,
                    "event": event.name,
                    "severity": event.severity,
                    "message": step.reason,
                    "data": event.data,
                }


def _show(screen: Console, alert: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json_line(alert)
        return
    line = Text()
    line.append(f"{alert['at'][:19].replace('T', ' ')}  ", style="dim")
    line.append(f"{alert['severity']:<8}  ", style=SEVERITY_STYLES[alert["severity"]])
    line.append(f"{alert['problem']}  ", style="bold")
    line.append(f"{alert['event']}: {alert['message']}")
    screen.print(line, soft_wrap=True)
