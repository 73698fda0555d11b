"""Expressions over one row's cells: written once, rendered as SQL or run in Python.

A tree of columns, constants and calls of named operations (``science.recipe.operations``). What an
operation means stands there once for each of its two forms, side by side.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, Union

from science.recipe.operations import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from science.dialects import Dialect


@dataclass(frozen=True)
class Cell:
    """A column's cell."""

    column: str


@dataclass(frozen=True)
class Constant:
    """A text, a number, a whole number, a switch, or nothing."""

    value: Union[str, float, int, bool, None]


@dataclass(frozen=True)
class Call:
    """An operation of other expressions; ``options`` are plain values."""

    operation: str
    arguments: tuple[Expression, ...]
    options: Mapping[str, Any] = field(default_factory=dict)


Expression = Union[Cell, Constant, Call]
Row = dict[str, Any]


def call(operation: str, *arguments: Expression, **options: Any) -> Call:
    """An operation of other expressions."""
    return Call(operation, arguments, options)


def when(condition: Expression, then: Expression, other: Expression) -> Call:
    """One expression or the other."""
    return call("when", condition, then, other)


def sql(expression: Expression, dialect: Dialect) -> str:
    """The expression in a dialect of SQL."""
    if isinstance(expression, Cell):
        return dialect.name(expression.column)
    if isinstance(expression, Constant):
        return constant_sql(expression.value, dialect)
    arguments = [sql(each, dialect) for each in expression.arguments]
    made: str = OPERATIONS[expression.operation].sql(dialect, *arguments, **expression.options)
    return made


def constant_sql(value: Union[str, float, bool, None], dialect: Dialect) -> str:
    """A value as SQL."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return dialect.literal(value)
    if isinstance(value, int):
        return f"CAST({value} AS BIGINT)"
    return dialect.number(value)


def python(expression: Expression) -> Callable[[Row], Any]:
    """The expression as a function of a row's cells by column; ``None`` is a missing cell."""
    if isinstance(expression, Cell):
        column = expression.column
        return lambda row: row[column]
    if isinstance(expression, Constant):
        value = expression.value
        return lambda _row: value
    operation = OPERATIONS[expression.operation]
    arguments = [python(each) for each in expression.arguments]
    if operation.lazy:
        lazy: Callable[[Row], Any] = operation.run(*arguments)
        return lazy
    run, options = operation.run, expression.options
    if len(arguments) == 1 and operation.strict:
        (only,) = arguments

        def of_one(row: Row) -> Any:
            value = only(row)
            return None if value is None else run(value, **options)

        return of_one
    strict = operation.strict

    def of_many(row: Row) -> Any:
        values = [argument(row) for argument in arguments]
        if strict and any(value is None for value in values):
            return None
        return run(*values, **options)

    return of_many
