"""JumpStart from outside: an id leads to an image, a script and weights that work."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from local.sagemaker.containers.jumpstart.archives import MissingWeightsError, weights_of
from local.sagemaker.containers.jumpstart.catalogue import find
from local.sagemaker.containers.jumpstart.specifications import resolve
from tests.conformance.sagemaker.laptop import (
    BUCKET,
    ROLE,
    ROOT,
    LocalSageMaker,
    channel,
    definition,
    unique,
    until,
)
from tests.conformance.sagemaker.serving import make_endpoint
from tests.conformance.sagemaker.tiny_s3 import TinyS3

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.conformance

CACHE = "jumpstart-cache-prod-us-east-1"
QUIET = {
    "SchemaVersion": "1.0",
    "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},
}
SENTENCES = "huggingface-sentencesimilarity-all-MiniLM-L6-v2"


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSageMaker]:
    """A local SageMaker that has put JumpStart's models into its S3."""
    with TinyS3() as s3:
        server = LocalSageMaker(tmp_path_factory.mktemp("sagemaker"), s3, ("--jumpstart",))
        server.start()
        try:
            published = "models_manifest.json"
            until(lambda: bool(s3.keys(CACHE, published)), "the manifest is there", seconds=90)
            yield server
        finally:
            server.stop()


def read(laptop: LocalSageMaker, key: str) -> Any:
    return json.loads(laptop.s3.objects[CACHE, key])


def serve(laptop: LocalSageMaker, container: dict[str, Any]) -> str:
    name = unique("jumpstart")
    laptop.client().create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)
    variant = {
        "VariantName": "primary",
        "ModelName": name,
        "InstanceType": "ml.m5.xlarge",
        "InitialInstanceCount": 1,
    }
    laptop.client().create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    return make_endpoint(laptop, name)


def ask(laptop: LocalSageMaker, endpoint: str, body: str, content_type: str) -> Any:
    answer = laptop.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint, ContentType=content_type, Body=body
    )
    return json.loads(answer["Body"].read())


def test_every_header_leads_to_its_specification(laptop: LocalSageMaker) -> None:
    """And what a specification names lies in the bucket."""
    headers = read(laptop, "models_manifest.json")
    assert headers
    for header in headers:
        specification = read(laptop, header["spec_key"])
        assert specification["model_id"] == header["model_id"]
        assert (CACHE, specification["hosting_script_key"]) in laptop.s3.objects
        if specification["training_supported"]:
            assert (CACHE, specification["training_script_key"]) in laptop.s3.objects
        if packed := specification.get("hosting_prepacked_artifact_key"):
            assert (CACHE, packed) in laptop.s3.objects


def test_a_sentence_encoder_serves(laptop: LocalSageMaker) -> None:
    """From its id to cosines, by plain boto3."""
    try:
        weights_of(find(SENTENCES))
    except MissingWeightsError as missing:
        pytest.skip(str(missing))
    found = resolve(SENTENCES, "us-east-1")
    container = {name: found[name] for name in ("Image", "ModelDataUrl", "Environment")}
    endpoint = serve(laptop, container)
    texts = ["How cute your dog is!", "Your dog is so cute.", "Rates rose again this year."]
    one, other, rates = ask(laptop, endpoint, json.dumps(texts), "application/x-text")["embedding"]

    def cosine(left: list[float], right: list[float]) -> float:
        return sum(a * b for a, b in zip(left, right, strict=True))

    assert cosine(one, one) == pytest.approx(1, abs=1e-5)
    assert cosine(one, other) > 0.8
    assert cosine(one, rates) < 0.3


def test_a_restart_writes_and_packs_nothing_again(laptop: LocalSageMaker) -> None:
    """What is there is left as it is."""
    folder = laptop.data / "jumpstart"
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    laptop.stop()
    laptop.start()
    log = laptop.data / "server.log"
    until(lambda: "0 objects written" in log.read_text(), "the second start has looked")

    assert {path: path.stat().st_mtime_ns for path in Path(folder).iterdir()} == before


TABULAR = [
    f"{library}-{task}-{kind}"
    for library, kind in (("lightgbm", "model"), ("xgboost", "model"), ("sklearn", "linear"))
    for task in ("classification", "regression")
]


def rows(count: int, seed: int, *, classes: bool) -> str:
    """Label first: which of three sums is the largest, or the first of them."""
    generator = random.Random(seed)
    lines = []
    for _ in range(count):
        values = [generator.gauss(0, 1) for _ in range(4)]
        sums = [values[0] + values[1], values[2] - values[0], values[3]]
        label = f"kind {sums.index(max(sums))}" if classes else f"{sums[0]:.4f}"
        lines.append(",".join([label, *(f"{value:.4f}" for value in values)]))
    return "\n".join(lines)


@pytest.mark.parametrize("model_id", TABULAR)
def test_a_tabular_model_trains_and_serves(laptop: LocalSageMaker, model_id: str) -> None:
    """By the image, script, hyperparameters and metrics that its id leads to."""
    classes = "classification" in model_id
    found = resolve(model_id, "us-east-1")
    name = unique(model_id)
    laptop.put(f"{name}/train/data.csv", rows(400, 1, classes=classes))
    laptop.put(f"{name}/validation/data.csv", rows(100, 2, classes=classes))
    job = definition(
        laptop,
        AlgorithmSpecification={
            "TrainingImage": found["TrainingImage"],
            "TrainingInputMode": "File",
            "MetricDefinitions": found["MetricDefinitions"],
        },
        InputDataConfig=[channel("training", f"s3://{BUCKET}/{name}/")],
        HyperParameters=found["HyperParameters"],
    )
    laptop.client().create_training_job(TrainingJobName=name, **job)
    ended = laptop.await_training(name)
    assert ended["TrainingJobStatus"] == "Completed", ended.get("FailureReason")
    metrics = {item["MetricName"]: item["Value"] for item in ended["FinalMetricDataList"]}
    if classes:
        assert metrics["validation_accuracy"] > 0.75
    else:
        assert metrics["validation_rmse"] < 0.5

    model = ended["ModelArtifacts"]["S3ModelArtifacts"]
    container = {"Image": found["Image"], "ModelDataUrl": model}
    endpoint = serve(laptop, container | {"Environment": found["Environment"]})
    answer = ask(laptop, endpoint, "3,3,-3,-3\n-3,-1,3,0", "text/csv")

    if classes:
        first, second = answer["probabilities"]
        assert (first.index(max(first)), second.index(max(second))) == (0, 1)
    else:
        assert answer["prediction"][0] > 2
        assert answer["prediction"][1] < -1


def test_a_model_that_needs_training_says_so(laptop: LocalSageMaker) -> None:
    """Nothing lies where its weights would be, and the address says why."""
    specification = read(laptop, "community_models/lightgbm-classification-model/specs_v1.0.0.json")

    assert specification["hosting_artifact_key"].endswith("train-it-first.tar.gz")
    assert (CACHE, specification["hosting_artifact_key"]) not in laptop.s3.objects


def test_awss_own_sdk_finds_and_deploys_models(laptop: LocalSageMaker, tmp_path: Path) -> None:
    """SageMaker's Python SDK 2, unchanged: an id is all that it is told."""
    python = ROOT / ".venvs" / "sdk2" / "bin" / "python"
    if not python.exists():
        pytest.skip(f"SageMaker's Python SDK 2 is not at {python}")
    try:
        weights_of(find(SENTENCES))
    except MissingWeightsError as missing:
        pytest.skip(str(missing))
    quiet = tmp_path / "config.yaml"
    quiet.write_text(json.dumps(QUIET))
    address = f"http://127.0.0.1:{laptop.port}"
    environment = {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": laptop.s3.url,
        "AWS_ENDPOINT_URL_SAGEMAKER": address,
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": address,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
        "SAGEMAKER_USER_CONFIG_OVERRIDE": str(quiet),
    }
    program = Path(__file__).with_name("jumpstart_program.py")
    done = subprocess.run(
        [str(python), str(program), ROLE],
        env=environment,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.strip().splitlines()[-1])
    expected = resolve("lightgbm-classification-model", "us-east-1")

    assert told["trees"]["image"] == expected["TrainingImage"]
    assert told["trees"]["script"] == expected["HyperParameters"]["sagemaker_submit_directory"]
    assert told["trees"]["hyperparameters"]["num_leaves"] == "64"
    assert told["trees"]["metrics"] == expected["MetricDefinitions"]
    one, other = told["sentences"]["embedding"]
    assert sum(a * b for a, b in zip(one, other, strict=True)) > 0.8
