"""All rules over one life."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faults.judge.alert_rules import judge_alerts
from faults.judge.evidence import gather
from faults.judge.history_rules import judge_history
from faults.judge.job_rules import judge_jobs
from faults.judge.likeness import judge_likeness, picture
from faults.judge.row_rules import judge_rows
from faults.judge.truth_rules import judge_truth

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from faults.judge.evidence import Clients, Evidence
    from faults.judge.finding import Finding


def judge(
    clients: Clients,
    outputs: Mapping[str, str],
    problem: str,
    alerts: Iterable[Mapping[str, Any]] | None = None,
    reference: Mapping[str, Any] | None = None,
    *,
    heard: Iterable[Mapping[str, Any]] | None = None,
    alerts_may_repeat: bool = False,
) -> list[Finding]:
    """Everything that is not as it should be at the end of a problem's life; nothing if all is.

    Args:
        clients: gives boto3 clients: a ``boto3.Session``, or anything with its ``client``.
        outputs: the stack's outputs: ``LandingBucket``, ``LakeBucket``, ``RecordTable``.
        problem: its name.
        alerts: parsed bodies of the messages of a queue that is subscribed to the alert topic,
            repeats included; None if nobody listened.
        reference: ``picture`` of a life of the same data that nothing disturbed.
        heard: envelopes of all events heard on the stack's bus; None if nobody listened.
        alerts_may_repeat: a function was killed between sending an alert and noting it, or its
            request to SNS failed after it had taken effect.
    """
    evidence = gather(clients, outputs, problem, alerts=alerts, heard=heard)
    return verdict(evidence, reference, alerts_may_repeat=alerts_may_repeat)


def verdict(
    evidence: Evidence,
    reference: Mapping[str, Any] | None = None,
    *,
    alerts_may_repeat: bool = False,
) -> list[Finding]:
    """Likewise, over evidence that was gathered before."""
    found = [
        *judge_history(evidence),
        *judge_jobs(evidence),
        *judge_rows(evidence),
        *judge_truth(evidence),
        *judge_alerts(evidence, may_repeat=alerts_may_repeat),
    ]
    if reference is not None:
        found += judge_likeness(picture(evidence), dict(reference))
    return sorted(set(found))
