"""The `baton` command: the same verbs for an AWS account and for the laptop cloud."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from cli.stack import STACK_VARIABLE
from cli.verbs.alerts import alerts
from cli.verbs.fetch import fetch
from cli.verbs.initialise import initialise
from cli.verbs.open import open_
from cli.verbs.predict import predict
from cli.verbs.profile import profile
from cli.verbs.put import put
from cli.verbs.redrive import redrive
from cli.verbs.replay import replay
from cli.verbs.status import status
from cli.verbs.watch import watch
from cli.verbs.why import why

app = typer.Typer(
    name="baton",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)

StackName = Annotated[
    str | None,
    typer.Option("--stack", help=f"the stack's name, or {STACK_VARIABLE}; baton when left out"),
]


@app.callback()
def choose(stack: StackName = None) -> None:
    """Carry models through their lives by events: on AWS, or on this laptop after `make up`."""
    if stack:
        os.environ[STACK_VARIABLE] = stack


app.command("init")(initialise)
app.command("profile")(profile)
app.command("put")(put)
app.command("fetch")(fetch)
app.command("watch")(watch)
app.command("status")(status)
app.command("why")(why)
app.command("predict")(predict)
app.command("alerts")(alerts)
app.command("redrive")(redrive)
app.command("replay")(replay)
app.command("open")(open_)


def run() -> None:
    """Run the command; the entry point of the installed script."""
    app()


if __name__ == "__main__":
    run()
