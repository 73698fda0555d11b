"""Two lives are alike whatever chance called their runs."""

import pytest

from faults.judge.evidence import Said
from faults.judge.likeness import _Names


class Rows:
    """What the names are made of, of two runs that began within one second."""

    problem = "churn"

    def __init__(self, first, second):
        self.rows = {"run": [{"run": name} for name in sorted((first, second))]}
        self.said = [
            Said(
                "RunStarted", name, {"run": name}, "", "start_run", "", f"2026-01-01T00:00:00.{at}"
            )
            for name, at in ((first, "100Z"), (second, "900Z"))
        ]


@pytest.mark.parametrize("ends", [("aaaaaa", "bbbbbb"), ("bbbbbb", "aaaaaa")])
def test_runs_of_one_second_are_numbered_as_they_began(ends):
    first, second = (f"20260101T000000-{end}" for end in ends)

    names = _Names(Rows(first, second))

    assert [names.run(first), names.run(second)] == ["run 1", "run 2"]
