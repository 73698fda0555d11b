"""A whole life on a stack that was given a key of the customer's own.

What the key is for by the template alone, such as buckets, queues and the table, is held by
`tests/contract/test_encryption.py`: ministack keeps no key of those.
"""

import pytest

from local.running import running_cloud
from tests import tables
from tests.e2e.cloud import Cloud

KEY = "arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555"
PROBLEM = "sealed"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    """A cloud whose template was given the key, after an endpoint serves on it."""
    more = {"BATON_PARAMETERS": f"KmsKeyArn={KEY}"}
    with running_cloud(tmp_path_factory.mktemp("sealed"), more=more) as environment:
        cloud = Cloud(environment)
        try:
            cloud.define(
                PROBLEM,
                "Churn",
                columns={"id": "customerID"},
                compliance={"pii": ["note"]},
                features={"online": True},
                retrain={"on": []},
            )
            cloud.event(PROBLEM, "ProblemDefined")
            cloud.stream(*({"problem": PROBLEM, "record": row} for row in tables.customers(30, 5)))
            cloud.put(f"{PROBLEM}/data/rows.csv", tables.to_csv(tables.customers(600)))
            cloud.event(PROBLEM, "ModelDeployed")
            cloud.event(PROBLEM, "FeaturesStored")
            yield cloud
            assert cloud.dead_letters() == {}
        finally:
            cloud.close()


def test_the_endpoint_answers(cloud):
    asked = tables.questions(tables.customers(5, seed=8), "Churn")

    assert len(cloud.answers(PROBLEM, asked)) == 5


def test_what_jobs_write_bears_the_key(cloud):
    """SageMaker names it with each object; the laptop's S3 gives no key to those without one."""
    run = cloud.event(PROBLEM, "ModelDeployed")["run"]
    written = [
        *cloud.keys(f"{PROBLEM}/runs/{run}/training/"),
        f"{PROBLEM}/runs/{run}/reports/evaluation.json",
    ]

    assert any(key.endswith("model.tar.gz") for key in written)
    for key in written:
        assert cloud.s3.head_object(Bucket=cloud.lake, Key=key).get("SSEKMSKeyId") == KEY, key


def test_jobs_and_endpoints_have_their_disks_under_it(cloud):
    sagemaker = cloud.client("sagemaker")
    found = []
    for job in sagemaker.list_training_jobs()["TrainingJobSummaries"]:
        told = sagemaker.describe_training_job(TrainingJobName=job["TrainingJobName"])
        found += [told["ResourceConfig"]["VolumeKmsKeyId"], told["OutputDataConfig"]["KmsKeyId"]]
    for job in sagemaker.list_processing_jobs()["ProcessingJobSummaries"]:
        told = sagemaker.describe_processing_job(ProcessingJobName=job["ProcessingJobName"])
        found += [
            told["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"],
            told["ProcessingOutputConfig"]["KmsKeyId"],
        ]
    for config in sagemaker.list_endpoint_configs()["EndpointConfigs"]:
        name = config["EndpointConfigName"]
        found.append(sagemaker.describe_endpoint_config(EndpointConfigName=name)["KmsKeyId"])
    group = sagemaker.describe_feature_group(FeatureGroupName=PROBLEM)
    found.append(group["OnlineStoreConfig"]["SecurityConfig"]["KmsKeyId"])
    found.append(group["OfflineStoreConfig"]["S3StorageConfig"]["KmsKeyId"])

    assert len(found) >= 9
    assert set(found) == {KEY}
