"""Hyperparameters as a script's arguments."""

from local.sagemaker.algorithms.script import missing_requirements, to_arguments


def test_arguments_are_the_toolkits():
    """Sorted by name; one dash for one letter; None empty, lists as Python prints them."""
    values = {"rate": 0.5, "C": 3, "names": ["a", "b"], "none": None, "map": {"y": 2, "x": 1}}

    assert to_arguments(values) == [
        "-C", "3",
        "--map", "x=1,y=2",
        "--names", "['a', 'b']",
        "--none", "",
        "--rate", "0.5",
    ]  # fmt: skip


def test_requirements_that_are_missing_are_named(tmp_path):
    """Comments and blank lines are nothing; no file means no requirement."""
    path = tmp_path / "requirements.txt"
    assert missing_requirements(path) == []
    path.write_text("# tools\n\nnumpy>=1\nno-such-thing==1.0  # really\n")
    assert missing_requirements(path) == ["no-such-thing"]
