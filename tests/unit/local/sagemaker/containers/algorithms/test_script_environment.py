"""What a script's requirements are kept under, and when nothing needs to be installed."""

import pytest

from local.sagemaker.containers.algorithms.script_environment import all_present, identity, prepare


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("# tools\n\nnumpy>=1  # really\n", True),
        ("numpy>=999\n", False),
        ("no-such-thing==1.0\n", False),
        ("no-such-thing==1.0; python_version < '3'\n", True),
        ("numpy\n./tool.whl\n", False),
        ("--no-binary :all:\nnumpy\n", False),
        ("numpy[extra]\n", False),
    ],
)
def test_requirements_that_are_met_need_nothing(text, expected):
    """By name, version and marker; whatever is no plain requirement goes to pip."""
    assert all_present(text) is expected


def test_without_requirements_there_is_no_environment(tmp_path):
    """And with met ones neither."""
    assert prepare(tmp_path) is None
    (tmp_path / "requirements.txt").write_text("numpy\n")
    assert prepare(tmp_path) is None


def test_an_environment_is_known_by_what_was_asked_for(tmp_path, monkeypatch):
    """The text, pip's settings, and the files beside it if any of them is named."""
    (tmp_path / "train.py").write_text("1")
    plain, local = identity(tmp_path, "tool==1"), identity(tmp_path, "./tool.whl")
    assert plain == identity(tmp_path, "tool==1")
    assert plain != identity(tmp_path, "tool==2")

    (tmp_path / "train.py").write_text("2")
    assert plain == identity(tmp_path, "tool==1")
    assert local != identity(tmp_path, "./tool.whl")

    monkeypatch.setenv("PIP_INDEX_URL", "https://example.org")
    assert plain != identity(tmp_path, "tool==1")
