"""What the steps of ``prepare.steps`` accept, each setting of each step."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from lifecycle.problem.recipe_steps import accepted_of, accepts, table
from lifecycle.problem.rules import Finding, Place, rule
from lifecycle.problem.values import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lifecycle.problem.definition import Problem
    from lifecycle.problem.reader import Path

COMMON = ("step", "why")


@rule("prepare.flow")
def flow(problem: Problem, _place: Place) -> Iterator[Finding]:
    """Steps come from one place."""
    if problem.prepare.flow is not None and problem.prepare.steps:
        message = "a flow and steps of one's own exclude each other"
        yield Finding(("prepare", "flow"), message, (), "Keep prepare.flow or prepare.steps.")


@rule("prepare.steps")
def steps(problem: Problem, _place: Place) -> Iterator[Finding]:
    """Everything that is not accepted, step by step."""
    for place, step in enumerate(problem.prepare.steps):
        yield from _faults_of(step, ("prepare", "steps", place))


def _faults_of(step: dict[str, Any], path: Path) -> Iterator[Finding]:
    kind = step.get("step")
    known = table().get(kind) if isinstance(kind, str) else None
    if known is None:
        message = f"no step is called {kind}" if kind else "a step names what it does"
        yield Finding((*path, "step"), message, tuple(table()), "Name one of these kinds.")
        return
    for key in step:
        if key not in known and key not in COMMON:
            near = difflib.get_close_matches(key, known, n=1)
            cure = f"Did you mean {near[0]}?" if near else "Take it out."
            accepted = (*known, "why")
            yield Finding((*path, key), f"{kind} has no setting {key}", accepted, cure)
    for key, about in known.items():
        value = step.get(key)
        if value is None:
            if about.get("required"):
                yield Finding(path, f"{kind} needs {key}", accepted_of(about), f"Add {key}.")
        elif not accepts(value, about):
            message = f"{written(value)} is not accepted"
            yield Finding((*path, key), message, accepted_of(about))


@rule("prepare.steps", "prepare.flow", "features.online")
def online(problem: Problem, _place: Place) -> Iterator[Finding]:
    """What is kept online is what the steps made: looked up, it would be stepped again."""
    if problem.features.online and (problem.prepare.steps or problem.prepare.flow):
        cure = "Take out online, or prepare.steps and prepare.flow."
        message = "features of rows that have steps of their own cannot be looked up online yet"
        yield Finding(("features", "online"), message, (), cure)
