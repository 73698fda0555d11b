"""The profile report of a run: every column as it landed, the training rows measured, the target.

The document::

    {"version", "problem", "rows", "task",
     "target": {"name", "kind", "classes": [{"label", "rows", "share"}] | null, "imbalance",
                "numbers" | null, "histogram" | null, "outliers" | null} | null,
     "insights": [as ``science.profiling.insights`` has them, gravest first],
     "warnings": [sentence],
     "columns": [
      {"name", "kind", "role", "note", "rows", "present", "missing", "missing_share", "invalid",
       "distinct", "example", "power": {"figure", "value", "leaks"} | null,
       "numbers": {"min", "max", "mean", "deviation", "quantiles": {"0.25": …}, "zeros", "negative",
                   "whole", "skewness", "kurtosis"} | null,
       "histogram": {"edges", "counts"} | null, "outliers": {"rows", "low", "high"} | null,
       "hidden_missing": {"value", "share"} | null, "top": [{"value", "rows", "share"}],
       "lengths": {"min", "mean", "max"} | null, "shapes": [{"shape", "share"}],
       "variants": [[text, …]]}],
     "duplicates", "anomalies", "correlations", "quick_model": as their modules in
     ``science.profiling`` have them, "sampling": [what was not measured over all rows, sentences]}

``rows``, ``present``, ``missing`` and ``distinct`` are of all rows that landed; the rest is of the
training rows, so that nothing here knows the held-out ones. A file that belongs to no run is
profiled by ``science.profiling.table``, which gives the same document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from science import encode, split
from science.images.profiled import as_numbers
from science.profiling import document, figures, insights, measures
from science.profiling.sample import draw

if TYPE_CHECKING:
    from science.findings import Findings

SAMPLED = 20_000


def describe(found: Findings, connection: Any) -> dict[str, Any]:
    """The document.

    Args:
        found: what preparing found out.
        connection: the database, with the relation ``typed``.
    """
    kept = [column for column in found.columns if column.role == "feature"]
    relation, kept = as_numbers(connection, encode.part_of(split.TRAIN), kept)
    rows = found.counted.train
    sample = draw(connection, relation, kept, rows, SAMPLED, labelled=True)
    measured = figures.of_columns(connection, relation, kept, rows, sample)
    told = [
        document.column(
            column,
            found.counted.read,
            found.unread.get(column.name, 0),
            measured.get(column.name),
        )
        for column in found.columns
    ]
    for column in told:
        column["power"] = found.power.get(column["name"])
    made = {
        "version": document.VERSION,
        "problem": found.problem.get("name", ""),
        "rows": found.counted.read,
        "task": found.aim.task,
        "target": document.target(found.aim, sample.labels, sample.rows),
        "warnings": found.warnings,
        "columns": told,
        "duplicates": _duplicates(found),
        **measures.of_sample(sample, found.aim, found.power, _metric(found)),
    }
    made["insights"] = insights.judge(made)
    return made


def _metric(found: Findings) -> str | None:
    return (found.problem.get("metric") or {}).get("name")


def _duplicates(found: Findings) -> dict[str, Any]:
    """As counted when they were left out; which rows they were is not kept."""
    rows = found.counted.read - found.counted.without_target
    extra = found.counted.duplicates
    return {"rows": extra, "share": extra / rows if rows else 0.0, "most": []}
