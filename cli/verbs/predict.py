"""`baton predict`: ask a problem's endpoint."""

from __future__ import annotations

import json
from itertools import batched
from pathlib import Path
from typing import Annotated, Any

import typer
from botocore.exceptions import ClientError
from rich.table import Table

from cli.errors import CliError
from cli.output import AsJson, ProblemName, console, print_json, verb
from cli.rows import parse_json, read_rows
from cli.stack import Stack
from cli.story import Story

ROWS_A_REQUEST = 200
SHOWN = 50

File = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", help="CSV, JSON or JSON lines; - reads stdin")
]
OneRow = Annotated[
    list[str] | None, typer.Option("--row", metavar="JSON", help="one row, such as '{\"age\": 40}'")
]


@verb
def predict(
    problem: ProblemName, file: File = None, *, row: OneRow = None, as_json: AsJson = False
) -> None:
    """Ask the endpoint about raw rows, and print its label and score for each."""
    rows = [found for text in row or () for found in parse_json(text, "--row")]
    if file is not None:
        rows += read_rows(file)
    if not rows:
        raise CliError("There is no row to ask about.", "Name a file, or give --row.")
    stack = Stack.open()
    answers = [
        answer
        for group in batched(rows, ROWS_A_REQUEST, strict=False)
        for answer in ask(stack, problem, list(group))
    ]
    if as_json:
        print_json({"problem": problem, "predictions": answers})
    else:
        _show(answers)


def ask(stack: Stack, problem: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Ask the endpoint about some rows, in one request.

    Raises:
        CliError: there is no endpoint yet, or it refuses the rows; the error carries its reason.
    """
    runtime = stack.client("sagemaker-runtime")
    try:
        answer = runtime.invoke_endpoint(
            EndpointName=problem,
            ContentType="application/json",
            Accept="application/json",
            Body=json.dumps({"instances": rows}).encode(),
        )
    except ClientError as error:
        raise _explain(stack, problem, error) from error
    predictions: list[dict[str, Any]] = json.loads(answer["Body"].read())["predictions"]
    return predictions


def _explain(stack: Stack, problem: str, error: ClientError) -> Exception:
    """Tell a missing endpoint from rows that it cannot read."""
    if error.response["Error"]["Code"] == "ModelError":
        said = error.response.get("OriginalMessage") or error.response["Error"]["Message"]
        return CliError(f"The model could not answer: {said}")
    if error.response["Error"]["Code"] == "ValidationError" or "not found" in str(error):
        known = Story(stack).known(problem)
        if not known.champion:
            return CliError(
                f"{problem} has no model that answers yet.", f"`baton why {problem}` tells why."
            )
        if known.definition["deploy"]["mode"] == "batch":
            return CliError(
                f"{problem} is deployed in mode batch: it has no endpoint.",
                f"`baton put {problem} FILE --as score` scores a file.",
            )
    return error


def _show(answers: list[dict[str, Any]]) -> None:
    names = list(dict.fromkeys(name for answer in answers for name in answer if name != "scores"))
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 3, 0, 0))
    table.add_column("row", justify="right")
    for name in names:
        table.add_column(name, justify="left" if name == "label" else "right")
    for number, answer in enumerate(answers[:SHOWN], 1):
        table.add_row(str(number), *(_cell(answer.get(name)) for name in names))
    screen = console()
    screen.print(table)
    if len(answers) > SHOWN:
        screen.print(f"[dim]… and {len(answers) - SHOWN} more; --json prints all[/]")


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4f}"
    return "" if value is None else str(value)
