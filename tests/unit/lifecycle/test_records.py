"""The rows of the record table, and how a run moves."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.adapters.dynamodb_records import KINDS
from lifecycle.errors import IllegalMoveError
from lifecycle.records import HistoryRecord, Record
from lifecycle.stages import ENDED, MOVES, Stage
from tests.builders import input_record, job_record, problem_record, run_record

STAGES: tuple[Stage, ...] = get_args(Stage.__value__)
LATE = "2026-02-03T12:00:00Z"


@given(st.sampled_from(STAGES), st.sampled_from(STAGES))
def test_a_run_moves_along_the_table_and_nowhere_else(before: Stage, after: Stage) -> None:
    """Every pair of stages is either a move or refused."""
    run = run_record(stage=before)
    if after in MOVES[before]:
        moved = run.moved(after, LATE, reason="because")
        assert (moved.stage, moved.stage_at, moved.reason) == (after, LATE, "because")
    else:
        with pytest.raises(IllegalMoveError, match=f"from {before} to {after}"):
            run.moved(after, LATE)


@given(st.lists(st.sampled_from(STAGES), max_size=12))
def test_however_it_moves_a_run_keeps_its_identity(wishes: list[Stage]) -> None:
    """Key, definition and beginning never change, and legal moves never meet an unknown stage."""
    first = run = run_record()
    for wish in wishes:
        if wish in MOVES[run.stage]:
            run = run.moved(wish, LATE)
    assert run.key == first.key
    assert (run.definition, run.started_at) == (first.definition, first.started_at)
    assert run.ended == (run.stage in ENDED)


def test_moving_leaves_the_run_that_was_read_as_it_was() -> None:
    """Rows are frozen; a decision makes new ones."""
    run = run_record()
    run.moved("prepared", LATE)
    assert run.stage == "started"


def test_every_kind_has_a_name_and_keys_do_not_collide() -> None:
    """Rows of different kinds never share a key."""
    assert len(KINDS) == len(Record.__subclasses__())
    rows = [problem_record(), run_record(), input_record(), job_record()]
    assert len({row.key for row in rows}) == len(rows)


def test_only_open_jobs_and_told_histories_are_listed() -> None:
    """What ended, or concerns no problem, does not burden the index."""
    assert job_record().listed is not None
    assert job_record(ended=True).listed is None
    history = HistoryRecord(event_id="e", leg="l", heard="h", reason="r", at=LATE)
    assert history.listed is None
    assert history.model_copy(update={"problem": "churn"}).listed == (
        "history#churn",
        f"{LATE}#l",
    )
