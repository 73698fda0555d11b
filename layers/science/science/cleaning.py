"""What was done to the rows and why: the recipe with its counts, and the report on it.

The report's document::

    {"problem", "rows_read", "rows_kept", "train_rows", "validation_rows", "holdout_rows",
     "without_target", "duplicates", "dropped": {"missing", "outliers"}, "features", "warnings",
     "steps": [as in recipe.json], "digest", "sql",
     "columns": [{"name", "kind", "role", "note", "missing", "unread", "read_as", "clip", "fill",
                  "features"}]}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from science import rare
from science.recipe.planning import plan
from science.recipe.plans import after, visible
from science.recipe.steps import (
    Cast,
    DecodeImage,
    DropDuplicates,
    DropMissing,
    DropUnlabelled,
    Impute,
    LeaveOut,
    Normalise,
    Outliers,
    ParseTypes,
    RareCategories,
    Split,
    Standardise,
    UnifyMissing,
)
from science.recipe.written import Done
from science.split import HOLDOUT_SHARE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from science.findings import Findings
    from science.keys import Counted
    from science.kinds import Column
    from science.recipe.steps import Step


def steps(found: Findings) -> list[Done]:
    """The recipe that ``prepare`` carried out, with its counts."""
    counted = found.counted
    settings = found.problem.get("prepare") or {}
    names = [column.name for column in found.columns]
    labelled = counted.read - counted.without_target
    made = _first(found)
    unlabelled = DropUnlabelled(
        target=found.roles.target, why="A row without a target teaches nothing."
    )
    made.append(Done(unlabelled, (counted.read, labelled)))
    if settings.get("duplicates", "drop") == "drop":
        why = "A row that occurs twice would count twice, and could lie in two parts."
        copies = DropDuplicates(columns=tuple(names), why=why)
        made.append(Done(copies, (labelled, counted.kept)))
    if not found.own:
        made.append(Done(_split(found, names)))
    made += _of_columns(found.columns, found.unread)
    return made + _of_features(found.features, settings, counted)


def schema_of(found: Findings) -> dict[str, str]:
    """The columns that the recipe starts from: the rows' numbers, and texts."""
    landed = found.landed or [column.name for column in found.columns]
    return {"_row_": "whole", **dict.fromkeys(landed, "text")}


def _first(found: Findings) -> list[Done]:
    """Trimming; and the definition's own steps between two of it, their parts told beforehand."""
    schema = schema_of(found)
    landed = tuple(each for each in schema if each != "_row_")
    why = "Blanks around cells go; NA, N/A, null, ?, - and their like all mean missing."
    steps: list[Step] = [UnifyMissing(columns=landed, why=why)]
    if found.own:
        steps += [_split(found, list(landed)), *found.own]
        for step in steps:
            schema = after(plan(step, schema), schema)
        others = tuple(each for each in visible(schema) if schema[each] != "text")
        if others:
            why = "What each column holds is told from its texts."
            steps.append(Cast(columns=others, to="text", why=why))
        why = "A step may leave blanks, or cells that mean missing."
        steps.append(UnifyMissing(columns=tuple(visible(schema)), why=why))
    return [Done(step) for step in steps]


def _split(found: Findings, names: Sequence[str]) -> Split:
    roles, cuts = found.roles, found.counted.cuts
    clock = next((column for column in found.columns if column.name == roles.time), None)
    timed = clock is not None and bool(cuts)
    why = "A row's part follows from its own content, so it stays there when rows are added."
    if timed:
        why = "The newest rows are held out: a model meets the future."
    return Split(
        holdout=(found.problem.get("evaluate") or {}).get("holdout", HOLDOUT_SHARE),
        identifier=roles.identifier,
        key=tuple(each for each in names if each != roles.target),
        time=clock.name if clock and timed else None,
        formats=tuple(clock.formats) if clock and timed else (),
        fitted=dict(cuts) if timed else {},
        why=why,
    )


def _of_columns(columns: Sequence[Column], unread: Mapping[str, int]) -> list[Done]:
    made = []
    out = [column for column in columns if column.role not in {"feature", "target"}]
    if out:
        why = "; ".join(f"{column.name}: {column.note or column.role}" for column in out)
        made.append(Done(LeaveOut(columns=tuple(c.name for c in out), why=f"{why}.")))
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
        made.append(Done(ParseTypes(columns=read, why=why), cells=sum(unread.values())))
    return made


def _of_features(
    features: Mapping[str, Any], settings: Mapping[str, Any], counted: Counted
) -> list[Done]:
    numeric = [each for each in features["columns"] if each["kind"] == "number"]
    every = tuple(dict.fromkeys(each["column"] for each in features["columns"]))
    made = []
    dropped = counted.dropped
    if settings.get("missing") == "drop":
        rows = (counted.kept, counted.kept - dropped["missing"])
        made.append(Done(DropMissing(columns=every, why="Asked for by prepare.missing."), rows))
    if settings.get("outliers") == "drop":
        before = counted.kept - dropped["missing"]
        rows = (before, before - dropped["outliers"])
        why = "Asked for by prepare.outliers: values three interquartile ranges off the quartiles."
        made.append(Done(_outliers(counted.bounds, "drop", why), rows))
    bounds = {each["column"]: each["clip"] for each in numeric if each["clip"]}
    if bounds:
        why = "Values three interquartile ranges off the quartiles, and rarer than 1 in 1000."
        made.append(Done(_outliers(bounds, "clip", why)))
    made += _fills(features, settings.get("missing", "median"))
    scales = {each["column"]: [each["center"], each["scale"]] for each in numeric}
    kind = {"standardize": Standardise, "normalize": Normalise}.get(settings.get("scale", ""))
    if scales and kind:
        why = f"Asked for by prepare.scale: {settings['scale']}, by the training rows."
        fitted = {"columns": scales}
        made.append(Done(kind(columns=tuple(scales), fitted=fitted, why=why)))
    return made + _of_categories_and_pictures(features)


def _fills(features: Mapping[str, Any], method: str) -> list[Done]:
    """How gaps are filled: numbers as asked for, dates by their median, others by the mode."""
    fills: dict[str, dict[str, Any]] = {}
    for each in features["columns"]:
        fill = each.get("fill")
        if fill is None:
            continue
        if each["kind"] == "boolean":
            fill = each["fill_word"]
        elif each["kind"] == "ordinal":
            fill = next(level for level, rank in each["levels"].items() if rank == fill)
        how = {"number": method, "date": "median"}.get(each["kind"], "mode")
        fills.setdefault(how, {})[each["column"]] = fill
    return [
        Done(
            Impute(
                columns=tuple(values),
                method=how,
                fitted={"values": values},
                why=f"Asked for by prepare.missing: {how} of the training rows.",
            )
        )
        for how, values in fills.items()
    ]


def _of_categories_and_pictures(features: Mapping[str, Any]) -> list[Done]:
    """Rare categories become one; pictures are decoded, turned upright and brought to one size."""
    made = []
    kept = {each["column"]: each["kept"] for each in features["columns"] if each.get("other")}
    if kept:
        why = (
            f"Each of at least {rare.MANY_RARE} levels has fewer than {rare.FEWEST_OF_A_LEVEL} "
            "training rows: one by one they tell nothing that lasts."
        )
        step = RareCategories(
            columns=tuple(kept),
            share=0.0,
            count=rare.FEWEST_OF_A_LEVEL,
            into=rare.OTHER,
            fitted={"kept": kept},
            why=why,
        )
        made.append(Done(step))
    for each in features["columns"]:
        if each["kind"] == "image":
            width, height = each["size"]
            why = "Pictures are told apart at one size, upright, in red, green and blue."
            made.append(
                Done(DecodeImage(column=each["column"], width=width, height=height, why=why))
            )
    return made


def _outliers(bounds: Mapping[str, Any], action: str, why: str) -> Outliers:
    return Outliers(
        columns=tuple(bounds),
        method="iqr",
        action=action,
        fitted={"bounds": dict(bounds)},
        why=why,
    )


def report(found: Findings, written: Mapping[str, Any]) -> dict[str, Any]:
    """The report's document, of the findings and ``recipe.json``."""
    counted, features = found.counted, found.features
    encoders = {each["column"]: each for each in features["columns"]}
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
        "steps": [{**each, "columns": list(each.get("columns", ()))} for each in written["steps"]],
        "digest": written["digest"],
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
