"""Each alert was sent at least once, and no more than once a cause."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from faults.judge.finding import Finding
from faults.judge.stage_table import ALERTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faults.judge.evidence import Evidence


def judge_alerts(evidence: Evidence, *, may_repeat: bool) -> Iterator[Finding]:
    """Every finding about what people were told.

    SNS may bring a message twice under one id; a second message of its own about the same event
    means that the function published twice. Between sending and noting that it was sent no process
    can be killed without one of the two being wrong, and then a repeat, which carries the same
    event's id, is the lesser evil: ``may_repeat`` says that this happened.
    """
    due = {said.id: said for said in evidence.said if said.name in ALERTED}
    answered = {row["event_id"] for row in evidence.history if row["leg"] == "send_alert"}
    for event_id in sorted(due.keys() - answered):
        yield Finding("no_alert", "no alert was sent of it", due[event_id].where)
    if evidence.alerts is None:
        return
    sent: dict[str, set[str]] = defaultdict(set)
    for alert in evidence.alerts:
        sent[alert.cause].add(alert.message_id)
        said = due.get(alert.cause)
        if said is None or said.name != alert.event:
            what = f"people heard of a {alert.event} that nobody said"
            yield Finding("false_alert", what, f"alert {alert.cause}")
    for event_id, said in sorted(due.items()):
        times = len(sent[event_id])
        if not times and event_id in answered:
            yield Finding("no_alert", "noted as sent, and nobody got it", said.where)
        if times > 1 and not may_repeat:
            yield Finding("alerted_twice", f"{times} alerts were sent of it", said.where)
