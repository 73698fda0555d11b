"""Steps of columns and rows as nodes of a flow."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from science.flow.columns import CAST_TO
from science.flow.left_out import LeftOut, Made, named, told

Settings = Mapping[str, Any]
COLUMNS, ROWS, MISSING = "manage_columns_0.1", "manage_rows_0.1", "handle_missing_0.1"


def _leave_out(step: Settings) -> list[Made]:
    return [
        told(COLUMNS, "Drop column", "drop_column_parameters", {"column_to_drop": step["columns"]})
    ]


def _rename(step: Settings) -> list[Made]:
    pairs = [{"input_column": old, "new_name": new} for old, new in step["names"].items()]
    return [
        told(COLUMNS, "Rename column", "rename_column_parameters", {"columns_to_rename": pairs})
    ]


def _duplicate(step: Settings) -> list[Made]:
    parameters = {"input_column": step["column"], "new_name": step["into"]}
    return [told(COLUMNS, "Duplicate column", "duplicate_column_parameters", parameters)]


def _arrange(step: Settings) -> list[Made]:
    """Moved to the start one by one, the last first: a list would keep the order it finds."""
    return [
        told(
            COLUMNS,
            "Move column",
            "move_column_parameters",
            {
                "move_type": "Move to start",
                "move_to_start_parameters": {"column_to_move": [column]},
            },
        )
        for column in reversed(named(step))
    ]


def _concatenate(step: Settings) -> list[Made]:
    listed = named(step)
    if len(listed) != 2:
        raise LeftOut("Data Wrangler joins two columns at a time")
    parameters = {
        "left_column": listed[0],
        "right_column": listed[1],
        "delimiter": step["separator"],
        "output_column": step["into"],
    }
    return [told(COLUMNS, "Concatenate columns", "concat_columns_parameters", parameters)]


def _cast(step: Settings) -> list[Made]:
    return [
        Made(
            "cast_single_data_type_0.1",
            {
                "column": column,
                "data_type": CAST_TO[step["to"]],
                "non_castable_data_handling_method": "replace_null",
            },
        )
        for column in named(step)
    ]


def _drop_duplicates(step: Settings) -> list[Made]:
    if step.get("columns"):
        raise LeftOut("Data Wrangler compares whole rows")
    return [told(ROWS, "Drop duplicates", "drop_duplicates_parameters", {})]


def _drop_missing(step: Settings) -> list[Made]:
    listed = list(step.get("columns") or [])
    if step["when"] == "all":
        if listed:
            raise LeftOut("Data Wrangler drops rows that are empty as a whole")
        return [told(ROWS, "Drop empty", "drop_empty_parameters", {})]
    each: list[dict[str, Any]] = [{"input_column": column} for column in listed] or [{}]
    return [told(MISSING, "Drop missing", "drop_missing_parameters", one) for one in each]


def _drop_unlabelled(step: Settings) -> list[Made]:
    parameters = {"input_column": step["target"]}
    return [told(MISSING, "Drop missing", "drop_missing_parameters", parameters)]


def _types(_step: Settings) -> list[Made]:
    """The flow's second node tells types from the data."""
    return []


MAKERS: dict[str, Callable[[Settings], list[Made]]] = {
    "leave_out": _leave_out,
    "rename": _rename,
    "duplicate_column": _duplicate,
    "arrange": _arrange,
    "concatenate": _concatenate,
    "cast": _cast,
    "parse_types": _types,
    "drop_duplicates": _drop_duplicates,
    "drop_missing": _drop_missing,
    "drop_unlabelled": _drop_unlabelled,
}
"""How each kind of step is written."""
