# ruff: noqa: SLF001 -- this package exists to reach inside ministack
"""Metrics and alarms: what functions log, how deep queues are, and who is told."""

from __future__ import annotations

import functools
import json
import time
from datetime import UTC, datetime
from typing import Any

from local.alarms import judge
from local.embedded_metrics import read_metrics
from local.ministack_hooks.events import put_aws_events
from local.ministack_hooks.inside import Json, module


def hook_embedded_metrics() -> None:
    """Turn the embedded metric format in functions' logs into metrics, as CloudWatch Logs does."""
    service = module("services.lambda_svc")
    original = service._emit_lambda_logs

    @functools.wraps(original)
    def emit(function: Json, request: str, text: str, *arguments: Any, **options: Any) -> None:
        original(function, request, text, *arguments, **options)
        store = module("services.cloudwatch")._store_datum
        for found in read_metrics(text, now=time.time()):
            place = (found.namespace, found.name, found.dimensions)
            store(*place, found.timestamp, found.unit, None, found.values, None, None)

    service._emit_lambda_logs = emit


def hook_alarms(region: str) -> None:
    """Judge alarms by the metric of their own dimensions, and tell the bus of each change.

    ministack judges an alarm by every metric of that name, and only when one is put: the depth of
    one dead-letter queue would raise the alarms of all.
    """
    metrics = module("services.cloudwatch")

    def evaluate(alarm: Json) -> None:
        if not alarm.get("MetricName"):
            return  # metric maths is not there
        dimensions = metrics._dims_key(metrics._dims_from_list(alarm.get("Dimensions") or []))
        points = metrics._metrics.get((alarm["Namespace"], alarm["MetricName"], dimensions)) or []
        verdict, before = judge(alarm, list(points), time.time()), alarm["StateValue"]
        if verdict.state == before:
            return
        alarm["StateValue"], alarm["StateReason"] = verdict.state, verdict.reason
        alarm["StateUpdatedTimestamp"] = int(time.time())
        metrics._record_history(alarm["AlarmName"], before, verdict.state, verdict.reason)
        metrics._dispatch_alarm_actions(alarm, before, verdict.state, verdict.reason)
        metrics._evaluate_parent_alarms(alarm)
        put_aws_events([alarm_event(alarm, before)], region)

    metrics._evaluate_alarm = evaluate


def alarm_event(alarm: Json, before: str) -> Json:
    """Make the event that CloudWatch sends when an alarm changes (CloudWatch, "Alarm events")."""
    metric = {
        "namespace": alarm["Namespace"],
        "name": alarm["MetricName"],
        "dimensions": {each["Name"]: each["Value"] for each in alarm.get("Dimensions") or []},
    }
    statistic = {"metric": metric, "period": alarm["Period"], "stat": alarm.get("Statistic")}
    detail = {
        "alarmName": alarm["AlarmName"],
        "state": {
            "value": alarm["StateValue"],
            "reason": alarm["StateReason"],
            "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        },
        "previousState": {"value": before},
        "configuration": {"metrics": [{"id": "m1", "metricStat": statistic, "returnData": True}]},
    }
    return {
        "Source": "aws.cloudwatch",
        "DetailType": "CloudWatch Alarm State Change",
        "Detail": json.dumps(detail),
        "Resources": [alarm["AlarmArn"]],
    }


class MetricWatch:
    """Publishes the depth of queues, as SQS does, and judges every alarm anew."""

    def __init__(self, region: str) -> None:
        """Watch the queues and alarms of a Region."""
        self._region = region
        self._deep: set[str] = set()

    def look(self) -> None:
        """Look once; an empty queue is published once, when it has just become so."""
        metrics, queues = module("services.cloudwatch"), module("services.sqs")
        responses = module("core.responses")
        with responses.request_scope(responses.get_account_id(), self._region):
            for queue in list(queues._queues.values()):
                queues._refresh_counts(queue)
                name = queue["attributes"]["QueueArn"].rpartition(":")[2]
                depth = int(queue["attributes"]["ApproximateNumberOfMessages"])
                if depth or name in self._deep:
                    place = ("AWS/SQS", "ApproximateNumberOfMessagesVisible", depth, "Count")
                    metrics.record_metric(*place, {"QueueName": name})
                (self._deep.add if depth else self._deep.discard)(name)
            metrics._evaluate_all_alarms()
