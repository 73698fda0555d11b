"""What the steps of ``prepare.steps`` accept, each setting of each step."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from lifecycle.problem.recipe_steps import accepted_of, accepts, table
from lifecycle.problem.recipe_together import NOT_ONES_OWN, misfits, role_misfits
from lifecycle.problem.rules import Finding, Place, rule
from lifecycle.problem.values import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lifecycle.problem.definition import Problem
    from lifecycle.problem.reader import Path
    from lifecycle.problem.recipe_steps import Setting

COMMON = ("step", "why")


PROPOSED = ("missing", "duplicates", "outliers", "scale", "rare_categories")
"""Settings of what is proposed, which a whole recipe says by its steps."""


@rule("prepare")
def recipe(problem: Problem, _place: Place) -> Iterator[Finding]:
    """A whole recipe stands alone: what it says is said nowhere else."""
    prepare = problem.prepare
    if prepare.recipe is None:
        return
    for key in ("flow", "steps"):
        if getattr(prepare, key):
            message = f"a whole recipe and prepare.{key} exclude each other"
            cure = f"Put its steps into the recipe, or keep prepare.{key} alone."
            yield Finding(("prepare", key), message, (), cure)
    for key in PROPOSED:
        usual = type(prepare).model_fields[key].default
        if getattr(prepare, key) != usual:
            message = f"the recipe says by its steps what {key} would say"
            cure = "Leave the key out, or put such a step into the recipe."
            yield Finding(("prepare", key), message, (str(usual),), cure)


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


@rule("prepare.steps", "target", "columns")
def roles(problem: Problem, _place: Place) -> Iterator[Finding]:
    """Steps that read the target, or change the identifier or the time."""
    for place, step in enumerate(problem.prepare.steps):
        if any(_faults_of(step, ())):
            continue
        for column, reason in role_misfits(step, problem):
            message = f"{step['step']} names {column}, which {reason}"
            cure = "Take the column out of the step."
            yield Finding(("prepare", "steps", place), message, (), cure)


def _faults_of(step: dict[str, Any], path: Path) -> Iterator[Finding]:
    kind = step.get("step")
    known = table().get(kind) if isinstance(kind, str) else None
    if known is None:
        message = f"no step is called {kind}" if kind else "a step names what it does"
        accepted = tuple(each for each in table() if each not in NOT_ONES_OWN)
        yield Finding((*path, "step"), message, accepted, "Name one of these kinds.")
        return
    if kind in NOT_ONES_OWN:
        message = f"{kind} is no step of one's own: {NOT_ONES_OWN[str(kind)]}"
        yield Finding((*path, "step"), message, (), "Take the step out.")
        return
    alone = [*_faults_of_settings(step, str(kind), known, path)]
    yield from alone
    if not alone:
        for message in misfits(step):
            yield Finding(path, message, (), "Mend the step.")


def _faults_of_settings(
    step: dict[str, Any], kind: str, known: dict[str, Setting], path: Path
) -> Iterator[Finding]:
    """What a setting by itself does not accept."""
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


@rule("prepare", "features.online")
def online(problem: Problem, _place: Place) -> Iterator[Finding]:
    """What is kept online is what the steps made: looked up, it would be stepped again."""
    prepare = problem.prepare
    if problem.features.online and (prepare.steps or prepare.flow or prepare.recipe):
        cure = "Take out online, or prepare.steps, prepare.flow and prepare.recipe."
        message = "features of rows that have steps of their own cannot be looked up online yet"
        yield Finding(("features", "online"), message, (), cure)
