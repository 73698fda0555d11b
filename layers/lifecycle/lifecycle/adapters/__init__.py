"""The doors' boto3 versions: the only deployed control code that meets AWS."""

from __future__ import annotations

from lifecycle.adapters.aws_api import AwsApi
from lifecycle.adapters.dynamodb_records import DynamodbRecords
from lifecycle.adapters.eventbridge_bus import EventbridgeBus
from lifecycle.adapters.s3_objects import S3Objects
from lifecycle.no_pickles import refuse_pickles_where_deployed
from lifecycle.ports import Ports
from lifecycle.settings import settings


def ports_from_environment() -> Ports:
    """The doors of a deployed function. No client is made before it is first used."""
    refuse_pickles_where_deployed()
    found = settings()
    return Ports(
        records=DynamodbRecords(found.record_table),
        objects=S3Objects(),
        api=AwsApi(),
        bus=EventbridgeBus(found.event_bus),
        settings=found,
    )
