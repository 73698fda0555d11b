"""Transforms of cells: missing ones, and texts."""

from __future__ import annotations

import re
from typing import Any, Callable, Mapping, Optional

from science.flow.refused import Refused, choice_refused, chosen, columns_of, number, part

SYMBOLS = "!@#$%^&*()_+=-/\\`~{}|<>?"
"""What Data Wrangler removes as symbols where none are named."""
SPECIAL = frozenset(".^$*+?{}[]\\|()")


def handle_missing(
    parameters: Mapping[str, Any], trained: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """``handle_missing``."""
    told, _ = chosen(parameters)
    if told == "Drop missing":
        return _drop_missing(parameters)
    if told == "Fill missing":
        filling = part(parameters, "fill_missing_parameters")
        value = filling.get("fill_value")
        return [
            {
                "step": "impute",
                "columns": columns_of(filling),
                "method": "constant",
                "value": value,
            }
        ]
    if told == "Add indicator for missing":
        return [_indicator(part(parameters, "add_indicator_for_missing_parameters"))]
    if told == "Impute":
        return [_impute(part(parameters, "impute_parameters"), trained)]
    known = ("Drop missing", "Fill missing", "Add indicator for missing", "Impute")
    raise choice_refused(told, dict.fromkeys(known))


def _drop_missing(parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    told = part(parameters, "drop_missing_parameters")
    told = part(told, "drop_rows_parameters") if told.get("dimension") == "Drop Rows" else told
    if not told.get("input_column"):
        return [{"step": "drop_missing"}]
    return [{"step": "drop_missing", "columns": columns_of(told)}]


def _indicator(told: Mapping[str, Any]) -> dict[str, Any]:
    suffix = "_indicator"
    output, column = told.get("output_column"), told.get("input_column")
    if isinstance(output, str) and output and isinstance(column, str):
        if not output.startswith(column):
            raise Refused(
                f"its column {output!r} does not begin with {column!r}",
                "leave its name out, and rename the column after it",
            )
        suffix = output[len(column) :]
    listed = columns_of({"input_column": column})
    return {"step": "missing_indicator", "columns": listed, "suffix": suffix}


def _impute(told: Mapping[str, Any], _trained: Mapping[str, Any]) -> dict[str, Any]:
    kind = told.get("column_type")
    if kind == "Categorical":
        listed = columns_of(part(told, "categorical_parameters"))
        return {"step": "impute", "columns": listed, "method": "mode"}
    settings = part(told, "numeric_parameters")
    methods = {"Mean": "mean", "Approximate Median": "median"}
    strategy = str(settings.get("strategy"))
    if kind != "Numeric" or strategy not in methods:
        raise choice_refused(strategy if kind == "Numeric" else str(kind), methods)
    return {"step": "impute", "columns": columns_of(settings), "method": methods[strategy]}


def format_string(
    parameters: Mapping[str, Any], _trained: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """``format_string``."""
    told, _ = chosen(parameters)
    convert = _FORMAT.get(told)
    if convert is None:
        raise choice_refused(told, _FORMAT)
    key, make = convert
    settings = part(parameters, key)
    listed = columns_of(settings)
    return [{**make(settings), "columns": listed}]


def _case(case: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    return lambda _told: {
        "step": "normalise_text",
        "form": "keep",
        "case": case,
        "spaces": "keep",
    }


def _pad(align: str, fill: Optional[str] = None) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    return lambda told: {
        "step": "format_text",
        "width": int(number(told.get("width"), "width")),
        "fill": fill or told.get("fill_character") or " ",
        "align": align,
    }


def _strip(side: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    return lambda told: {
        "step": "trim",
        "characters": told.get("characters_to_remove") or "",
        "side": side,
    }


def _symbols(told: Mapping[str, Any]) -> dict[str, Any]:
    listed = "".join(f"\\{each}" for each in dict.fromkeys(told.get("symbols") or SYMBOLS))
    return {"step": "find_replace", "find": f"[{listed}]", "replace": "", "match": "pattern"}


def search_and_edit(
    parameters: Mapping[str, Any], _trained: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """``search_and_edit``: patterns that every engine reads alike, no groups in replacements."""
    told, _ = chosen(parameters)
    if told == "Find and replace substring":
        settings = part(parameters, "find_and_replace_substring_parameters")
        replacement = settings.get("replacement") or ""
        if re.search(r"[$\\]", replacement):
            raise Refused("its replacement refers to groups", "write the text itself")
        return [_replace(settings, replacement)]
    if told == "Convert regex to missing":
        settings = part(parameters, "convert_regex_to_missing_parameters")
        whole = {**settings, "pattern": f"^(?:{settings.get('pattern')})$"}
        replaced = _replace(whole, "")
        return [replaced, {"step": "unify_missing", "columns": replaced["columns"]}]
    known = ("Find and replace substring", "Convert regex to missing")
    raise choice_refused(told, dict.fromkeys(known))


def _replace(settings: Mapping[str, Any], replacement: str) -> dict[str, Any]:
    pattern = settings.get("pattern")
    if not isinstance(pattern, str) or not pattern:
        raise Refused("it has no pattern", "write the text to look for")
    plain = not SPECIAL & set(pattern)
    return {
        "step": "find_replace",
        "columns": columns_of(settings),
        "find": pattern,
        "replace": replacement,
        "match": "part" if plain else "pattern",
    }


_FORMAT: dict[str, tuple[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "Lower case": ("lower_case_parameters", _case("lower")),
    "Upper case": ("upper_case_parameters", _case("upper")),
    "Title case": ("title_case_parameters", _case("title")),
    "Left pad": ("left_pad_parameters", _pad("right")),
    "Right pad": ("right_pad_parameters", _pad("left")),
    "Center (pad on either side)": ("center_pad_on_either_side_parameters", _pad("center")),
    "Prepend zeros": ("prepend_zeros_parameters", _pad("right", "0")),
    "Strip characters from left": ("strip_characters_from_left_parameters", _strip("left")),
    "Strip characters from right": ("strip_characters_from_right_parameters", _strip("right")),
    "Strip left and right": ("strip_left_and_right_parameters", _strip("both")),
    "Add prefix": (
        "add_prefix_parameters",
        lambda told: {"step": "format_text", "prefix": told.get("prefix") or ""},
    ),
    "Add suffix": (
        "add_suffix_parameters",
        lambda told: {"step": "format_text", "suffix": told.get("suffix") or ""},
    ),
    "Remove symbols": ("remove_symbols_parameters", _symbols),
}
"""For each choice where its parameters stand, and the step that they make."""
