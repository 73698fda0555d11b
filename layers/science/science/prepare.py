"""From ingested files to all that training, judging and serving need; every rule is in its module.

``prepare`` writes under ``out``:

- ``prepared/train/train.parquet`` and ``prepared/validation/validation.parquet``: label first, then
  the features in ``features.json``'s order, float32
- ``prepared/problem.json``: the resolved definition, and what the data made of it: ``task``,
  ``classes`` (label texts by number; a binary task's positive class is number 1), ``inputs`` (raw
  columns in the order they were first seen, without the target), ``target``, ``target_position``
  (where the target stood among them), ``target_decimal``, ``label`` (its kind)
- ``prepared/features.json``, ``recipe.json``, ``summary.json``
- ``prepared/baseline.json``, ``statistics.json``, ``constraints.json``: what drift is measured from
- ``holdout/holdout.parquet``: rows that no training saw, as they landed
- ``rows/rows.parquet``: all cleaned rows, for the feature store
- ``reports/profile.json``, ``cleaning.json`` and their pages
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from science import encode, keys, load, roles, split, target
from science.database import connect
from science.faults import Fault, UnusableData
from science.feature_rows import write_rows
from science.fitting import fit
from science.monitor_files import baseline_files

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from science.kinds import Column

__all__ = ["Fault", "Prepared", "UnusableData", "prepare"]


@dataclass(frozen=True)
class Prepared:
    """What came of it.

    Attributes:
        summary: counts (``rows`` kept, ``train_rows``, ``validation_rows``, ``holdout_rows``,
            raw ``columns``, ``features``, ``classes``), ``task`` and ``warnings``.
    """

    summary: dict[str, Any]


def prepare(inputs: Sequence[Path], problem: dict[str, Any], out: Path) -> Prepared:
    """Clean, split and encode.

    Args:
        inputs: Parquet files as ``science.tables.ingest`` writes them.
        problem: the resolved definition, plain JSON.
        out: an existing folder.

    Raises:
        UnusableData: no model can learn from these rows; every fault found is told.
    """
    with connect() as connection:
        return _prepare(connection, inputs, problem, out)


def _prepare(
    connection: Any, inputs: Sequence[Path], problem: dict[str, Any], out: Path
) -> Prepared:
    names = load.load(connection, inputs)
    found = roles.find(names, problem)
    rows = connection.execute("SELECT count(*) FROM cells").fetchone()[0]
    columns = load.survey(connection, "cells", names, rows)
    kept = roles.assign(columns, found, problem)
    aim = _aim(connection, columns, found, problem)
    counted = keys.make(connection, columns, found, aim, problem)
    encode.type_rows(connection, kept)
    document = fit(connection, encode.part_of(split.TRAIN), kept, problem.get("prepare") or {})
    prepared = out / "prepared"
    for part in (split.TRAIN, split.VALIDATION):
        fetched = encode.fetch(connection, kept, part)
        encode.write_part(connection, document, fetched, prepared / part / f"{part}.parquet")
        if part == split.TRAIN:
            training = fetched
    encode.write_holdout(connection, out / "holdout" / "holdout.parquet", split.HOLDOUT)
    if (problem.get("features") or {}).get("store", True):
        write_rows(connection, out / "rows" / "rows.parquet")
    schema = [column.document() for column in kept]
    summary = _summary(
        counted, aim, names, document, [*found.warnings, *aim.warnings, *counted.warnings]
    )
    files = baseline_files(training, schema, (problem.get("monitor") or {}).get("drift", 0.2))
    files["features.json"] = document
    files["problem.json"] = describe(problem, aim, names)
    files["summary.json"] = summary
    for name, content in files.items():
        write_json(prepared / name, content)
    return Prepared(summary)


def _aim(
    connection: Any, columns: Sequence[Column], found: roles.Roles, problem: dict[str, Any]
) -> target.Target:
    column = next(column for column in columns if column.name == found.target)
    spellings = load.frequent(connection, "cells", column.name, load.EXACT_UP_TO)
    if not spellings:
        fault = Fault("every row lacks the target", column.name, "bring rows that have it")
        raise UnusableData([fault])
    return target.decide(column, spellings, problem)


def describe(
    problem: Mapping[str, Any], aim: target.Target, names: Sequence[str]
) -> dict[str, Any]:
    """``problem.json``."""
    inputs = [name for name in names if name != aim.column.name]
    return {
        **problem,
        "target": aim.column.name,
        "task": aim.task,
        "classes": aim.classes,
        "positive": aim.classes[1] if aim.task == target.BINARY else None,
        "inputs": inputs,
        "input_columns": inputs,
        "target_position": list(names).index(aim.column.name),
        "target_decimal": aim.column.decimal,
        "label": {"kind": aim.column.kind, "counts": aim.counts},
    }


def _summary(
    counted: keys.Counted,
    aim: target.Target,
    names: Sequence[str],
    document: Mapping[str, Any],
    warnings: list[str],
) -> dict[str, Any]:
    return {
        "task": aim.task,
        "rows_read": counted.read,
        "rows": counted.kept,
        "rows_without_target": counted.without_target,
        "duplicates": counted.duplicates,
        "train_rows": counted.train,
        "validation_rows": counted.validation,
        "holdout_rows": counted.holdout,
        "columns": len(names),
        "features": len(document["features"]),
        "classes": len(aim.classes),
        "warnings": warnings,
    }


def write_json(path: Path, content: Any) -> None:
    """Write a document as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    path.write_text(text, encoding="utf-8")
