"""What the demo shows: chapters, facts, every leg as it happens, and the table at the end."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.box import ROUNDED
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from cli.output import PLAIN_WIDTH, duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Screen:
    """Prints the story; on a terminal with a line at the bottom that says what goes on."""

    def __init__(self) -> None:
        """Begin the clock."""
        terminal = sys.stdout.isatty()
        self.console = Console(highlight=False, width=None if terminal else PLAIN_WIDTH)
        self._begin = time.monotonic()
        self._chapter = 0

    @property
    def passed(self) -> float:
        """Seconds since the demo began."""
        return time.monotonic() - self._begin

    def chapter(self, title: str) -> None:
        """Begin a chapter of the story."""
        self._chapter += 1
        passed = f"{duration(self.passed)} into the demo" if self._chapter > 1 else ""
        self.console.print(f"\n[bold blue]{self._chapter}  {escape(title)}[/]  [dim]{passed}[/]")

    def tell(self, text: str) -> None:
        """Say something about what is to be seen."""
        self.console.print(f"[dim]   {escape(text)}[/]", soft_wrap=True)

    def command(self, words: Sequence[str]) -> None:
        """Show a command as one would type it."""
        self.console.print(f"   [bold]$[/] {escape(' '.join(words))}", soft_wrap=True)

    def done(self, text: str, seconds: float | None = None) -> None:
        """Tell that something is true now, and how long it took."""
        took = f"  [cyan]{duration(seconds)}[/]" if seconds is not None else ""
        self.console.print(f"   [green]✓[/] {escape(text)}{took}", soft_wrap=True)

    def failed(self, what: str, why: str, logs: str) -> None:
        """Tell which step failed, why, and where to read on."""
        text = f"{escape(why)}\n\n[dim]logs[/]  {escape(logs)}"
        title = f"[bold red]failed: {escape(what)}[/]"
        self.console.print(Panel(text, title=title, border_style="red", title_align="left"))

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Show, on a terminal, what is being waited for."""
        if self.console.is_terminal:
            with self.console.status(f"[dim]{escape(what)}[/]"):
                yield
        else:
            yield

    def outcome(self, rows: Sequence[tuple[str, str, str]]) -> None:
        """Show the table of what happened."""
        table = Table(box=ROUNDED)
        table.add_column("")
        table.add_column("winter's model", justify="right")
        table.add_column("after the drift", justify="right")
        for name, first, second in rows:
            table.add_row(name, escape(first), escape(second))
        self.console.print("\n[bold]What happened[/]")
        self.console.print(table)
