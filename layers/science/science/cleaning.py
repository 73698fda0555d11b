"""What was done to the rows and why: the recipe with its counts, and the report on it.

The report's document::

    {"problem", "rows_read", "rows_kept", "train_rows", "validation_rows", "holdout_rows",
     "without_target", "duplicates", "dropped": {"missing", "outliers"}, "features", "warnings",
     "steps": [as in recipe.json], "sql",
     "columns": [{"name", "kind", "role", "note", "missing", "unread", "read_as", "clip", "fill",
                  "features"}]}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from science import recipe
from science.recipe import Step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from science.findings import Findings
    from science.keys import Counted
    from science.kinds import Column


def steps(found: Findings) -> list[Step]:
    """The recipe that ``prepare`` carried out, with its counts."""
    counted = found.counted
    settings = found.problem.get("prepare") or {}
    names = [column.name for column in found.columns]
    labelled = counted.read - counted.without_target
    made = [
        Step(
            "unify_missing",
            {"columns": names},
            "Blanks around cells go; NA, N/A, null, ?, - and their like all mean missing.",
        ),
        Step(
            "drop_unlabelled",
            {"target": found.roles.target},
            "A row without a target teaches nothing.",
            (counted.read, labelled),
        ),
    ]
    if settings.get("duplicates", "drop") == "drop":
        why = "A row that occurs twice would count twice, and could lie in two parts."
        made.append(Step("drop_duplicates", {}, why, (labelled, counted.kept)))
    made.append(_split(found))
    made += _of_columns(found.columns, found.unread)
    return made + _of_features(found.features, settings, counted)


def _split(found: Findings) -> Step:
    columns, roles = found.columns, found.roles
    clock = next((column for column in columns if column.name == roles.time), None)
    why = "A row's part follows from its own content, so it stays there when rows are added."
    if clock:
        why = "The newest rows are held out: a model meets the future."
    told = {
        "holdout": (found.problem.get("evaluate") or {}).get("holdout", 0.15),
        "identifier": roles.identifier,
        "key": [column.name for column in columns if column.name != roles.target],
        "time": clock.name if clock else None,
        "formats": clock.formats if clock else [],
    }
    return Step("split", told, why)


def _of_columns(columns: Sequence[Column], unread: Mapping[str, int]) -> list[Step]:
    made = []
    out = [column for column in columns if column.role not in {"feature", "target"}]
    if out:
        why = "; ".join(f"{column.name}: {column.note or column.role}" for column in out)
        made.append(Step("leave_out", {"columns": [column.name for column in out]}, f"{why}."))
    read = {
        column.name: {
            "as": column.kind,
            "decimal": column.decimal,
            "formats": column.formats,
            "sure": column.sure,
        }
        for column in columns
        if column.role == "feature" and column.kind in {"number", "date"}
    }
    if read:
        why = "Numbers and dates are read from their text; what cannot be read counts as missing."
        made.append(Step("read", {"columns": read}, why, cells=sum(unread.values())))
    for step in made:
        step.columns = list(step.settings["columns"])
    return made


def _of_features(
    features: Mapping[str, Any], settings: Mapping[str, Any], counted: Counted
) -> list[Step]:
    numeric = [each for each in features["columns"] if each["kind"] == "number"]
    every = [each["column"] for each in features["columns"]]
    made = []
    dropped = counted.dropped
    if settings.get("missing") == "drop":
        rows = (counted.kept, counted.kept - dropped["missing"])
        made.append(Step("drop_missing", {"columns": every}, "Asked for by prepare.missing.", rows))
    if settings.get("outliers") == "drop":
        before = counted.kept - dropped["missing"]
        rows = (before, before - dropped["outliers"])
        why = "Asked for by prepare.outliers: values three interquartile ranges off the quartiles."
        made.append(Step("drop_outliers", {"bounds": counted.bounds}, why, rows))
    bounds = {each["column"]: each["clip"] for each in numeric if each["clip"]}
    if bounds:
        why = "Values three interquartile ranges off the quartiles, and rarer than 1 in 1000."
        made.append(Step("clip", {"bounds": bounds}, why, columns=list(bounds)))
    fills = {each["column"]: each["fill"] for each in numeric if each["fill"] is not None}
    if fills:
        why = f"Asked for by prepare.missing: {settings.get('missing')} of the training rows."
        made.append(Step("fill", {"values": fills}, why, columns=list(fills)))
    scales = {each["column"]: [each["center"], each["scale"]] for each in numeric}
    if scales and settings.get("scale") in {"standardize", "normalize"}:
        why = f"Asked for by prepare.scale: {settings['scale']}, by the training rows."
        made.append(Step("scale", {"columns": scales}, why, columns=list(scales)))
    return made


def report(found: Findings, made: Sequence[Step]) -> dict[str, Any]:
    """The report's document."""
    counted, features = found.counted, found.features
    encoders = {each["column"]: each for each in features["columns"]}
    written = recipe.document(made)
    return {
        "problem": found.problem.get("name", ""),
        "rows_read": counted.read,
        "rows_kept": counted.kept,
        "without_target": counted.without_target,
        "duplicates": counted.duplicates,
        "dropped": counted.dropped,
        "train_rows": counted.train,
        "validation_rows": counted.validation,
        "holdout_rows": counted.holdout,
        "features": len(features["features"]),
        "warnings": found.warnings,
        "steps": written["steps"],
        "sql": written["sql"],
        "columns": [_column(column, encoders.get(column.name), found) for column in found.columns],
    }


def _column(column: Column, encoder: Mapping[str, Any] | None, found: Findings) -> dict[str, Any]:
    encoder = encoder or {}
    return {
        "name": column.name,
        "kind": column.kind,
        "role": column.role,
        "note": column.note,
        "missing": found.counted.read - column.present,
        "unread": found.unread.get(column.name, 0),
        "read_as": _read_as(column),
        "clip": encoder.get("clip"),
        "fill": encoder.get("fill"),
        "features": len(encoder.get("outputs", [])),
    }


def _read_as(column: Column) -> str:
    if column.kind == "date":
        return " or ".join(column.formats)
    if column.decimal:
        return f"a written number, decimal mark {column.decimal}"
    return " < ".join(column.order[:12]) if column.kind == "ordinal" else ""
