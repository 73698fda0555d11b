"""What `make up` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.panel import Panel
from rich.table import Table

if TYPE_CHECKING:
    from rich.console import Console

    from local.settings import Settings


def step(console: Console, name: str, seconds: float) -> None:
    """Tell that one step of the start is done."""
    console.print(f"  [green]✓[/] {name:<12}[dim]{seconds:6.1f} s[/]")


def show_ready(console: Console, settings: Settings, *, unchanged: bool, seconds: float) -> None:
    """Show what runs, where, and how to use it."""
    table = Table.grid(padding=(0, 2))
    table.add_row("[bold]address[/]", settings.endpoint_url)
    table.add_row(
        "[bold]stack[/]", "baton" + (", unchanged since the last start" if unchanged else "")
    )
    table.add_row("[bold]use it[/]", f"source {settings.environment_file}")
    table.add_row("", "baton status        aws s3 ls        any boto3 client")
    table.add_row("[bold]logs[/]", str(settings.logs))
    table.add_row("[bold]stop[/]", "Ctrl-C here, or make down; make clean forgets the state")
    title = f"the laptop cloud is ready [dim]({seconds:.1f} s)[/]"
    console.print(Panel(table, title=title, border_style="green", expand=False))
