"""Transforms of numbers: outliers and scales."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Optional

from science.flow.refused import Refused, choice_refused, chosen, columns_of, number, part

FIXES = {"Clip": "clip", "Remove": "drop", "Invalidate": "null"}
FIX_OF = {action: fix for fix, action in FIXES.items()}
FIRST_QUARTILE, THIRD_QUARTILE = 0.25, 0.75


def handle_outliers(
    parameters: Mapping[str, Any], trained: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """``handle_outliers``; thresholds that were frozen with the step are taken as bounds."""
    told, _ = chosen(parameters)
    if told == "Replace rare values":
        return [_rare(part(parameters, "replace_rare_values_parameters"), trained)]
    if told not in _OUTLIERS:
        raise choice_refused(told, {**_OUTLIERS, "Replace rare values": 0})
    key, convert = _OUTLIERS[told]
    settings = part(parameters, key)
    listed = columns_of(settings)
    action = FIXES.get(settings.get("fix_method") or "Clip")
    if action is None:
        raise choice_refused(str(settings["fix_method"]), FIXES)
    frozen = _frozen(part(trained, key) or trained) if len(listed) == 1 else None
    made = frozen or convert(settings)
    return [{"step": "outliers", "columns": listed, "action": action, **made}]


def _frozen(trained: Mapping[str, Any]) -> Optional[dict[str, Any]]:
    low, high = trained.get("lower_threshold"), trained.get("upper_threshold")
    if low is None or high is None:
        return None
    return {"method": "bounds", "low": number(low, "threshold"), "high": number(high, "threshold")}


def _deviations(told: Mapping[str, Any]) -> dict[str, Any]:
    factor = number(told.get("standard_deviations"), "standard_deviations", 4.0)
    return {"method": "zscore", "factor": factor}


def _robust(_told: Mapping[str, Any]) -> dict[str, Any]:
    raise Refused(
        "it has no thresholds yet, and its rule (the deviation of the cells between two "
        "quantiles) is not known here",
        "preview the step in Data Wrangler, which stores its thresholds, or use the step "
        "outliers with method: robust_zscore",
    )


def _quantile(told: Mapping[str, Any]) -> dict[str, Any]:
    low = number(told.get("lower_quantile"), "lower_quantile", 0.01)
    high = number(told.get("upper_quantile"), "upper_quantile", 0.99)
    if abs(low - (1 - high)) > 1e-9:
        raise Refused(
            f"its quantiles {low:g} and {high:g} are not alike at both ends",
            "choose the same share at both ends, or minimum and maximum",
        )
    return {"method": "quantile", "share": round(low, 12)}


def _bounds(told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "method": "bounds",
        "low": number(told.get("lower_threshold"), "lower_threshold"),
        "high": number(told.get("upper_threshold"), "upper_threshold"),
    }


def _rare(told: Mapping[str, Any], trained: Mapping[str, Any]) -> dict[str, Any]:
    """Rare is what has at most the greater of both thresholds of rows."""
    listed = columns_of(told)
    if number(told.get("max_common_categories"), "max_common_categories", 0.0) > 0:
        raise Refused(
            "max_common_categories is not honoured", "use a share or a count of rows alone"
        )
    made: dict[str, Any] = {
        "step": "rare_categories",
        "columns": listed,
        "share": number(told.get("fraction_threshold"), "fraction_threshold", 0.005),
        "count": int(number(told.get("absolute_threshold"), "absolute_threshold", 10.0)) + 1,
        "into": told.get("replacement_string") or "other",
    }
    frozen = part(trained, "replace_rare_values_parameters") or trained
    common = frozen.get("common_categories")
    if isinstance(common, list) and len(listed) == 1:
        made["fitted"] = {"kept": {listed[0]: [str(each) for each in common if each is not None]}}
    return made


def process(parameters: Mapping[str, Any], _trained: Mapping[str, Any]) -> list[dict[str, Any]]:
    """``process_numeric``: scales, fitted anew from the training rows."""
    told, _ = chosen(parameters)
    if told != "Scale values":
        raise choice_refused(told, {"Scale values": 0})
    settings = part(parameters, "scale_values_parameters")
    scaler, _ = chosen(settings, "scaler")
    if scaler not in _SCALERS:
        raise choice_refused(scaler, _SCALERS)
    key, convert = _SCALERS[scaler]
    found = part(settings, key)
    return [{**convert(found), "columns": columns_of(found)}]


def _standard(told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "step": "standardise",
        "center": "mean" if told.get("center") else "none",
        "scale": "deviation" if told.get("scale", True) else "none",
    }


def _robust_scale(told: Mapping[str, Any]) -> dict[str, Any]:
    low = number(told.get("lower_quantile"), "lower_quantile", FIRST_QUARTILE)
    high = number(told.get("upper_quantile"), "upper_quantile", THIRD_QUARTILE)
    if (low, high) != (FIRST_QUARTILE, THIRD_QUARTILE):
        raise Refused("it scales by other quantiles than the quartiles", "choose 0.25 and 0.75")
    return {
        "step": "standardise",
        "center": "median" if told.get("center") else "none",
        "scale": "iqr" if told.get("scale", True) else "none",
    }


def _min_max(told: Mapping[str, Any]) -> dict[str, Any]:
    low, high = number(told.get("min"), "min", 0.0), number(told.get("max"), "max", 1.0)
    if (low, high) != (0.0, 1.0):
        raise Refused(f"it scales to {low:g} … {high:g}", "scale to 0 … 1")
    return {"step": "normalise", "by": "min_max"}


_OUTLIERS: dict[str, tuple[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "Standard deviation numeric outliers": (
        "standard_deviation_numeric_outliers_parameters",
        _deviations,
    ),
    "Robust standard deviation numeric outliers": (
        "robust_standard_deviation_numeric_outliers_parameters",
        _robust,
    ),
    "Quantile numeric outliers": ("quantile_numeric_outliers_parameters", _quantile),
    "Min-max numeric outliers": ("min_max_numeric_outliers_parameters", _bounds),
}
_SCALERS: dict[str, tuple[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "Standard scaler": ("standard_scaler_parameters", _standard),
    "Robust scaler": ("robust_scaler_parameters", _robust_scale),
    "Min-max scaler": ("min_max_scaler_parameters", _min_max),
    "Max absolute scaler": (
        "max_absolute_scaler_parameters",
        lambda _told: {"step": "normalise", "by": "max_abs"},
    ),
}
