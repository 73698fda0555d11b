"""Batch transform through plain boto3: objects in, answers out."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.conformance.sagemaker.laptop import (
    BUCKET,
    HYPERPARAMETERS,
    IMAGE,
    ROLE,
    csv_rows,
    definition,
    unique,
    until,
)
from tests.conformance.sagemaker.serving import details, model_archive

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

SCORER = """
import json, os, time
def model_fn(model_dir):
    return os.environ
def transform_fn(model, data, content_type, accept):
    if isinstance(data, bytes):
        data = data.decode()
    answers = []
    for line in data.splitlines():
        if "bad" in line:
            raise ValueError("a bad row")
        if "die" in line and not os.path.exists(model["MARK"]):
            open(model["MARK"], "w").close()
            os._exit(9)
        if "slow" in line:
            time.sleep(60)
        if content_type.startswith("application/json"):
            answers.append(json.dumps({"columns": len(json.loads(line))}))
        else:
            answers.append(str(len(line.split(","))) + "," + model["SAGEMAKER_BATCH"])
    return "\\n".join(answers), accept
"""


@pytest.fixture(scope="module")
def scorer(laptop: LocalSageMaker, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model that counts each row's columns."""
    name = unique("scorer")
    uri = laptop.put(
        f"models/{name}/model.tar.gz", model_archive({"code/inference.py": SCORER.encode()})
    )
    mark = str(tmp_path_factory.mktemp("marks") / "died")
    laptop.client().create_model(
        ModelName=name,
        ExecutionRoleArn=ROLE,
        PrimaryContainer={"Image": IMAGE, "ModelDataUrl": uri, "Environment": {"MARK": mark}},
    )
    return name


def begin(laptop: LocalSageMaker, model: str, **more: Any) -> str:
    """Start a job over `in/<its name>/`, whose answers go to `out/<its name>`; its name."""
    name: str = more.pop("name", unique("transform"))
    source = {
        "DataSource": {
            "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/in/{name}/"}
        },
        "ContentType": "text/csv",
        "SplitType": "Line",
    }
    output = {
        "S3OutputPath": f"s3://{BUCKET}/out/{name}",
        "Accept": "text/csv",
        "AssembleWith": "Line",
    }
    count = more.pop("instances", 1)
    laptop.client().create_transform_job(
        TransformJobName=name,
        ModelName=model,
        TransformInput=source | more.pop("source", {}),
        TransformOutput=output | more.pop("output", {}),
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": count},
        **more,
    )
    return name


def put(laptop: LocalSageMaker, **files: bytes) -> str:
    """Put input objects for a job; the job's name. `_dot_` stands for a dot, `__` for a slash."""
    name = unique("transform")
    for file, content in files.items():
        laptop.put(f"in/{name}/{file.replace('_dot_', '.').replace('__', '/')}", content)
    return name


def outputs(laptop: LocalSageMaker, name: str) -> dict[str, str]:
    """What a job wrote, by key below its output path."""
    prefix = f"out/{name}/"
    return {
        key.removeprefix(prefix): laptop.s3.objects[BUCKET, key].decode()
        for key in laptop.s3.keys(BUCKET, prefix)
    }


def test_every_object_becomes_one_with_its_answers(laptop: LocalSageMaker, scorer: str) -> None:
    """The key below the prefix is kept, `.out` follows it, the order is that of the rows."""
    name = put(laptop, a_dot_csv=b"1,2\n3\n", sub__b_dot_csv=b"1,2,3\n")
    begin(laptop, scorer, name=name, instances=2)
    job = laptop.await_transform(name)

    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    assert outputs(laptop, name) == {
        "a.csv.out": "2,true\n1,true\n",
        "sub/b.csv.out": "3,true\n",
    }
    assert job["TransformStartTime"] <= job["TransformEndTime"]
    listed = laptop.client().list_transform_jobs(NameContains=name)["TransformJobSummaries"]
    assert [name] == [item["TransformJobName"] for item in listed]
    until(
        lambda: len(_states(laptop, job["TransformJobArn"])) == 2,
        "both events arrive",
    )
    states = _states(laptop, job["TransformJobArn"])
    assert states == ["InProgress", "Completed"]


def _states(laptop: LocalSageMaker, arn: str) -> list[str]:
    found = details(laptop, "SageMaker Transform Job State Change", arn)
    return [detail["TransformJobStatus"] for detail in found]


def test_rows_are_filtered_and_joined(laptop: LocalSageMaker, scorer: str) -> None:
    """The model sees all but the first column; the answer stands behind the input's columns."""
    name = put(laptop, a_dot_csv=b"id-1,2,3\nid-2,5,6\n")
    processing = {"InputFilter": "$[1:]", "OutputFilter": "$[0,-2]", "JoinSource": "Input"}
    begin(laptop, scorer, name=name, DataProcessing=processing, BatchStrategy="SingleRecord")
    laptop.await_transform(name)

    assert outputs(laptop, name) == {"a.csv.out": "id-1,2\nid-2,2\n"}


def test_json_lines_gain_the_models_output(laptop: LocalSageMaker, scorer: str) -> None:
    """Under SageMakerOutput, in the record itself."""
    name = put(laptop, a_dot_jsonl=b'{"id": 1, "x": 2}\n{"id": 2}\n')
    begin(
        laptop,
        scorer,
        name=name,
        source={"ContentType": "application/jsonlines"},
        output={"Accept": "application/jsonlines"},
        DataProcessing={"JoinSource": "Input", "OutputFilter": "$['id','SageMakerOutput']"},
        MaxPayloadInMB=1,
        MaxConcurrentTransforms=2,
    )
    job = laptop.await_transform(name)

    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    lines = [json.loads(line) for line in outputs(laptop, name)["a.jsonl.out"].splitlines()]
    assert lines == [
        {"id": 1, "SageMakerOutput": {"columns": 2}},
        {"id": 2, "SageMakerOutput": {"columns": 1}},
    ]


def test_a_manifest_names_the_objects_and_gzip_is_unpacked(
    laptop: LocalSageMaker, scorer: str
) -> None:
    """And what was captured is a manifest again."""
    name = put(laptop, a_dot_gz=gzip.compress(b"1,2\n"), b_dot_gz=b"not asked for")
    uri = laptop.put(
        f"manifests/{name}.json", json.dumps([{"prefix": f"s3://{BUCKET}/in/{name}/"}, "a.gz"])
    )
    place = {"S3DataType": "ManifestFile", "S3Uri": uri}
    begin(
        laptop,
        scorer,
        name=name,
        source={"DataSource": {"S3DataSource": place}, "CompressionType": "Gzip"},
        DataCaptureConfig={
            "DestinationS3Uri": f"s3://{BUCKET}/captured/{name}",
            "GenerateInferenceId": True,
        },
    )
    laptop.await_transform(name)
    (text,) = outputs(laptop, name).values()
    captured = laptop.s3.keys(BUCKET, f"captured/{name}/")
    sides = [json.loads(laptop.s3.objects[BUCKET, key]) for key in captured]

    assert text.startswith("2,true,")
    assert len(text.strip().split(",")) == 4
    assert sides == [
        [{"prefix": f"s3://{BUCKET}/in/{name}/"}, "a.gz"],
        [{"prefix": f"s3://{BUCKET}/out/{name}/"}, "a.gz.out"],
    ]


def test_one_bad_record_fails_the_job_and_spares_the_other_objects(
    laptop: LocalSageMaker, scorer: str
) -> None:
    """Its own object has no answers; the data log tells the status and the message."""
    name = put(laptop, a_dot_csv=b"1,2\nbad\n", b_dot_csv=b"1,2\n")
    begin(laptop, scorer, name=name, ModelClientConfig={"InvocationsMaxRetries": 0})
    job = laptop.await_transform(name)

    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: See job logs for more information"
    assert outputs(laptop, name) == {"b.csv.out": "2,true\n"}
    said = laptop.log("TransformJobs", f"{name}/data-log")
    assert f"lake/in/{name}/a.csv: Bad HTTP status received from algorithm: 500" in said
    assert "a bad row" in said


def test_a_container_that_dies_is_started_again(laptop: LocalSageMaker, scorer: str) -> None:
    """The request that killed it is made again, as ModelClientConfig allows."""
    name = put(laptop, a_dot_csv=b"die\n")
    begin(laptop, scorer, name=name)
    job = laptop.await_transform(name)

    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    assert outputs(laptop, name) == {"a.csv.out": "1,true\n"}


def test_a_stopped_job_ends_stopped(laptop: LocalSageMaker, scorer: str) -> None:
    """While its model still computes; a second stop is refused."""
    name = put(laptop, a_dot_csv=b"slow\n")
    begin(laptop, scorer, name=name)
    client = laptop.client()
    until(
        lambda: "TransformStartTime" in client.describe_transform_job(TransformJobName=name),
        "it runs",
    )
    client.stop_transform_job(TransformJobName=name)
    job = laptop.await_transform(name)

    assert job["TransformJobStatus"] == "Stopped"
    assert outputs(laptop, name) == {}
    with pytest.raises(ClientError, match="in status Stopped"):
        client.stop_transform_job(TransformJobName=name)


def test_a_job_goes_on_after_a_kill(laptop: LocalSageMaker, scorer: str) -> None:
    """The server is killed while it runs, and the job is Completed by the next one."""
    name = put(laptop, a_dot_csv=b"1\n", b_dot_csv=b"1,2\n")
    begin(laptop, scorer, name=name)
    laptop.kill()
    laptop.start()
    job = laptop.await_transform(name)

    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    assert outputs(laptop, name) == {"a.csv.out": "1,true\n", "b.csv.out": "2,true\n"}


def test_the_container_may_say_how_it_is_asked(laptop: LocalSageMaker) -> None:
    """By its /execution-parameters, where the request says nothing."""
    code = (
        SCORER
        + """
def execution_parameters_fn():
    return {"MaxConcurrentTransforms": 3, "BatchStrategy": "SINGLE_RECORD", "MaxPayloadInMB": 2}
"""
    )
    model = unique("scorer")
    uri = laptop.put(f"models/{model}.tar.gz", model_archive({"code/inference.py": code.encode()}))
    laptop.client().create_model(
        ModelName=model,
        ExecutionRoleArn=ROLE,
        PrimaryContainer={"Image": IMAGE, "ModelDataUrl": uri},
    )
    name = put(laptop, a_dot_csv=b"1\n1,2\n")
    begin(laptop, model, name=name)
    laptop.await_transform(name)

    assert outputs(laptop, name) == {"a.csv.out": "1,true\n2,true\n"}
    said = laptop.log("TransformJobs", f"{name}/data-log")
    assert "MaxConcurrentTransforms=3, MaxPayloadInMB=2, BatchStrategy=SINGLE_RECORD" in said


def test_a_built_in_algorithm_scores_each_row(laptop: LocalSageMaker) -> None:
    """XGBoost answers batches a line a row, so that its scores stand beside their rows."""
    client, trained = laptop.client(), unique("trained")
    request = definition(laptop, HyperParameters=HYPERPARAMETERS)
    client.create_training_job(TrainingJobName=trained, **request)
    artifact = laptop.await_training(trained)["ModelArtifacts"]["S3ModelArtifacts"]
    container = {"Image": IMAGE, "ModelDataUrl": artifact}
    client.create_model(ModelName=trained, ExecutionRoleArn=ROLE, PrimaryContainer=container)
    rows = csv_rows(40, 3).decode().splitlines()
    name = put(laptop, rows_dot_csv="\n".join(rows).encode())
    processing = {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"}
    begin(laptop, trained, name=name, DataProcessing=processing)
    job = laptop.await_transform(name)

    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    pairs = [line.split(",") for line in outputs(laptop, name)["rows.csv.out"].splitlines()]
    assert [label for label, _ in pairs] == [row.split(",")[0] for row in rows]
    right = sum((float(score) > 0.5) == (float(label) > 0.5) for label, score in pairs)
    assert right > 28


def test_nothing_under_the_address_fails_the_job(laptop: LocalSageMaker, scorer: str) -> None:
    """With SageMaker's words."""
    job = laptop.await_transform(begin(laptop, scorer))

    assert job["TransformJobStatus"] == "Failed"
    assert "No S3 objects found" in job["FailureReason"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"source": {"SplitType": "TFRecord"}}, "SplitType TFRecord"),
        ({"source": {"SplitType": "None"}, "BatchStrategy": "SingleRecord"}, "needs a SplitType"),
        ({"MaxPayloadInMB": 51, "MaxConcurrentTransforms": 2}, "100 MB"),
        ({"DataProcessing": {"InputFilter": "$..x"}}, "is not understood"),
        ({"DataProcessing": {"JoinSource": "Input"}, "output": {"Accept": "a/b"}}, "Accept"),
        ({"DataProcessing": {"OutputFilter": "$.a"}, "source": {"ContentType": "a/b"}}, "works on"),
    ],
)
def test_what_cannot_be_done_is_refused_at_once(
    laptop: LocalSageMaker, scorer: str, change: dict[str, Any], said: str
) -> None:
    """Instead of failing later."""
    with pytest.raises(ClientError, match=said) as refused:
        begin(laptop, scorer, **change)

    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_a_name_can_be_taken_once(laptop: LocalSageMaker, scorer: str) -> None:
    """ResourceInUse for the second; no such model is a ValidationException."""
    name = put(laptop, a_dot_csv=b"1\n")
    begin(laptop, scorer, name=name)
    for model, code in ((scorer, "ResourceInUse"), (unique("none"), "ValidationException")):
        with pytest.raises(ClientError) as refused:
            begin(laptop, model, name=name)

        assert refused.value.response["Error"]["Code"] == code
