"""A problem.yaml with mistakes: every one is told at once, and what was in force stays so."""

import pytest

from tests import tables

pytestmark = pytest.mark.e2e

WRONG = """name: strict
target: price
tsak: regression
tune:
  jobs: many
deploy: {mode: everywhere}
"""


def test_every_fault_is_told_by_line_and_the_definition_before_stays(cloud):
    cloud.define("strict", "price", data={"minimum_rows": 400})
    cloud.event("strict", "ProblemDefined")
    resolved = cloud.read("strict/problem.resolved.yaml")

    cloud.put("strict/problem.yaml", WRONG)

    rejected = cloud.event("strict", "ProblemRejected")
    told = {fault["path"]: fault for fault in rejected["faults"]}
    assert {path: told[path]["line"] for path in told} == {
        "tsak": 3,
        "tune.jobs": 5,
        "deploy.mode": 6,
    }
    assert "serverless" in told["deploy.mode"]["accepted"]
    message = cloud.alert("strict", "ProblemRejected")["Message"]
    assert all(path in message for path in told)
    assert cloud.read("strict/problem.resolved.yaml") == resolved
    cloud.put("strict/data/rows.csv", tables.to_csv(tables.houses(400, seed=99)))
    assert cloud.event("strict", "RunStarted")["rows"] == 400


@pytest.mark.parametrize(
    ("problem", "body", "containing"),
    [
        ("no-yaml", b"name: [unclosed\ntarget: x", "YAML"),
        ("no-text", b"\x00\x01\xfe\xff\x80" * 20, ""),
        ("nothing", b"", "empty"),
        ("other-name", b"name: else\ntarget: x", "name"),
        ("list-only", b"- a\n- b\n", ""),
    ],
    ids=["no YAML", "no text", "empty", "another name", "a list"],
)
def test_what_is_no_definition_is_refused_in_words(cloud, problem, body, containing):
    cloud.put(f"{problem}/problem.yaml", body)

    rejected = cloud.event(problem, "ProblemRejected")

    said = " ".join(fault["message"] + fault["path"] for fault in rejected["faults"])
    assert said
    assert containing in said
    assert not cloud.heard(problem, "ProblemDefined")


def test_a_mended_definition_is_taken(cloud):
    cloud.put("mended/problem.yaml", "name: mended\n")
    cloud.event("mended", "ProblemRejected")

    cloud.define("mended", "price")

    assert cloud.event("mended", "ProblemDefined")["target"] == "price"
