"""Transforms of whole columns: drop, rename, duplicate, move, join as text, cast."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from science.flow.refused import Refused, choice_refused, chosen, columns_of, part

CAST = {"float": "number", "long": "whole", "string": "text", "bool": "boolean", "date": "date"}
CAST_TO = {to: data_type for data_type, to in CAST.items()}
NULL = "replace_null"


def manage(parameters: Mapping[str, Any], _trained: Mapping[str, Any]) -> list[dict[str, Any]]:
    """``manage_columns``."""
    told, _ = chosen(parameters)
    convert = _MANAGE.get(told)
    if convert is None:
        raise choice_refused(told, _MANAGE)
    return convert(parameters)


def _drop(parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    listed = columns_of(part(parameters, "drop_column_parameters"), "column_to_drop")
    return [{"step": "leave_out", "columns": listed}]


def _rename(parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    told = part(parameters, "rename_column_parameters")
    pairs = list(told.get("columns_to_rename") or [])
    if told.get("input_column") and told.get("new_name"):
        pairs.append({"input_column": told["input_column"], "new_name": told["new_name"]})
    names = {
        pair.get("input_column"): pair.get("new_name") for pair in pairs if isinstance(pair, dict)
    }
    if not names or not all(isinstance(k, str) and isinstance(v, str) for k, v in names.items()):
        raise Refused("it names no columns", "choose the columns and their new names")
    return [{"step": "rename", "names": names}]


def _duplicate(parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    told = part(parameters, "duplicate_column_parameters")
    (column,) = columns_of(told)[:1]
    return [{"step": "duplicate_column", "column": column, "into": told.get("new_name")}]


def _move(parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """To the start; elsewhere the order of columns tells a model nothing."""
    told = part(parameters, "move_column_parameters")
    if told.get("move_type") != "Move to start":
        return []
    listed = columns_of(part(told, "move_to_start_parameters"), "column_to_move")
    return [{"step": "arrange", "columns": listed}]


def _concatenate(parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    told = part(parameters, "concat_columns_parameters")
    left, right = told.get("left_column"), told.get("right_column")
    into = told.get("output_column") or f"{left}_{right}"
    separator = told.get("delimiter")
    return [
        {
            "step": "concatenate",
            "columns": [left, right],
            "separator": "_" if separator is None else separator,
            "into": into,
        }
    ]


def cast(parameters: Mapping[str, Any], _trained: Mapping[str, Any]) -> list[dict[str, Any]]:
    """``cast_single_data_type``: what has no such value becomes missing, or its row goes."""
    listed = columns_of(parameters, "column")
    to = CAST.get(str(parameters.get("data_type")))
    if to is None:
        raise choice_refused(str(parameters.get("data_type")), CAST)
    made: list[dict[str, Any]] = [{"step": "cast", "columns": listed, "to": to}]
    method = parameters.get("non_castable_data_handling_method") or NULL
    if method == "drop":
        return [*made, {"step": "drop_missing", "columns": listed}]
    if method != NULL:
        raise choice_refused(str(method), {NULL: 0, "drop": 0})
    return made


_MANAGE: dict[str, Callable[[Mapping[str, Any]], list[dict[str, Any]]]] = {
    "Drop column": _drop,
    "Rename column": _rename,
    "Duplicate column": _duplicate,
    "Move column": _move,
    "Concatenate columns": _concatenate,
}
