"""UpdateEndpoint: traffic moves to a new fleet in steps, and back if an alarm says so.

"Deployment guardrails: use blue/green deployments": the new (green) fleet comes up beside the old
(blue) one, gets all traffic at once, a canary's part first, or linear steps; after each step it
bakes while alarms are watched; the blue fleet is kept for the final bake and then ended.
"""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from local.sagemaker.api.errors import ValidationException
from local.sagemaker.endpoints.endpoint_fleets import Fleet
from local.sagemaker.endpoints.endpoint_instances import StartError
from local.sagemaker.endpoints.endpoint_life import LiveEndpoint, begin_fleet, retire
from local.sagemaker.endpoints.endpoint_state import (
    KIND,
    capture_summary,
    change_status,
    shadow_summaries,
    summaries,
    summary,
    tell_deployment,
)
from local.sagemaker.endpoints.endpoint_traffic import Share

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

ALARM_SECONDS = 1.0
"""How often alarms are looked at while a fleet bakes."""

DEFAULT_EXECUTION_SECONDS = 28_800.0
_log = logging.getLogger(__name__)


class RollbackError(Exception):
    """The new fleet must not serve; the message says why."""


class HaltedError(Exception):
    """The server is ending; the deployment is taken up again at the next start."""


@dataclass
class Deployment:
    """One update of one endpoint under way."""

    platform: Platform
    live: LiveEndpoint
    blue: Fleet
    green: Fleet
    plan: Document
    deadline: float
    alarms: list[str] = field(default_factory=list)
    started: float = 0.0

    def run(self) -> None:
        """Move the traffic, or roll back."""
        try:
            self.shift()
        except HaltedError:
            return
        except (RollbackError, StartError) as error:
            self._roll_back(str(error))
        else:
            self._finish()

    def shift(self) -> None:
        """Move the traffic, step by step; raises `RollbackError`, `StartError`, `HaltedError`."""
        self.check_alarms()
        self.tell("Creating")
        begin_fleet(self.live, self.green)
        routing = _routing(self.plan)
        for part in parts(self.plan, sum(variant.count for variant in self.green.variants)):
            shares = [Share(self.green, part), Share(self.blue, 1.0 - part)]
            self.live.traffic.route([share for share in shares if share.part > 0])
            if part < 1.0:
                self.tell("Baking", part)
                self.bake(routing.get("WaitIntervalInSeconds", 0))
        self.tell("ActivatingTraffic", 1.0)
        policy = self.plan.get("BlueGreenUpdatePolicy") or {}
        self.bake(policy.get("TerminationWaitInSeconds", 0))

    def _finish(self) -> None:
        self.live.fleet = self.green
        config = self.green.config
        document = self.platform.store.find(KIND, self.live.name) or {}
        change_status(
            self.platform,
            self.live.name,
            "InService",
            EndpointConfigName=self.green.config_name,
            ProductionVariants=summaries(self.green),
            ShadowProductionVariants=shadow_summaries(self.green),
            DataCaptureConfig=capture_summary(config),
            AsyncInferenceConfig=config.get("AsyncInferenceConfig"),
            PendingDeploymentSummary=None,
            FailureReason=None,
            LastDeploymentConfig=document.get("_Pending", {}).get("DeploymentConfig"),
            _Config=config,
            _Pending=None,
        )
        retire(self.live, self.blue)

    def _roll_back(self, reason: str) -> None:
        _log.warning("the deployment of %s is rolled back: %s", self.live.name, reason)
        reason = reason[:1024]
        change_status(self.platform, self.live.name, "RollingBack", FailureReason=reason)
        try:
            self.give_back()
        except StartError as error:
            reason = f"{reason} The rollback failed: {error}"[:1024]
            self._settle_on_old("UpdateRollbackFailed", reason)
            return
        retire(self.live, self.green)
        self._settle_on_old("InService", reason)

    def give_back(self) -> None:
        """Give the old fleet all traffic again."""
        self.live.traffic.route([Share(self.blue, 1.0)])

    def _settle_on_old(self, status: str, reason: str) -> None:
        change_status(
            self.platform,
            self.live.name,
            status,
            PendingDeploymentSummary=None,
            FailureReason=reason,
            ProductionVariants=summaries(self.blue),
            ShadowProductionVariants=shadow_summaries(self.blue),
            _Pending=None,
        )

    def bake(self, seconds: float) -> None:
        """Wait, and watch the alarms meanwhile; they are looked at once even for no time at all."""
        until = time.monotonic() + seconds
        while True:
            if time.monotonic() > self.deadline:
                raise RollbackError("The deployment exceeded MaximumExecutionTimeoutInSeconds.")
            self.check_alarms()
            left = until - time.monotonic()
            if left <= 0:
                return
            if self.live.halted.wait(min(ALARM_SECONDS, left)):
                raise HaltedError

    def check_alarms(self) -> None:
        """Raise `RollbackError` when an alarm fires, is not there, or cannot be read."""
        if not self.alarms:
            return
        found = self._describe(self.alarms, "MetricAlarm")
        missing = sorted(set(self.alarms) - {alarm["AlarmName"] for alarm in found})
        if missing:
            # Asked for apart: composite alarms take the right to describe all alarms
            # (DescribeAlarms), which a role that watches metric alarms alone need not have.
            composite = self._describe(missing, "CompositeAlarm")
            missing = sorted(set(missing) - {alarm["AlarmName"] for alarm in composite})
            found += composite
        if missing:
            raise RollbackError(f"The alarms {', '.join(missing)} do not exist.")
        firing = sorted(alarm["AlarmName"] for alarm in found if alarm["StateValue"] == "ALARM")
        if firing:
            raise RollbackError(f"One or more alarms are in ALARM state: {', '.join(firing)}.")

    def _describe(self, names: list[str], kind: str) -> list[Document]:
        client = self.platform.clients.client("cloudwatch", self.green.role or self.blue.role)
        try:
            answer = client.describe_alarms(AlarmNames=names, AlarmTypes=[kind])
        except (BotoCoreError, ClientError) as error:
            raise RollbackError(f"The alarms of the deployment cannot be read: {error}") from error
        found: list[Document] = answer.get(f"{kind}s", [])
        return found

    def tell(self, status: str, part: float = 0.0) -> None:
        """Keep and emit how far the new fleet is: its status, and its part of the traffic."""
        pending = {
            "EndpointConfigName": self.green.config_name,
            "StartTime": self.started,
            "ProductionVariants": [
                summary(variant, part, status) for variant in self.green.variants
            ],
        }
        tell_deployment(self.platform, self.live.name, pending)


def deploy(platform: Platform, live: LiveEndpoint, config: Document, plan: Document) -> None:
    """Carry out an update; returns when it is through.

    Args:
        platform: The local SageMaker.
        live: The endpoint.
        config: The new configuration, from `snapshot`.
        plan: UpdateEndpoint's DeploymentConfig; empty for all at once.
    """
    assert live.fleet is not None
    policy = plan.get("BlueGreenUpdatePolicy") or plan.get("RollingUpdatePolicy") or {}
    longest = policy.get("MaximumExecutionTimeoutInSeconds", DEFAULT_EXECUTION_SECONDS)
    rollback = plan.get("AutoRollbackConfiguration") or {}
    kind = Deployment
    if plan.get("RollingUpdatePolicy"):
        from local.sagemaker.endpoints.rolling_updates import RollingDeployment as kind  # noqa: N813
    kind(
        platform=platform,
        live=live,
        blue=live.fleet,
        green=Fleet(platform, live.name, config),
        plan=plan,
        deadline=time.monotonic() + longest,
        alarms=[alarm["AlarmName"] for alarm in rollback.get("Alarms", [])],
        started=platform.now(),
    ).run()


def resume(platform: Platform, live: LiveEndpoint, document: Document) -> None:
    """After a restart: begin an update that was under way anew; a rollback is through by now."""
    pending = document.get("_Pending")
    if document["EndpointStatus"] == "Updating" and pending and "Config" in pending:
        deploy(platform, live, pending["Config"], pending.get("DeploymentConfig") or {})
        return
    assert live.fleet is not None
    change_status(
        platform,
        live.name,
        "InService",
        ProductionVariants=summaries(live.fleet),
        ShadowProductionVariants=shadow_summaries(live.fleet),
        PendingDeploymentSummary=None,
        _Pending=None,
    )


def parts(plan: Document, instances: int) -> list[float]:
    """The parts of the traffic that the new fleet gets, step by step; the last is 1.

    Args:
        plan: A DeploymentConfig.
        instances: Of the new fleet, for sizes given as INSTANCE_COUNT.
    """
    routing = _routing(plan)
    kind = routing.get("Type", "ALL_AT_ONCE")
    if kind == "ALL_AT_ONCE":
        return [1.0]
    if kind == "CANARY":
        return [_part(routing["CanarySize"], instances), 1.0]
    step = _part(routing["LinearStepSize"], instances)
    return [min(1.0, step * number) for number in range(1, math.ceil(1.0 / step - 1e-9) + 1)]


def check_plan(plan: Document) -> None:
    """Hold a DeploymentConfig against what AWS asks of it beyond its shape.

    Raises:
        ValidationException: Naming the fault.
    """
    if plan.get("BlueGreenUpdatePolicy") and plan.get("RollingUpdatePolicy"):
        raise ValidationException("Give one update policy only.")
    routing = _routing(plan)
    sizes = {"CANARY": ("CanarySize", 0, 50), "LINEAR": ("LinearStepSize", 10, 50)}
    member, least, most = sizes.get(routing.get("Type", ""), ("", 0, 0))
    if member:
        size = routing.get(member)
        if size is None:
            raise ValidationException(f"{member} is required for {routing['Type']} traffic.")
        if size["Type"] == "CAPACITY_PERCENT" and not least <= size["Value"] <= most:
            raise ValidationException(f"{member} must be between {least or 1} and {most} percent.")
    policy = plan.get("BlueGreenUpdatePolicy") or {}
    steps = len(parts(plan, 100)) - 1
    waits = steps * routing.get("WaitIntervalInSeconds", 0)
    waits += policy.get("TerminationWaitInSeconds", 0)
    if rolling := plan.get("RollingUpdatePolicy"):
        policy, waits = rolling, _check_rolling(rolling)
    longest = policy.get("MaximumExecutionTimeoutInSeconds")
    if longest is not None and longest <= waits:
        raise ValidationException(
            "MaximumExecutionTimeoutInSeconds must be greater than the sum of all waits."
        )


def _check_rolling(policy: Document) -> float:
    """Hold a RollingUpdatePolicy against its bounds; the sum of its waits."""
    size, wait = policy["MaximumBatchSize"], float(policy["WaitIntervalInSeconds"])
    if size["Type"] != "CAPACITY_PERCENT":
        return wait
    if not 5 <= size["Value"] <= 50:
        raise ValidationException("MaximumBatchSize must be between 5 and 50 percent.")
    return math.ceil(100 / int(size["Value"])) * wait


def check_rolling_variants(plan: Document, old: Document, new: Document) -> None:
    """Refuse a rolling update of endpoints that AWS excludes ("Exclusions").

    Raises:
        ValidationException: For serverless variants, or more than one.
    """
    if not plan.get("RollingUpdatePolicy"):
        return
    variants = [*old["ProductionVariants"], *new["ProductionVariants"]]
    if len(variants) > 2 or any("ServerlessConfig" in variant for variant in variants):
        raise ValidationException(
            "Rolling deployments are not supported for serverless endpoints, nor for endpoints "
            "with more than one production variant."
        )


def _routing(plan: Document) -> Document:
    policy = plan.get("BlueGreenUpdatePolicy") or {}
    routing: Document = policy.get("TrafficRoutingConfiguration") or {}
    return routing


def _part(size: Document, instances: int) -> float:
    if size["Type"] == "INSTANCE_COUNT":
        return min(1.0, float(size["Value"]) / max(1, instances))
    return float(size["Value"]) / 100.0
