"""InvokeEndpointWithResponseStream through plain boto3: pieces arrive while the model writes."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, EventStreamError

from tests.conformance.sagemaker.laptop import IMAGE, ROLE, unique
from tests.conformance.sagemaker.serving import make_endpoint, model_archive

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conformance.sagemaker.laptop import LocalSageMaker

TELLER = """
import os, time
def model_fn(model_dir):
    return None
def transform_fn(model, data, content_type, accept):
    if data == "whole":
        return "all at once", "text/plain"
    return tell(data), "text/plain"
def tell(gate):
    if gate == "refuse":
        raise ValueError("nothing to tell")
    yield "one "
    if gate == "break":
        raise ValueError("lost the thread")
    while not os.path.exists(gate):
        time.sleep(0.01)
    yield "two "
    yield "three"
"""


@pytest.fixture(scope="module")
def teller(laptop: LocalSageMaker) -> str:
    """An endpoint that tells its answer piece by piece."""
    name = unique("teller")
    uri = laptop.put(
        f"models/{name}/model.tar.gz", model_archive({"code/inference.py": TELLER.encode()})
    )
    client = laptop.client()
    container = {"Image": IMAGE, "ModelDataUrl": uri}
    client.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)
    variant = {
        "VariantName": "primary",
        "ModelName": name,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    return make_endpoint(laptop, name)


def tell(laptop: LocalSageMaker, endpoint: str, gate: str) -> dict[str, Any]:
    answer: dict[str, Any] = laptop.client(
        "sagemaker-runtime"
    ).invoke_endpoint_with_response_stream(
        EndpointName=endpoint, Body=gate.encode(), ContentType="text/csv"
    )
    return answer


def test_pieces_arrive_before_the_answer_is_complete(
    laptop: LocalSageMaker, teller: str, tmp_path: Path
) -> None:
    """The model goes on only after the caller has its first piece."""
    gate = tmp_path / "gate"
    answer = tell(laptop, teller, str(gate))
    pieces = iter(answer["Body"])
    first = next(pieces)["PayloadPart"]["Bytes"]
    gate.touch()
    rest = [piece["PayloadPart"]["Bytes"] for piece in pieces]

    assert first == b"one "
    assert rest == [b"two ", b"three"]
    assert answer["ContentType"] == "text/plain"
    assert answer["InvokedProductionVariant"] == "primary"


def test_an_answer_at_once_is_one_piece(laptop: LocalSageMaker, teller: str) -> None:
    """A model that does not stream serves streaming callers too."""
    pieces = list(tell(laptop, teller, "whole")["Body"])

    assert pieces == [{"PayloadPart": {"Bytes": b"all at once"}}]


def test_a_streaming_model_serves_plain_callers(
    laptop: LocalSageMaker, teller: str, tmp_path: Path
) -> None:
    """All pieces together."""
    gate = tmp_path / "gate"
    gate.touch()
    answer = laptop.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=teller, Body=str(gate).encode(), ContentType="text/csv"
    )

    assert answer["Body"].read() == b"one two three"


def test_an_answer_that_breaks_ends_in_a_model_stream_error(
    laptop: LocalSageMaker, teller: str
) -> None:
    """After the pieces that came; the endpoint goes on."""
    with closing(tell(laptop, teller, "break")["Body"]) as body:
        pieces = iter(body)
        first = next(pieces)["PayloadPart"]["Bytes"]
        with pytest.raises(EventStreamError, match="ModelStreamError"):
            next(pieces)

    assert first == b"one "
    assert list(tell(laptop, teller, "whole")["Body"])


def test_an_error_before_the_first_piece_is_a_model_error(
    laptop: LocalSageMaker, teller: str
) -> None:
    """424 with the model's message, as without streaming."""
    with pytest.raises(ClientError, match="nothing to tell") as refused:
        tell(laptop, teller, "refuse")

    assert refused.value.response["Error"]["Code"] == "ModelError"


def test_a_caller_that_goes_away_frees_the_model(
    laptop: LocalSageMaker, teller: str, tmp_path: Path
) -> None:
    """The one worker answers the next caller once the model notices."""
    gate = tmp_path / "gate"
    answer = tell(laptop, teller, str(gate))
    next(iter(answer["Body"]))
    answer["Body"].close()
    gate.touch()

    assert list(tell(laptop, teller, "whole")["Body"])
