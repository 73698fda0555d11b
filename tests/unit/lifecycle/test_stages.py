"""The stage table: every stage can be reached, and ends."""

from __future__ import annotations

from typing import get_args

from lifecycle.stages import ENDED, MOVES, Stage

STAGES: tuple[Stage, ...] = get_args(Stage.__value__)


def reachable_from(stage: Stage) -> set[Stage]:
    found: set[Stage] = set()
    ahead: list[Stage] = [stage]
    while ahead:
        for following in MOVES[ahead.pop()]:
            if following not in found:
                found.add(following)
                ahead.append(following)
    return found


def test_the_table_knows_every_stage_and_no_other() -> None:
    """Stages in the type and in the table are the same."""
    assert set(MOVES) == set(STAGES)
    assert {after for following in MOVES.values() for after in following} <= set(STAGES)
    assert set(STAGES) >= ENDED


def test_every_stage_can_be_reached_and_can_end() -> None:
    """No run is stuck for ever, and no stage stands in the table in vain."""
    assert reachable_from("started") | {"started"} == set(STAGES)
    for stage in STAGES:
        assert stage in ENDED or reachable_from(stage) & ENDED, stage


def test_only_a_rejected_run_may_come_back() -> None:
    """A person may approve what the judge rejected; all other ends are ends."""
    assert {stage for stage in ENDED if MOVES[stage]} == {"rejected"}
