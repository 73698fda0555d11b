"""A script's command line and its error texts."""

import pytest

from local.sagemaker.containers.algorithms.script import command_of, to_arguments, told


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


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("train.py", ["/usr/bin/python3", "train.py", "-C", "3"]),
        ("train.R", ["Rscript", "train.R", "-C", "3"]),
        ("run.sh", ["/bin/sh", "-c", "./run.sh -C 3"]),
    ],
)
def test_the_command_goes_by_the_file(entry, expected):
    """Python, R, or whatever the file's first line says."""
    assert command_of(entry, ["-C", "3"]) == expected


def test_an_error_is_told_as_the_toolkit_tells_it():
    """Name, exit code, message, command."""
    assert told("ExecuteUserScriptError", 2, "no luck", "python3 a.py") == (
        'ExecuteUserScriptError:\nExitCode 2\nErrorMessage "no luck"\nCommand "python3 a.py"'
    )
