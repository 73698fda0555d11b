"""An Image Classification model answers as its container does."""

import io
import json

import pytest
from PIL import Image

from local.sagemaker.containers.algorithms.image_classification.images import View
from local.sagemaker.containers.algorithms.image_classification.network import Network
from local.sagemaker.containers.serving.answers import Invocation, ModelLoadError, RefusedError
from local.sagemaker.containers.serving.image_classification_model import ImageClassificationModel


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    Network(View(3, 16, 16), 3, 1).save(folder)
    return ImageClassificationModel(folder, {})


def encoded(kind):
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(content, kind)
    return content.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_an_image_gets_a_probability_of_each_class(model, kind):
    """A JSON list that sums to one."""
    answer = model.answer(Invocation(encoded(kind), "application/x-image"))
    found = json.loads(answer.body)

    assert answer.content_type == "application/json"
    assert len(found) == 3
    assert sum(found) == pytest.approx(1, abs=1e-5)


def test_json_lines_are_answered_when_asked_for(model):
    """As a prediction, for transforms."""
    answer = model.answer(Invocation(encoded("PNG"), "image/png", "application/jsonlines"))

    assert answer.content_type == "application/jsonlines"
    assert len(json.loads(answer.body)["prediction"]) == 3


@pytest.mark.parametrize(
    ("invocation", "status"),
    [
        (Invocation(b"1,2", "text/csv"), 415),
        (Invocation(b"not an image", "application/x-image"), 400),
        (Invocation(b"", "application/x-image"), 400),
        (Invocation(b"", "application/x-image", "text/csv"), 406),
    ],
)
def test_what_is_no_image_is_refused(model, invocation, status):
    """With the status that says why."""
    with pytest.raises(RefusedError) as refused:
        model.answer(invocation)

    assert refused.value.status == status


def test_an_archive_without_a_model_does_not_load(tmp_path):
    """The endpoint fails then."""
    with pytest.raises(ModelLoadError):
        ImageClassificationModel(tmp_path, {})
