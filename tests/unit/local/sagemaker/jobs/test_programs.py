"""Entry points turned into orders."""

from pathlib import Path

import pytest

from local.sagemaker.jobs.programs import program_order

PYTHON = Path("/jobs/python")
FOLDER = Path("/job")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["python3", "/code/run.py", "a"], ("script", "/code/run.py", ("a",))),
        (["python", "-u", "run.pyz", "a"], ("script", "/job/run.pyz", ("a",))),
        (["/usr/bin/python3.9", "-m", "package", "a"], ("module", "package", ("a",))),
        (["python3", "-c", "print()"], ("command", "/jobs/python", ("-c", "print()"))),
        (["/bin/sh", "run.sh"], ("command", "/bin/sh", ("run.sh",))),
        (["Rscript", "run.R"], ("command", "Rscript", ("run.R",))),
    ],
)
def test_python_runs_warm_and_all_else_is_executed(words, expected):
    """Scripts and modules go to the warm interpreter, by any of Python's names."""
    order = program_order(words, {}, FOLDER, PYTHON)
    kind, value, arguments = expected

    assert (getattr(order, kind), order.arguments) == (value, arguments)
