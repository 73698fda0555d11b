"""Objects as Spark reads and writes them, on both sides."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from glue.object_files import ObjectFiles

WORK = "s3://lake/churn/runs/r/work"


@pytest.fixture
def client(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="lake")
        for key in ("b/second.parquet", "a/first.parquet"):
            client.put_object(Bucket="lake", Key=key, Body=key.encode())
        yield client
        client.close()


@pytest.fixture
def staged(client, tmp_path, monkeypatch):
    """As on the laptop: an address of its own for AWS."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    return ObjectFiles(tmp_path, client)


INPUTS = ["s3://lake/b/second.parquet", "s3://lake/a/first.parquet"]


def test_on_glue_spark_reads_and_writes_objects_itself(client, tmp_path):
    objects = ObjectFiles(tmp_path, client)

    assert objects.for_spark(INPUTS) == INPUTS
    assert objects.spark_folder(WORK) == WORK
    assert list(tmp_path.iterdir()) == []


def test_on_glue_what_spark_wrote_is_fetched_for_the_driver_and_then_forgotten(client, tmp_path):
    objects = ObjectFiles(tmp_path, client)
    for name in ("typed/part-0.parquet", "typed/part-1.parquet", "held/part-0.parquet"):
        client.put_object(Bucket="lake", Key=f"churn/runs/r/work/{name}", Body=name.encode())
    client.put_object(Bucket="lake", Key="churn/runs/r/workbench", Body=b"another's")

    folder = objects.fetched(WORK)
    objects.forget(WORK)

    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*.parquet")}
    assert found == {"typed/part-0.parquet", "typed/part-1.parquet", "held/part-0.parquet"}
    assert (folder / "held/part-0.parquet").read_bytes() == b"held/part-0.parquet"
    kept = client.list_objects_v2(Bucket="lake", Prefix="churn/")["Contents"]
    assert [item["Key"] for item in kept] == ["churn/runs/r/workbench"]


def test_on_the_laptop_inputs_are_copied_in_their_order(staged):
    paths = staged.for_spark(INPUTS)

    assert sorted(paths) == paths
    assert [Path(path).read_text() for path in paths] == ["b/second.parquet", "a/first.parquet"]


def test_on_the_laptop_what_spark_writes_stays_here(staged, client, tmp_path):
    folder = staged.spark_folder(WORK)
    client.put_object(Bucket="lake", Key="churn/runs/r/work/x", Body=b"")

    assert str(staged.fetched(WORK)) == folder
    staged.forget(WORK)
    assert client.head_object(Bucket="lake", Key="churn/runs/r/work/x")


def test_documents_come_and_go(client, tmp_path):
    objects = ObjectFiles(tmp_path, client)
    (tmp_path / "page.html").write_text("<p>")
    objects.write("s3://lake/x.json", b"{}", "application/json")
    objects.upload(tmp_path / "page.html", "s3://lake/page.html", "text/html")

    assert objects.read("s3://lake/x.json") == b"{}"
    assert client.head_object(Bucket="lake", Key="page.html")["ContentType"] == "text/html"
