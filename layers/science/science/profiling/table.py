"""The profile of a file on disk, with a target or without one.

The document is that of a run (``science.profile``), and besides ``file``, ``bytes`` and
``seconds``; without a target ``task``, ``target`` and ``quick_model`` are null.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Optional

import numpy as np

from science import keys, load, power, roles
from science import target as targets
from science.database import aggregate, connect
from science.faults import Fault, UnusableData
from science.fitting import TYPED
from science.profiling import document, duplicates, figures, insights, measures
from science.profiling import landed as files
from science.profiling.sample import draw
from science.recipe.duckdb_engine import DuckDBEngine
from science.sql_values import name

if TYPE_CHECKING:
    from pathlib import Path

    from science.profiling.landed import Landed
    from science.profiling.sample import Sample

MEMORY_LIMIT = "1400MB"
SAMPLED = 50_000
MOST_SPELLINGS = 10_000


def profile_file(
    path: Path,
    *,
    target: Optional[str] = None,
    file_name: Optional[str] = None,
    memory_limit: str = MEMORY_LIMIT,
) -> dict[str, Any]:
    """Measure a table on disk.

    Args:
        path: the file; every format that training reads.
        target: the column to predict, if there is one.
        file_name: the name that tells the format; by default the path's own.
        memory_limit: as DuckDB writes it; what does not fit is spilled to disk.

    Raises:
        UnreadableFile: it is no table that can be read.
        UnusableData: there is no such target.
    """
    started = time.perf_counter()
    with connect(memory_limit) as connection:
        landed = files.read(connection, path, file_name or path.name)
        aim, faults = _aim(connection, landed, target)
        told = _measured(connection, landed, aim)
    told["file"], told["bytes"] = file_name or path.name, path.stat().st_size
    told["insights"] = insights.judge(told, faults)
    told["warnings"] = insights.sentences(told["insights"])
    told["seconds"] = round(time.perf_counter() - started, 3)
    return told


def _aim(
    connection: Any, landed: Landed, wanted: Optional[str]
) -> tuple[Optional[targets.Target], list[Fault]]:
    """The target; or what is wrong with it, which is a finding like any other."""
    if wanted is None:
        return None, []
    names = [column.name for column in landed.columns]
    found = roles.find(names, {"target": wanted}).target
    column = next(each for each in landed.columns if each.name == found)
    spelled = f"(SELECT {landed.texts[found]} AS {name(found)} FROM cells)"
    try:
        counted = load.frequent(DuckDBEngine(connection), spelled, found, _most(landed))
        if not counted:
            fault = Fault("every row lacks the target", found, "bring rows that have it")
            return None, [fault]
        return targets.decide(column, counted, {}), []
    except UnusableData as error:
        return None, error.faults


def _most(landed: Landed) -> int:
    """A table read by types may have millions of spellings; the frequent ones tell the task."""
    return MOST_SPELLINGS if landed.by_types else load.EXACT_UP_TO


def _measured(connection: Any, landed: Landed, aim: Optional[targets.Target]) -> dict[str, Any]:
    label = "NULL::DOUBLE"
    if aim is not None:
        label = keys.label_of(aim, landed.texts[aim.column.name])
        aim.column.role = "target"
    files.type_cells(connection, landed, label)
    if landed.by_types:
        files.count_cells(connection, landed)
    sample = draw(
        connection, "typed", landed.columns, landed.rows, SAMPLED, labelled=aim is not None
    )
    measured = figures.of_columns(connection, "typed", landed.columns, landed.rows, sample)
    invalid = _invalid(connection, landed)
    told = [
        document.column(each, landed.rows, invalid.get(each.name, 0), measured[each.name])
        for each in landed.columns
    ]
    names = [column.name for column in landed.columns]
    alone = _power(sample, aim)
    for column in told:
        column["power"] = alone.get(column["name"])
    return {
        "version": document.VERSION,
        "problem": "",
        "rows": landed.rows,
        "read": "types" if landed.by_types else "texts",
        "task": aim.task if aim else None,
        "target": document.target(aim, sample.labels, sample.rows) if aim else None,
        "duplicates": duplicates.measure(connection, "cells", names, landed.rows),
        "columns": told,
        **measures.of_sample(sample, aim, alone),
    }


def _power(sample: Sample, aim: Optional[targets.Target]) -> dict[str, dict[str, Any]]:
    """What each column alone tells of the target, over the sampled rows that have one."""
    if aim is None or sample.labels is None or not np.isfinite(sample.labels).any():
        return {}
    features = [column for column in sample.columns if column.role == "feature"]
    return power.measure(features, *sample.of(features).labelled(), aim.task)


def _invalid(connection: Any, landed: Landed) -> dict[str, int]:
    """Cells that are there and could not be read as their column's kind."""
    doubtful = [each for each in landed.columns if each.kind in TYPED and not each.sure]
    counts = aggregate(
        connection, "typed", [[f"count({name(column.name)})"] for column in doubtful]
    )
    return {
        column.name: max(0, column.present - int(read))
        for column, (read,) in zip(doubtful, counts)
        if column.present > read
    }
