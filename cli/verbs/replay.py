"""`baton replay`: send archived events over the bus again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.errors import CliError, StackMissingError
from cli.output import AsJson, console, parse_time, print_json, verb
from cli.stack import Stack
from cli.story import iso

ARCHIVE = "AWS::Events::Archive"

From = Annotated[str, typer.Option("--from", metavar="TIME", help="ISO 8601; UTC if no offset")]
To = Annotated[str, typer.Option("--to", metavar="TIME", help="likewise; now when left out")]


@verb
def replay(begin: From, end: To = "", *, as_json: AsJson = False) -> None:
    """Send the events of a stretch of time over the bus again.

    Legs that answered for an event do nothing twice: they only say again what they said.
    """
    first = parse_time(begin)
    last = parse_time(end) if end else datetime.now(UTC)
    if first >= last:
        raise CliError("--from must lie before --to.")
    # A replay goes by the time in the event (StartReplay), which is a whole second.
    first = first.replace(microsecond=0)
    stack = Stack.open()
    client = stack.client("events")
    archives = list(stack.of_type(ARCHIVE).values())
    if not archives:
        raise StackMissingError(
            f"Stack {stack.name} has no archive.", "Deploy the newest template."
        )
    archive = client.describe_archive(ArchiveName=archives[0])
    name = f"{stack.name}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    answer = client.start_replay(
        ReplayName=name,
        EventSourceArn=archive["ArchiveArn"],
        EventStartTime=first,
        EventEndTime=last,
        Destination={"Arn": archive["EventSourceArn"]},
    )
    if as_json:
        document = {"replay": name, "arn": answer["ReplayArn"], "state": answer["State"]}
        print_json({**document, "from": iso(first), "to": iso(last)})
    else:
        console().print(
            f"[green]✓[/] replay {name}: {iso(first)} to {iso(last)}\n"
            f"[dim]baton watch  shows what it sets off[/]"
        )
