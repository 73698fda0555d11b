"""A whole recipe that a person brings, in place of the one that would be proposed.

It is the document that a run writes beside its model (``recipe.json``), as it is or changed. What
only preparing itself can do, it is told to do: ``split``, ``drop_unlabelled`` and ``decode_image``
become settings. All other steps are carried out as steps of one's own
(``science.own_steps``), those that are fitted by what they learned already; and nothing is proposed
for gaps, copies, outliers and scales. Which column is a number, a date or a category is told
afterwards, from the cells that the steps leave, as it always is.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Optional

from science.faults import Fault, UnusableData
from science.recipe import documents
from science.recipe.plans import named

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from science.recipe.steps import Step

WHERE = "prepare.recipe"
NOTHING_PROPOSED = {"missing": "auto", "duplicates": "keep", "outliers": "keep", "scale": "none"}
"""The settings with which nothing is done but what the recipe says."""

USUAL_HOLDOUT = 0.15
DONE_ANYWAY = frozenset({"leave_out", "parse_types"})
"""Steps that preparing does to columns with a role in its own way."""


@dataclass
class _Settings:
    """What the steps that only preparing can do ask for, and what is wrong with them."""

    problem: Mapping[str, Any]
    prepare: dict[str, Any] = field(default_factory=dict)
    holdout: Optional[float] = None
    faults: list[Fault] = field(default_factory=list)

    def role(self, name: str) -> Optional[str]:
        """The column that the definition gives a role."""
        found: Optional[str] = (
            self.problem.get("target")
            if name == "target"
            else (self.problem.get("columns") or {}).get(name)
        )
        return found

    def fault(self, number: int, what: str, cure: str) -> None:
        """Remember what is wrong with a step."""
        self.faults.append(Fault(what, f"{WHERE}.steps[{number}]", cure))


def taken(text: bytes, problem: Mapping[str, Any]) -> dict[str, Any]:
    """The definition that has a recipe carried out.

    Args:
        text: the recipe, JSON in UTF-8.
        problem: the resolved definition, plain JSON.

    Returns:
        The definition with the recipe as ``prepare.steps``, nothing proposed, and beside
        ``prepare.recipe`` the file's ``recipe_sha256`` and its steps' ``recipe_digest``.

    Raises:
        UnusableData: with everything that is wrong with it.
    """
    steps = _read(text)
    told = _Settings(problem)
    own: list[Step] = []
    for number, step in enumerate(steps):
        if step.kind in _TAKEN:
            _TAKEN[step.kind](number, step, told)
        else:
            own += _without_roles(step, steps[number + 1 :], told)
    if told.faults:
        raise UnusableData(told.faults)
    prepare = {
        **(problem.get("prepare") or {}),
        **NOTHING_PROPOSED,
        **told.prepare,
        "steps": [documents.written(step) for step in own],
        "recipe_sha256": hashlib.sha256(text).hexdigest(),
        "recipe_digest": documents.digest(steps),
    }
    evaluate = dict(problem.get("evaluate") or {})
    if told.holdout is not None:
        evaluate["holdout"] = told.holdout
    return {**problem, "prepare": prepare, "evaluate": evaluate}


def _read(text: bytes) -> list[Step]:
    try:
        return documents.loads(text)
    except documents.RecipeError as error:
        faults = [
            Fault(
                fault.message,
                f"{WHERE}{documents.Misfit(fault.path, '').where}",
                f"accepted: {', '.join(fault.accepted)}" if fault.accepted else "mend the recipe",
            )
            for fault in error.faults
        ]
        raise UnusableData(faults) from error


def _split(number: int, step: Any, told: _Settings) -> None:
    asked = (told.problem.get("evaluate") or {}).get("holdout", USUAL_HOLDOUT)
    if asked not in {USUAL_HOLDOUT, step.holdout}:
        what = f"the recipe holds out {step.holdout:g} of the rows, evaluate.holdout {asked:g}"
        told.fault(number, what, "take one of them out, or make them equal")
    if told.holdout not in {None, step.holdout}:
        told.fault(number, "the rows are divided twice", "keep one split")
    told.holdout = step.holdout
    for key, role in (("identifier", "id"), ("time", "time")):
        column, named_so = getattr(step, key), told.role(role)
        if column and not _same(column, named_so):
            what = f"the rows are divided by {column!r}, and columns.{role} is {named_so!r}"
            told.fault(number, what, f"set columns.{role}: {column}, or take {key} out")


def _drop_unlabelled(number: int, step: Any, told: _Settings) -> None:
    if not _same(step.target, told.role("target")):
        what = f"the recipe is one for the target {step.target!r}"
        told.fault(number, what, f"name {told.role('target')!r} there")


def _decode_image(number: int, step: Any, told: _Settings) -> None:
    size = [step.width, step.height]
    if told.prepare.setdefault("image_size", size) != size:
        told.fault(number, "pictures are brought to two sizes", "give all of them one size")


_TAKEN: dict[str, Callable[[int, Any, _Settings], None]] = {
    "split": _split,
    "drop_unlabelled": _drop_unlabelled,
    "decode_image": _decode_image,
}


def _without_roles(step: Step, later: Sequence[Step], told: _Settings) -> list[Step]:
    """The step for columns that steps may change, if it still does anything.

    A written recipe names all columns where it trims and reads cells. The target, the identifier
    and the time are trimmed and read anyway, and dates are read by preparing unless a later step
    computes with them: as a text a date has no seconds.
    """
    spelled = bool(getattr(step, "spellings", ()))
    if step.kind not in DONE_ANYWAY and (step.kind != "unify_missing" or spelled):
        return [step]
    roles = [told.role(each) for each in ("target", "id", "time")]
    columns: Any = getattr(step, "columns", ())
    left = [each for each in columns if not any(_same(each, role) for role in roles)]
    if step.kind == "parse_types":
        wanted = {column for each in later for column in named(each)}
        left = [each for each in left if columns[each]["as"] != "date" or each in wanted]
        return [replace(step, columns={e: columns[e] for e in left})] if left else []  # type: ignore[call-arg]
    return [replace(step, columns=tuple(left))] if left or not columns else []  # type: ignore[call-arg]


def _same(column: str, other: Optional[str]) -> bool:
    """Whether two names mean one column: their case and the blanks around them do not count."""
    return other is not None and column.strip().lower() == other.strip().lower()
