"""`baton init`: a commented problem.yaml to begin from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import CliError
from cli.landing import DEFINITION, NAME, check_name
from cli.output import AsJson, console, print_json, verb
from cli.rows import read_rows
from cli.skeleton import Guess, guess, render

Folder = Annotated[
    Path,
    typer.Argument(metavar="FOLDER", help="where problem.yaml goes; its name names the problem"),
]
Name = Annotated[str | None, typer.Option("--name", help="the problem's name, if not the folder's")]
Sample = Annotated[
    Path | None,
    typer.Argument(metavar="DATA", help="a file of rows, to propose target and columns from"),
]
Target = Annotated[str | None, typer.Option("--target", help="the column to predict")]
Force = Annotated[bool, typer.Option("--force", help="replace a problem.yaml that is there")]


@verb
def initialise(
    folder: Folder = Path(),
    data: Sample = None,
    *,
    name: Name = None,
    target: Target = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Write a commented problem.yaml into a folder, the target proposed from a file of rows."""
    problem = name or _name_of(folder)
    check_name(problem)
    path = folder / DEFINITION
    if path.exists() and not force:
        raise CliError(f"{path} is there already.", "Add --force to replace it.")
    found = guess(read_rows(data)) if data else Guess()
    if target:
        if found.columns and target not in found.columns:
            raise CliError(
                f"{data} has no column {target}.", f"Its columns: {', '.join(found.columns)}."
            )
        found = guess_for(found, target)
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(render(problem, found), encoding="utf-8")
    if as_json:
        print_json({"path": str(path), "name": problem, "target": found.target})
    else:
        screen = console()
        screen.print(f"[green]✓[/] {path}: {problem} predicts [bold]{found.target}[/]")
        screen.print(f"[dim]look through it, then: baton put {problem} {path} {data or 'DATA'}[/]")


def guess_for(found: Guess, target: str) -> Guess:
    """The same guess with another target, whose positive value is not known."""
    positive = found.positive if target == found.target else None
    return Guess(target, positive, found.identity, found.sensitive, found.columns)


def _name_of(folder: Path) -> str:
    """A problem's name out of a folder's."""
    text = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")[:24].strip("-")
    return text if NAME.fullmatch(text) else "problem"
