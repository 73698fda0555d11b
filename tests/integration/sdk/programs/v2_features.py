"""SDK v2: a feature group is made, a data frame is put into it, and a record is read again."""

import os
import time

import boto3
import pandas as pd
import sagemaker
from sagemaker.feature_store.feature_group import FeatureGroup
from shared import BUCKET, finish, until

boto_session = boto3.Session()
session = sagemaker.Session(
    boto_session,
    sagemaker_featurestore_runtime_client=boto_session.client("sagemaker-featurestore-runtime"),
    default_bucket=BUCKET,
)
frame = pd.DataFrame(
    {
        "customer": [f"c{number}" for number in range(20)],
        "amount": [1.5 * number for number in range(20)],
        "orders": list(range(20)),
        "at": [time.time()] * 20,
    }
)
frame["customer"] = frame["customer"].astype("string")
group = FeatureGroup("customers", sagemaker_session=session)
group.load_feature_definitions(frame)
group.create(
    s3_uri=f"s3://{BUCKET}/features",
    record_identifier_name="customer",
    event_time_feature_name="at",
    role_arn=os.environ["SAGEMAKER_ROLE"],
    enable_online_store=True,
)
status = until(lambda: group.describe()["FeatureGroupStatus"], "Created", "CreateFailed")
group.ingest(frame, max_workers=2, wait=True)
record = group.get_record("c3")
groups = session.sagemaker_client.list_feature_groups()["FeatureGroupSummaries"]
listed = [item["FeatureGroupName"] for item in groups]
definitions = group.describe()["FeatureDefinitions"]
finish(
    status=status,
    record={item["FeatureName"]: item["ValueAsString"] for item in record},
    types={item["FeatureName"]: item["FeatureType"] for item in definitions},
    listed=listed,
)
