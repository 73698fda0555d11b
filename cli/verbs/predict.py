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
from cli.rows import Row, parse_json, read_rows
from cli.stack import Stack
from cli.story import Story

ROWS_A_REQUEST = 200
SHOWN = 50

Rows = Annotated[
    list[str],
    typer.Argument(metavar="ROWS", help="JSON, or a CSV, JSON or JSON lines file; - is stdin"),
]


@verb
def predict(problem: ProblemName, rows: Rows, *, as_json: AsJson = False) -> None:
    """Ask the endpoint about raw rows, and print its label and score for each."""
    asked = [row for text in rows for row in _rows(text)]
    if not asked:
        raise CliError(f"There is no row in {', '.join(rows)}.")
    stack = Stack.open()
    answers = [
        answer
        for group in batched(asked, ROWS_A_REQUEST, strict=False)
        for answer in ask(stack, problem, list(group))
    ]
    if as_json:
        print_json({"problem": problem, "predictions": answers})
    else:
        _show(answers)


def _rows(text: str) -> list[Row]:
    """Rows out of one word of the command line: JSON as it stands, or the name of a file."""
    if text.lstrip().startswith(("{", "[")):
        return parse_json(text, "the row")
    return list(read_rows(Path(text)))


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
