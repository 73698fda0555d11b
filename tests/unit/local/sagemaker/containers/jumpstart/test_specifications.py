"""An id leads to what AWS's layout says, and any other id to the list of those there are."""

import pytest

from local.sagemaker.containers.jumpstart.__main__ import main
from local.sagemaker.containers.jumpstart.catalogue import ENTRIES, UnknownModelError, find
from local.sagemaker.containers.jumpstart.specifications import manifest, resolve, specification

SENTENCES = "huggingface-sentencesimilarity-all-MiniLM-L6-v2"


def test_every_id_is_there_once():
    """And stands in the manifest with the key of its specification."""
    headers = manifest(ENTRIES)
    keys = {header["model_id"]: header["spec_key"] for header in headers}

    assert len(keys) == len(headers) == len(ENTRIES)
    assert keys[SENTENCES] == f"community_models/{SENTENCES}/specs_v1.1.0.json"


def test_images_are_those_of_the_region():
    """By family of instances, through the Region's alias."""
    document = specification(find(SENTENCES), "eu-west-1")
    variants = document["hosting_instance_type_variants"]
    alias = variants["variants"]["m5"]["regional_properties"]["image_uri"]

    assert alias.startswith("$")
    assert ".eu-west-1." in variants["regional_aliases"]["eu-west-1"][alias[1:]]


def test_a_training_needs_the_script_of_its_own_id():
    """With every hyperparameter's default."""
    found = resolve("lightgbm-regression-model", "us-east-1", "my-bucket")
    script = found["HyperParameters"]["sagemaker_submit_directory"]

    assert script.startswith("s3://my-bucket/source-directory-tarballs/lightgbm/transfer_learning/")
    assert found["HyperParameters"]["num_leaves"] == "64"
    assert "ModelDataUrl" not in found


def test_an_unknown_id_gets_the_list(capsys):
    """As an error, and from the command with exit code 1."""
    with pytest.raises(UnknownModelError, match=f"no model meta-llama here; it has .*{SENTENCES}"):
        resolve("meta-llama", "us-east-1")

    assert main(["--model", "meta-llama"]) == 1
    assert SENTENCES in capsys.readouterr().err
