"""How one step of a relay looks on a screen, and in plain lines."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.text import Text

from cli.output import duration, print_indented

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from rich.console import Console

    from cli.story import Step

SEVERITY_STYLES = {"info": "cyan", "warning": "yellow", "critical": "bold red"}
ROUTINE = frozenset({"watch_traffic", "reconcile_runs"})
"""Legs that run all the time; what they announce is shown all the same."""

LEG_WIDTH = 18
GAP_WIDTH = 10
INDENT = 10 + GAP_WIDTH + LEG_WIDTH + 2


class StepPrinter:
    """Prints steps one under the other, each with the time since the one before."""

    def __init__(self, screen: Console, *, name_problem: bool, quiet: bool = False) -> None:
        """Take the screen.

        Args:
            screen: where to print.
            name_problem: whether each line names its problem.
            quiet: leave out what comes every second and says nothing new.
        """
        self._screen = screen
        self._name_problem = name_problem
        self._quiet = quiet
        self._before: datetime | None = None

    @contextmanager
    def waiting(self, what: str = "listening; Ctrl-C stops") -> Iterator[None]:
        """Show, on a terminal, that it goes on."""
        if self._screen.is_terminal:
            with self._screen.status(f"[dim]{what}[/]"):
                yield
        else:
            yield

    def choose(self, steps: list[Step]) -> list[Step]:
        """Return those of some steps that would be printed."""
        return [step for step in steps if not (self._quiet and is_routine(step))]

    def show(self, step: Step) -> None:
        """Print one step: when, how long after the last, which leg, what it said, and why."""
        if self._quiet and is_routine(step):
            return
        gap = ""
        if self._before is not None:
            gap = _gap((step.moment - self._before).total_seconds())
        self._before = step.moment
        line = Text()
        line.append(f"{step.moment.astimezone():%H:%M:%S}  ", style="dim")
        line.append(f"{gap:>{GAP_WIDTH - 2}}  ", style="cyan")
        if self._name_problem:
            line.append(f"{step.problem}  ", style="bold")
        line.append(f"{step.leg:<{LEG_WIDTH}}", style="bold" if step.said else "")
        line.append("  ")
        line.append_text(said(step))
        self._screen.print(line, soft_wrap=True)
        print_indented(self._screen, step.reason, INDENT, "dim")


def _gap(seconds: float) -> str:
    """The time since the step before, narrow enough for its column: ``+0.31 s``, ``+2:05``."""
    if seconds < 60:
        return f"+{duration(max(seconds, 0.0))}"
    minutes, rest = divmod(round(seconds), 60)
    return (
        f"+{minutes // 60}:{minutes % 60:02}:{rest:02}"
        if minutes >= 60
        else f"+{minutes}:{rest:02}"
    )


def is_routine(step: Step) -> bool:
    """Whether a step only looked at some more traffic, and found nothing to tell."""
    return step.leg in ROUTINE and not step.said


def said(step: Step) -> Text:
    """What a step heard and what it announced, coloured by how much people want to hear of it."""
    text = Text()
    text.append(step.heard, style="dim")
    for index, event in enumerate(step.said):
        text.append(" → " if index == 0 else ", ", style="dim")
        text.append(event.name, style=SEVERITY_STYLES.get(event.severity or "", "green"))
    return text
