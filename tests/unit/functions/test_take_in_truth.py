"""When a fall in quality is told, and when it may be chance."""

from __future__ import annotations

import pytest

from lifecycle.events import GroundTruthTaken, QualityDropped
from lifecycle.records import WatchRecord
from take_in_truth import decide, dropped
from tests.builders import PROBLEM, RUN, cause_of, object_created, prepared_run

WATCH = WatchRecord(problem=PROBLEM, run=RUN)


def measured(value, rows=500, error=0.01, *, rising=True):
    return {
        "metric": "roc_auc" if rising else "rmse",
        "value": value,
        "greater_is_better": rising,
        "rows": rows,
        "error": error,
    }


@pytest.mark.parametrize(
    ("found", "fell"),
    [
        (measured(0.84), True),
        (measured(0.86), False),
        (measured(0.84, rows=49), False),
        (measured(0.84, error=0.05), False),
        (measured(None), False),
        (measured(0.95, rising=False), True),
        (measured(0.92, rising=False), False),
    ],
)
def test_a_fall_counts_when_it_is_wide_and_no_chance(found, fell):
    """Against a hold-out value of 0.9 and `monitor.quality_drop` of 0.05."""
    assert dropped(prepared_run(score=0.9), found) is fell


def told(watch, value):
    cause = cause_of(object_created("churn/truth/january.csv"))
    return decide(
        cause,
        prepared_run(score=0.9),
        watch,
        taken=500,
        uri="s3://lake/truth.jsonl",
        measured=measured(value),
    )


def test_a_drop_is_told_once_a_model():
    """The watch remembers that it was told."""
    first = told(WATCH, 0.7)

    assert [type(event) for event in first.events] == [GroundTruthTaken, QualityDropped]
    (watch,) = first.records
    again = told(watch, 0.7)
    assert [type(event) for event in again.events] == [GroundTruthTaken]
    assert again.records == ()
