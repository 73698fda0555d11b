"""Real classes that keep the promises of ``lifecycle.ports`` in memory.

``tests/conformance/lifecycle`` holds each of them to the same tests as the adapter it stands for.
"""

from lifecycle.ports import Ports
from lifecycle.settings import Settings
from tests.fakes.api import FakeApi
from tests.fakes.bus import FakeBus
from tests.fakes.objects import FakeObjects
from tests.fakes.records import FakeRecords

__all__ = ["FakeApi", "FakeBus", "FakeObjects", "FakeRecords", "fake_ports", "fake_settings"]


def fake_settings() -> Settings:
    """Settings of a stack that is nowhere."""
    return Settings(
        landing_bucket="landing",
        lake_bucket="lake",
        record_table="baton-records",
        event_bus="baton",
        snapshot_queue="https://sqs.us-east-1.amazonaws.com/123456789012/baton-CloseSnapshot",
        alert_topic="arn:aws:sns:us-east-1:123456789012:baton-alerts",
        job_role="arn:aws:iam::123456789012:role/baton-jobs",
        xgboost_image="683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
        account="123456789012",
    )


def fake_ports(
    records: FakeRecords | None = None,
    objects: FakeObjects | None = None,
    api: FakeApi | None = None,
    bus: FakeBus | None = None,
) -> Ports:
    """All doors, in memory; pass those that the test looks into."""
    objects = objects or FakeObjects()
    return Ports(
        records=records or FakeRecords(),
        objects=objects,
        api=api or FakeApi(objects),
        bus=bus or FakeBus(),
        settings=fake_settings(),
    )
