"""The folder that stands for /opt/ml."""

import json

import pytest

from local.sagemaker.jobs.container import Container, Place, input_data_config, toolkit_variables


@pytest.fixture
def container(tmp_path):
    made = Container(tmp_path / "ml")
    made.make()
    return made


def test_paths_below_opt_ml_are_moved(container):
    """/opt/ml/… becomes the job's folder; other arguments stay; other paths are refused."""
    assert container.relocate("/opt/ml/model/x") == str(container.base / "model/x")
    assert container.relocate("--path=/opt/ml/x") == "--path=/opt/ml/x"
    assert container.path("/opt/ml") == container.base
    with pytest.raises(ValueError, match="not under"):
        container.path("/opt/mlx")


def test_a_failure_is_cut_to_what_sagemaker_keeps(container):
    """1,024 characters, bytes that are no text replaced; empty without the file."""
    assert container.failure() == ""
    (container.base / "output/failure").write_text("x" * 3000)
    assert container.failure() == "x" * 1024
    (container.base / "output/failure").write_bytes(b"a\xff")
    assert container.failure() == "a\ufffd"


def test_variables_are_those_of_the_toolkit(container):
    """Channels and hyperparameters upper-cased, dashes kept, values that are not text as JSON."""
    values = {"learning-rate": 0.5, "layers": [1, 2], "name": "x"}
    told = toolkit_variables(
        container, values, ["train"], instance="ml.m5.large", cpus=2, place=Place()
    )

    assert told["SM_CHANNEL_TRAIN"] == str(container.base / "input/data/train")
    assert told["SM_HP_LEARNING-RATE"] == "0.5"
    assert told["SM_HP_LAYERS"] == "[1, 2]"
    assert told["SM_HP_NAME"] == "x"
    assert json.loads(told["SM_HPS"]) == values
    assert told["SM_NUM_CPUS"] == "2"


def test_channels_tell_their_content_type_only_if_they_have_one():
    """inputdataconfig.json has a member for each channel."""
    source = {"S3DataSource": {"S3Uri": "s3://a/b"}}
    told = input_data_config(
        [
            {"ChannelName": "train", "ContentType": "text/csv", "DataSource": source},
            {"ChannelName": "other", "DataSource": source},
        ]
    )

    assert told["train"]["ContentType"] == "text/csv"
    assert told["train"]["TrainingInputMode"] == "File"
    assert "ContentType" not in told["other"]
