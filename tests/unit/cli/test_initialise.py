"""`baton init` writes a definition that the cloud accepts, its target proposed from the data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cli.skeleton import guess, guess_target
from lifecycle.problem import parse_problem

if TYPE_CHECKING:
    from pathlib import Path

CSV = "customerID,gender,tenure,Churn,note\nc1,f,3,Yes,a\nc2,m,4,No,b\nc3,m,4,No,a\n"


def _resolved(folder: Path, name: str) -> dict[str, Any]:
    return parse_problem((folder / "problem.yaml").read_bytes(), folder=name).document


def test_the_skeleton_is_a_valid_definition(baton: Any, tmp_path: Path) -> None:
    """Without any data it can be parsed as it is; the folder names the problem."""
    folder = tmp_path / "My Problem 2"

    answer = baton.json("init", folder)

    assert answer["name"] == "my-problem-2"
    assert _resolved(folder, "my-problem-2")["target"] == "outcome"


def test_target_id_and_sensitive_columns_are_proposed_from_rows(baton: Any, tmp_path: Path) -> None:
    """A look at some rows fills in what can be told from them."""
    data = tmp_path / "rows.csv"
    data.write_text(CSV)

    baton.json("init", tmp_path / "churn", data)

    found = _resolved(tmp_path / "churn", "churn")
    assert found["target"] == "Churn"
    assert found["positive"] == "Yes"
    assert found["columns"]["id"] == "customerID"
    assert found["columns"]["sensitive"] == ["gender"]


def test_names_and_values_that_yaml_would_misread_are_quoted(baton: Any, tmp_path: Path) -> None:
    """Columns such as `yes: no`, and non-ASCII ones, survive the file."""
    data = tmp_path / "rows.csv"
    data.write_text("größe,yes: [no]\n1,1\n2,0\n")

    baton.json("init", tmp_path / "p", data)

    found = _resolved(tmp_path / "p", "p")
    assert found["target"] == "yes: [no]"
    assert found["positive"] == "1"


def test_a_target_may_be_named_but_must_exist(baton: Any, tmp_path: Path) -> None:
    """--target wins over the guess; a column that is not there is told with those that are."""
    data = tmp_path / "rows.csv"
    data.write_text(CSV)

    assert baton.json("init", tmp_path / "p", data, "--target", "tenure")["target"]
    result = baton("init", tmp_path / "q", data, "--target", "nothing")

    assert _resolved(tmp_path / "p", "p")["target"] == "tenure"
    assert result.exit_code == 1
    assert "Its columns: customerID" in result.stderr


def test_a_definition_is_never_replaced_unasked(baton: Any, tmp_path: Path) -> None:
    """What is there stays, unless --force is given."""
    (tmp_path / "problem.yaml").write_text("mine")

    assert baton("init", tmp_path, "--name", "p").exit_code == 1
    assert (tmp_path / "problem.yaml").read_text() == "mine"
    assert baton("init", tmp_path, "--name", "p", "--force").exit_code == 0


@pytest.mark.parametrize(
    ("columns", "target"),
    [(["a", "Label", "b"], "Label"), (["x", "last"], "last"), (["y", "id"], "y")],
)
def test_telling_names_come_before_the_last_column(columns: list[str], target: str) -> None:
    """A column called label or target is what to predict; else the last one."""
    assert guess_target(columns) == target


def test_nothing_to_look_at_is_no_error() -> None:
    """An empty file leaves the skeleton's own words."""
    assert guess([]).target == "outcome"
