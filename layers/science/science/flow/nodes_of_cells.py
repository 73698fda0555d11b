"""Steps of cells as nodes of a flow."""

from __future__ import annotations

import re
from typing import Any, Callable, Mapping

from science.flow.left_out import LeftOut, Made, named, told
from science.flow.numbers import FIX_OF

Settings = Mapping[str, Any]
MISSING, OUTLIERS, NUMERIC = "handle_missing_0.1", "handle_outliers_0.1", "process_numeric_0.1"
FORMAT, ENCODE, SEARCH = "format_string_0.1", "encode_categorical_0.1", "search_and_edit_0.1"
MOST_LEVELS = 100
"""The default of the step ``encode``, which a flow has no parameter for."""


def _impute(step: Settings) -> list[Made]:
    fitted = (step.get("fitted") or {}).get("values")
    if fitted and step["method"] in {"median", "mean", "mode"}:
        return [_filled(column, value) for column, value in fitted.items()]
    listed = named(step)
    if step["method"] == "constant":
        return [_filled(listed, step["value"])]
    if step["method"] == "mode":
        settings: dict[str, Any] = {
            "column_type": "Categorical",
            "categorical_parameters": {"input_column": listed},
        }
    elif step["method"] in {"median", "mean"}:
        strategy = "Mean" if step["method"] == "mean" else "Approximate Median"
        settings = {
            "column_type": "Numeric",
            "numeric_parameters": {"input_column": listed, "strategy": strategy},
        }
    else:
        raise LeftOut(f"Data Wrangler does not fill by {step['method']}")
    return [told(MISSING, "Impute", "impute_parameters", settings)]


def _filled(columns: Any, value: Any) -> Made:
    settings = {"input_column": columns, "fill_value": value}
    return told(MISSING, "Fill missing", "fill_missing_parameters", settings)


def _indicator(step: Settings) -> list[Made]:
    key = "add_indicator_for_missing_parameters"
    return [
        told(
            MISSING,
            "Add indicator for missing",
            key,
            {"input_column": column, "output_column": column + step["suffix"]},
        )
        for column in named(step)
    ]


def _outliers(step: Settings) -> list[Made]:
    fix = FIX_OF[step["action"]]
    fitted = (step.get("fitted") or {}).get("bounds")
    if fitted:
        return [_between(column, fix, low, high) for column, (low, high) in fitted.items()]
    listed = named(step)
    if step["method"] == "zscore":
        settings = {"standard_deviations": step["factor"]}
        return [_outlier("Standard deviation", listed, fix, settings)]
    if step["method"] == "quantile":
        share = step["share"]
        settings = {"lower_quantile": share, "upper_quantile": 1 - share}
        return [_outlier("Quantile", listed, fix, settings)]
    if step["method"] == "bounds" and None not in (step.get("low"), step.get("high")):
        return [_between(listed, fix, step["low"], step["high"])]
    raise LeftOut(f"outliers by {step['method']} are written once the step is fitted to bounds")


def _between(columns: Any, fix: str, low: float, high: float) -> Made:
    return _outlier("Min-max", columns, fix, {"lower_threshold": low, "upper_threshold": high})


def _outlier(rule: str, columns: Any, fix: str, settings: Mapping[str, Any]) -> Made:
    key = f"{rule.lower().replace(' ', '_').replace('-', '_')}_numeric_outliers_parameters"
    parameters = {"input_column": columns, "fix_method": fix, **settings}
    return told(OUTLIERS, f"{rule} numeric outliers", key, parameters)


def _rare(step: Settings) -> list[Made]:
    key = "replace_rare_values_parameters"
    common = {
        "replacement_string": step["into"],
        "fraction_threshold": step["share"],
        "absolute_threshold": step["count"] - 1,
        "max_common_categories": 0,
    }
    kept = (step.get("fitted") or {}).get("kept")
    if not kept:
        parameters = {"input_column": named(step), **common}
        return [told(OUTLIERS, "Replace rare values", key, parameters)]
    made = []
    for column, levels in kept.items():
        node = told(OUTLIERS, "Replace rare values", key, {"input_column": column, **common})
        node.trained = {key: {**common, "common_categories": list(levels)}}
        made.append(node)
    return made


def _standardise(step: Settings) -> list[Made]:
    center, scale = step["center"], step["scale"]
    settings: dict[str, Any] = {
        "input_column": named(step),
        "center": center != "none",
        "scale": scale != "none",
    }
    if center != "median" and scale != "iqr":
        return [_scaled("Standard scaler", settings)]
    if center != "mean" and scale != "deviation":
        quartiles = {"lower_quantile": 0.25, "upper_quantile": 0.75}
        return [_scaled("Robust scaler", {**settings, **quartiles})]
    raise LeftOut(f"no scaler centres by the {center} and scales by the {scale}")


def _normalise(step: Settings) -> list[Made]:
    if step["by"] == "max_abs":
        return [_scaled("Max absolute scaler", {"input_column": named(step)})]
    return [_scaled("Min-max scaler", {"input_column": named(step), "min": 0.0, "max": 1.0})]


def _scaled(scaler: str, settings: Mapping[str, Any]) -> Made:
    key = f"{scaler.lower().replace(' ', '_').replace('-', '_')}_parameters"
    parameters = {"scaler": scaler, key: dict(settings)}
    return told(NUMERIC, "Scale values", "scale_values_parameters", parameters)


def _encode(step: Settings) -> list[Made]:
    if step["method"] == "frequency" or step["most"] != MOST_LEVELS:
        raise LeftOut("Data Wrangler encodes every category, by one column each or by its place")
    listed = named(step)
    if step["method"] == "ordinal":
        ordinal = {"input_column": listed, "invalid_handling_strategy": "Replace with NaN"}
        return [told(ENCODE, "Ordinal encode", "ordinal_encode_parameters", ordinal)]
    settings: dict[str, Any] = {
        "input_column": listed,
        "invalid_handling_strategy": "Keep",
        "drop_last": False,
        "output_style": "Columns",
    }
    return [told(ENCODE, "One-hot encode", "one_hot_encode_parameters", settings)]


def _normalise_text(step: Settings) -> list[Made]:
    kept = {"form": "keep", "accents": "keep", "spaces": "keep", "punctuation": "keep"}
    if step["case"] == "keep" or any(step[key] != value for key, value in kept.items()):
        raise LeftOut("Data Wrangler changes the case alone")
    choice = f"{step['case'].capitalize()} case"
    key = f"{step['case']}_case_parameters"
    return [told(FORMAT, choice, key, {"input_column": column}) for column in named(step)]


def _trim(step: Settings) -> list[Made]:
    choices = {
        "both": ("Strip left and right", "strip_left_and_right_parameters"),
        "left": ("Strip characters from left", "strip_characters_from_left_parameters"),
        "right": ("Strip characters from right", "strip_characters_from_right_parameters"),
    }
    choice, key = choices[step["side"]]
    removed = step["characters"] or None
    return [
        told(FORMAT, choice, key, {"input_column": column, "characters_to_remove": removed})
        for column in named(step)
    ]


def _format_text(step: Settings) -> list[Made]:
    if step["start"] or step.get("length") is not None:
        raise LeftOut("Data Wrangler cuts texts into another column")
    pads = {
        "right": ("Left pad", "left_pad_parameters"),
        "left": ("Right pad", "right_pad_parameters"),
        "center": ("Center (pad on either side)", "center_pad_on_either_side_parameters"),
    }
    made = []
    for column in named(step):
        if step["width"]:
            choice, key = pads[step["align"]]
            settings = {"width": step["width"], "fill_character": step["fill"]}
            made.append(told(FORMAT, choice, key, {"input_column": column, **settings}))
        for part in ("prefix", "suffix"):
            if step[part]:
                settings = {"input_column": column, part: step[part]}
                made.append(told(FORMAT, f"Add {part}", f"add_{part}_parameters", settings))
    return made


def _find_replace(step: Settings) -> list[Made]:
    if re.search(r"[$\\]", step["replace"]):
        raise LeftOut("its replacement would be read as a reference to a group")
    pattern = step["find"]
    if step["match"] != "pattern":
        pattern = re.sub(r"([.^$*+?{}\[\]\\|()])", r"\\\1", pattern)
    if step["match"] == "whole":
        pattern = f"^(?:{pattern})$"
    key = "find_and_replace_substring_parameters"
    return [
        told(
            SEARCH,
            "Find and replace substring",
            key,
            {"input_column": column, "pattern": pattern, "replacement": step["replace"]},
        )
        for column in named(step)
    ]


MAKERS: dict[str, Callable[[Settings], list[Made]]] = {
    "impute": _impute,
    "missing_indicator": _indicator,
    "outliers": _outliers,
    "rare_categories": _rare,
    "standardise": _standardise,
    "normalise": _normalise,
    "encode": _encode,
    "normalise_text": _normalise_text,
    "trim": _trim,
    "format_text": _format_text,
    "find_replace": _find_replace,
}
"""How each kind of step is written."""
