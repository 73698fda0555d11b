"""What is to be learned: the task, the classes and their order, told from the target column.

The rules, in this order:

1. ``task`` in the problem's definition wins.
2. A metric of regression (rmse, mae, r2) means regression.
3. A target of texts or booleans means classification.
4. Numbers are classes when they are whole, at most 20 of them differ, and each occurs ten times on
   average; any two numbers are classes as well. All else is regression.

Two classes are binary, more are multiclass. Classes are in order of number, else of text; a binary
task's positive class comes last, has index 1, and is what ``positive`` names, else the one that
reads as yes, true or 1, else the rarer one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from science.faults import Fault, UnusableData
from science.values import FALSE_WORDS, TRUE_WORDS, level_of, number_of, text_of

if TYPE_CHECKING:
    from science.kinds import Column

REGRESSION = "regression"
BINARY = "binary_classification"
MULTICLASS = "multiclass_classification"
REGRESSION_METRICS = frozenset({"rmse", "mae", "r2"})
MOST_NUMBER_CLASSES = 20
MOST_CLASSES = 200
FEWEST_ROWS = 20
POSITIVE_WORDS = (TRUE_WORDS - {"1", "1.0"}) | {"positive", "pos", "bad", "fraud", "spam"}


@dataclass
class Target:
    """What is learned.

    Attributes:
        column: the target column.
        task: ``binary_classification``, ``multiclass_classification`` or ``regression``.
        classes: label texts in the order of their numbers; empty for regression.
        numbers: class number by the label's spelling as it stands in the data.
        counts: rows of each class.
    """

    column: Column
    task: str
    classes: list[str] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    counts: list[int] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def decide(column: Column, spellings: list[tuple[str, int]], problem: dict[str, Any]) -> Target:
    """The task and its classes.

    Args:
        column: the target column with its inferred kind.
        spellings: each distinct cell of the target with its count, most frequent first; missing
            cells are not among them.
        problem: the resolved definition (``task``, ``positive``, ``metric``).

    Raises:
        UnusableData: nothing can be learned from this target.
    """
    rows = sum(count for _, count in spellings)
    levels = _merged(spellings)
    _refuse_too_little(column, rows, levels)
    task = problem.get("task") or _inferred(column, rows, levels, problem)
    if task in {"text_classification", "image_classification"}:
        task = BINARY if len(levels) == 2 else MULTICLASS
    if task == REGRESSION:
        return _regression(column, spellings, rows)
    if task not in {BINARY, MULTICLASS}:
        fault = Fault(
            f"the task {task} cannot be learned from a table with a target yet",
            "task",
            f"use {BINARY}, {MULTICLASS} or {REGRESSION}, or leave it out",
        )
        raise UnusableData([fault])
    return _classification(column, levels, rows, problem)


def _merged(spellings: list[tuple[str, int]]) -> dict[str, dict[str, int]]:
    """Counts by level and spelling: ``Yes``, ``yes`` and ``YES`` are one class."""
    levels: dict[str, dict[str, int]] = {}
    for text, count in spellings:
        levels.setdefault(level_of(text) or text, {})[text] = count
    return levels


def _refuse_too_little(column: Column, rows: int, levels: dict[str, dict[str, int]]) -> None:
    where = column.name
    if rows < FEWEST_ROWS:
        cure = f"bring at least {FEWEST_ROWS} rows with a target; some hundreds make a model"
        raise UnusableData([Fault(f"only {rows} different rows have a target", where, cure)])
    if len(levels) < 2:
        only = text_of(next(iter(levels)))
        cure = "bring rows with another outcome as well"
        raise UnusableData([Fault(f"every row has the same target, {only!r}", where, cure)])


def _inferred(
    column: Column, rows: int, levels: dict[str, dict[str, int]], problem: dict[str, Any]
) -> str:
    if (problem.get("metric") or {}).get("name") in REGRESSION_METRICS:
        return REGRESSION
    if column.kind == "number" and len(levels) > 2:
        values = [number_of(level, column.decimal) for level in levels]
        whole = all(math.isnan(value) or value.is_integer() for value in values)
        few = len(levels) <= MOST_NUMBER_CLASSES and len(levels) * 10 <= rows
        if not (whole and few):
            return REGRESSION
    return BINARY if len(levels) == 2 else MULTICLASS


def _regression(column: Column, spellings: list[tuple[str, int]], rows: int) -> Target:
    mark = column.decimal
    values = [(number_of(text, mark), count) for text, count in spellings]
    unread = sum(count for value, count in values if math.isnan(value))
    if unread > 0.05 * rows:
        what = f"{unread} of {rows} targets are no numbers, so there is no regression"
        cure = "write the target as numbers, or make it a classification"
        raise UnusableData([Fault(what, column.name, cure)])
    if len({value for value, _ in values if not math.isnan(value)}) < 2:
        cure = "bring rows with other values as well"
        raise UnusableData([Fault("every row has the same target", column.name, cure)])
    target = Target(column, REGRESSION)
    if unread:
        target.warnings.append(f"{unread} rows were left out: their target is no number.")
    return target


def _classification(
    column: Column, levels: dict[str, dict[str, int]], rows: int, problem: dict[str, Any]
) -> Target:
    _refuse_classes(column, levels, rows, problem)
    spelled = {level: max(texts, key=lambda text: texts[text]) for level, texts in levels.items()}
    counts = {level: sum(texts.values()) for level, texts in levels.items()}
    order = sorted(levels, key=_class_order)
    task = BINARY if len(order) == 2 and problem.get("task") != MULTICLASS else MULTICLASS
    if task == BINARY:
        positive = _positive(order, counts, problem.get("positive"), column)
        order = [*(level for level in order if level != positive), positive]
    numbers = {text: order.index(level) for level in order for text in levels[level]}
    target = Target(column, task, [spelled[level] for level in order], numbers)
    target.counts = [counts[level] for level in order]
    rare = [spelled[level] for level in order if counts[level] < 10]
    if rare:
        shown = ", ".join(rare[:5])
        target.warnings.append(f"Classes with fewer than 10 rows are hard to learn: {shown}.")
    return target


def _refuse_classes(
    column: Column, levels: dict[str, dict[str, int]], rows: int, problem: dict[str, Any]
) -> None:
    many = len(levels)
    if problem.get("task") == BINARY and many > 2:
        what = f"the task is binary, but the target has {many} different values"
        cure = f"leave two values in {column.name}, or set task: {MULTICLASS}"
        raise UnusableData([Fault(what, column.name, cure)])
    if many > MOST_CLASSES or many * 2 > rows:
        what = f"the target has {many} different values in {rows} rows: too many for classes"
        cure = "name a target with fewer classes, or one of numbers (task: regression)"
        raise UnusableData([Fault(what, column.name, cure)])


def _class_order(level: str) -> tuple[int, float, str]:
    number = number_of(level)
    return (1, 0.0, level) if math.isnan(number) else (0, number, level)


def _positive(order: list[str], counts: dict[str, int], named: str | None, column: Column) -> str:
    if named is not None:
        positive = level_of(named)
        if positive in counts:
            return str(positive)
        what = f"the positive class {named!r} is not among its values {order}"
        raise UnusableData([Fault(what, column.name, f"set positive to one of {order}")])
    reading = [level for level in order if level in POSITIVE_WORDS]
    denying = [level for level in order if level in FALSE_WORDS]
    if len(reading) == 1:
        return reading[0]
    if len(denying) == 1:
        return next(level for level in order if level not in denying)
    return min(order, key=lambda level: (counts[level], -order.index(level)))
