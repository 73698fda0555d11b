"""What really happened became known: hold the model's answers against it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lifecycle.decision import Decision
from lifecycle.events import DataRejected, Fault, GroundTruthTaken, QualityDropped

if TYPE_CHECKING:
    from lifecycle.aws_events import ObjectCreated
    from lifecycle.cause import Cause
    from lifecycle.records import RunRecord, WatchRecord

LEAST_ROWS = 50
"""Fewer joined rows say nothing about a metric's fall."""

CHANCE = 2.33
"""A fall must be wider than so many standard errors: chance alone reaches it once in a hundred."""


def decide_nobody(problem: str, uri: str) -> Decision:
    """There is no model to hold the truth against; it is kept all the same."""
    reason = f"The truth is kept at {uri}; no model has answered yet."
    return Decision(reason, problem=problem)


def decide_unreadable(problem: str, key: str, faults: tuple[Fault, ...], aside: str) -> Decision:
    """The file is no truth: it lies unchanged in quarantine, with its reason beside it."""
    said = DataRejected(problem=problem, source=key, faults=faults, quarantine_uri=aside)
    return Decision(f"{key} was set aside: {faults[0].message}", problem=problem, events=(said,))


def dropped(run: RunRecord, measured: dict[str, Any]) -> bool:
    """Whether quality fell by more than ``monitor.quality_drop``.

    The drop is absolute for scores between 0 and 1, and a share of the hold-out's value for errors
    in the target's own units. In either case it must be more than chance makes of so few rows.

    Args:
        run: the run that serves, with its score on the hold-out.
        measured: ``metric``, ``value``, ``greater_is_better``, ``error`` (its standard error) and
            ``rows`` of the joined traffic.
    """
    value, baseline = measured["value"], run.score
    if value is None or baseline is None or measured["rows"] < LEAST_ROWS:
        return False
    allowed = run.definition["monitor"]["quality_drop"]
    rising = measured["greater_is_better"]
    fall = baseline - value if rising else value - baseline
    limit = allowed if rising else allowed * abs(baseline)
    return bool(fall > max(limit, CHANCE * (measured.get("error") or 0.0)))


def decide(
    _cause: Cause[ObjectCreated],
    run: RunRecord,
    watch: WatchRecord,
    *,
    taken: int,
    uri: str,
    measured: dict[str, Any],
) -> Decision:
    """Note the truth; announce a drop in quality once a model.

    Args:
        _cause: the landed truth.
        run: the run that serves.
        watch: what was announced of it before.
        taken: rows of truth in this file.
        uri: where they are kept.
        measured: the metric over all traffic whose truth is known.
    """
    events: list[Any] = [GroundTruthTaken(problem=run.problem, run=run.run, rows=taken, uri=uri)]
    fell = dropped(run, measured)
    records: tuple[WatchRecord, ...] = ()
    if fell and not watch.quality_announced:
        records = (watch.model_copy(update={"quality_announced": True}),)
        events.append(
            QualityDropped(
                problem=run.problem,
                run=run.run,
                metric=measured["metric"],
                baseline=run.score or 0.0,
                current=measured["value"],
                rows=measured["rows"],
            )
        )
    value = "unknown" if measured["value"] is None else f"{measured['value']:.4f}"
    finding = "worse than it was" if fell else "no drop"
    return Decision(
        f"{taken} truths taken; {measured['metric']} on {measured['rows']} answered rows is "
        f"{value}: {finding}.",
        problem=run.problem,
        run=run.run,
        records=records,
        events=tuple(events),
    )
