"""From ingested files to all that training, judging and serving need; every rule is in its module.

Preparing has two halves with a seam between them (``science.cleaned``):

1. ``clean``: load the files, tell each column's kind, clean and split. It leaves the relations
   ``typed`` (rows that know their part) and ``held`` (held-out rows as they landed), and a
   ``Cleaned`` that says all that was found out.
2. ``finish``: fit the features, encode, and write every file and document.

``prepare`` runs both in one database. Where the first half ran elsewhere, in Spark, and left its
rows in a folder, ``prepare_cleaned`` runs the second over that folder. Either way these are
written under ``out``:

- ``prepared/train/train.parquet`` and ``prepared/validation/validation.parquet``: label first, then
  the features in ``features.json``'s order, float32
- ``prepared/problem.json``: the resolved definition, and what the data made of it: ``task``,
  ``classes`` (label texts by number; a binary task's positive class is number 1), ``inputs`` (raw
  columns in the order they were first seen, without the target), ``images`` (those of them that
  hold pictures), ``target``, ``target_position`` (where the target stood among them),
  ``target_decimal``, ``label`` (its kind), ``feature_store`` (what of the rows is kept there, under
  which names; null if nothing is), ``own`` (the definition's own steps, fitted: see
  ``science.served_steps``)
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

from science import (
    cleaned,
    cleaning,
    encode,
    load,
    own_steps,
    power,
    profile,
    reports,
    split,
    target,
)
from science.clean_rows import clean_rows
from science.database import connect
from science.embeddings import features as embeddings
from science.faults import Fault, UnusableData
from science.feature_rows import keep_rows
from science.findings import Findings
from science.fitting import fit
from science.flow import writing as flows
from science.images import features as pictures
from science.monitor_files import baseline_files
from science.point_in_time import is_joined
from science.recipe import written
from science.recipe.documents import parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from science.cleaned import Cleaned
    from science.kinds import Column

__all__ = ["Fault", "Prepared", "UnusableData", "clean", "finish", "prepare", "prepare_cleaned"]


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
        return finish(connection, clean(connection, inputs, problem), problem, out, inputs)


def prepare_cleaned(folder: Path, problem: dict[str, Any], out: Path) -> Prepared:
    """Encode rows that were cleaned elsewhere.

    Args:
        folder: as ``science.cleaned`` describes it.
        problem: the resolved definition, plain JSON.
        out: an existing folder.
    """
    with connect() as connection:
        return finish(connection, cleaned.read(connection, folder), problem, out)


def clean(connection: Any, inputs: Sequence[Path], problem: dict[str, Any]) -> Cleaned:
    """The first half: landed files as the relations ``typed`` and ``held``.

    Raises:
        UnusableData: no model can learn from these rows; every fault found is told.
    """
    return clean_rows(load.load(connection, inputs), problem)


def finish(
    connection: Any,
    first: Cleaned,
    problem: dict[str, Any],
    out: Path,
    inputs: Sequence[Path] | None = None,
) -> Prepared:
    """The second half: features, matrices, documents and reports from ``typed`` and ``held``.

    Args:
        connection: a database with the two relations.
        first: what the first half found out.
        problem: the resolved definition, plain JSON.
        out: an existing folder.
        inputs: the landed files, where the first half ran on this very connection.
    """
    kept = first.kept
    documents = out / "prepared"
    settings = {**(problem.get("prepare") or {}), "folder": documents}
    features = fit(connection, encode.part_of(split.TRAIN), kept, settings)
    applied = embeddings.located(features, documents)
    training = pictures.stand_in(kept, _write_parts(connection, kept, applied, out))
    findings = Findings(
        problem, first.columns, first.roles, first.aim, first.counted, first.unread, features
    )
    findings.landed, findings.own = first.landed, first.own
    if (problem.get("features") or {}).get("store", True):
        findings.stored = keep_rows(
            connection, first, inputs, out / "rows" / "rows.parquet", is_joined(problem)
        )
    findings.power = power.measure(kept, training, training["_label_"], first.aim.task)
    findings.warnings = [
        *(*first.roles.warnings, *first.aim.warnings, *first.counted.warnings),
        *power.warnings(findings.power),
    ]
    _write_documents(connection, findings, kept, training, out)
    return Prepared(_summary(findings))


def _write_documents(
    connection: Any,
    found: Findings,
    kept: Sequence[Column],
    training: Mapping[str, Any],
    out: Path,
) -> None:
    """Write every document that says what the data is, and the reports for people."""
    recipe = written.document(cleaning.steps(found), cleaning.schema_of(found))
    drift = (found.problem.get("monitor") or {}).get("drift", 0.2)
    cells = {column.name: training[column.name] for column in kept}
    documents = {
        **baseline_files(cells, [column.document() for column in kept], drift),
        "features.json": found.features,
        "problem.json": describe(found),
        "recipe.json": recipe,
        "summary.json": _summary(found),
    }
    for name, content in documents.items():
        write_json(out / "prepared" / name, content)
    flow = flows.write(parse(recipe), f"s3://landing/{found.problem.get('name', '')}/data/")
    (out / "prepared" / "recipe.flow").write_text(flow.text, encoding="utf-8")
    made = {
        "profile": profile.describe(found, connection),
        "cleaning": {**cleaning.report(found, recipe), "flow_left_out": flow.left_out},
    }
    for name, content in made.items():
        write_json(out / "reports" / f"{name}.json", content)
        page = reports.render(name, content)
        (out / "reports" / f"{name}.html").write_text(page, encoding="utf-8")


def _write_parts(
    connection: Any,
    columns: Sequence[Column],
    features: Mapping[str, Any],
    out: Path,
) -> dict[str, Any]:
    """Write all that is made of rows; returns the training rows' cells and labels."""
    parts = {}
    for part in (split.TRAIN, split.VALIDATION):
        parts[part] = encode.fetch(connection, columns, part)
        path = out / "prepared" / part / f"{part}.parquet"
        encode.write_part(connection, features, parts[part], path)
    encode.write_holdout(connection, out / "holdout" / "holdout.parquet")
    return parts[split.TRAIN]


def describe(found: Findings) -> dict[str, Any]:
    """``problem.json``."""
    aim = found.aim
    names = found.landed or [column.name for column in found.columns]
    inputs = [name for name in names if name != aim.column.name]
    return {
        **found.problem,
        "target": aim.column.name,
        "task": aim.task,
        "classes": aim.classes,
        "positive": aim.classes[1] if aim.task == target.BINARY else None,
        "inputs": inputs,
        "images": [each.name for each in found.columns if each.kind == "image"],
        "input_columns": inputs,
        "target_position": names.index(aim.column.name),
        "target_decimal": aim.column.decimal,
        "label": {"kind": aim.column.kind, "counts": aim.counts},
        "feature_store": found.stored,
        "own": own_steps.document(found.own, inputs),
    }


def _summary(found: Findings) -> dict[str, Any]:
    counted = found.counted
    return {
        "task": found.aim.task,
        "rows_read": counted.read,
        "rows": counted.train + counted.validation + counted.holdout,
        "rows_without_target": counted.without_target,
        "duplicates": counted.duplicates,
        "rows_left_out": counted.dropped,
        "train_rows": counted.train,
        "validation_rows": counted.validation,
        "holdout_rows": counted.holdout,
        "columns": len(found.columns),
        "features": len(found.features["features"]),
        "classes": len(found.aim.classes),
        "warnings": found.warnings,
    }


def write_json(path: Path, content: Any) -> None:
    """Write a document as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    path.write_text(text, encoding="utf-8")
