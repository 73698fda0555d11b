"""How columns change from file to file: told in full, and read all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from science import schema
from science.database import connect
from science.load import load, survey
from science.tables import ingest

if TYPE_CHECKING:
    from pathlib import Path


def taken(folder: Path, name: str, text: str) -> Path:
    """A CSV file, ingested."""
    landed, out = folder / "landed", folder / f"{name}.parquet"
    landed.write_text(text, encoding="utf-8")
    ingest(landed, f"{name}.csv", out)
    return out


def columns(folder: Path, text: str, name: str = "rows") -> list[dict[str, Any]]:
    found = schema.of_file(taken(folder, name, text))
    assert found is not None
    return found


def told(before: list[dict[str, Any]], now: list[dict[str, Any]]) -> list[str]:
    return [f"{each['change']} {each['column']}".strip() for each in schema.changes(before, now)]


def test_kinds_are_told_by_what_the_cells_hold(tmp_path: Path) -> None:
    """Missing markers and blanks tell nothing."""
    found = columns(
        tmp_path,
        "n,x,b,d,t,e,big\n"
        "1,1.5,yes,2026-02-03,a b,,123456789012345678901234\n"
        " 2 ,2,no,2026-02-04,7,NA,1\n"
        ",1e3,,2026-02-05,c,,2\n",
    )

    kinds = {column["name"]: column["kind"] for column in found}
    assert kinds == {
        "n": "integer",
        "x": "decimal",
        "b": "boolean",
        "d": "date",
        "t": "text",
        "e": "empty",
        "big": "integer",
    }


def test_the_first_file_changes_nothing_and_the_same_again_neither(tmp_path: Path) -> None:
    found = columns(tmp_path, "a,b\n1,x\n")

    assert told([], found) == []
    assert told(schema.united([], found, "one"), found) == []


def test_every_kind_of_change_is_told(tmp_path: Path) -> None:
    """New, missing, another case, another order, wider, and dates that are written otherwise."""
    before = columns(tmp_path, "Age,gone,n,x,day\n30,1,1,1.5,2026-02-03\n")
    now = columns(tmp_path, "n,age,x,day,added\n2.5,31,many,25/02/2026,1\n")

    assert told(before, now) == [
        "new added",
        "missing gone",
        "renamed_case Age",
        "reordered",
        "widened n",
        "widened x",
        "format day",
    ]
    sentences = [schema.sentence(change) for change in schema.changes(before, now)]
    assert "Age is spelled age now; both are one column." in sentences
    assert "n was integer and holds decimal now; all of it is read as decimal." in sentences


def test_narrower_cells_and_cells_that_come_later_are_no_change(tmp_path: Path) -> None:
    """A column that was decimal may hold whole numbers; one that was empty may hold anything."""
    before = columns(tmp_path, "x,e\n1.5,\n")

    assert told(before, columns(tmp_path, "x,e\n1,2026-02-03\n")) == []


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("1", "1.5", "decimal"),
        ("1", "2026-02-03", "text"),
        ("1.5", "many", "text"),
        ("yes", "1", "text"),
        ("", "yes", "boolean"),
    ],
)
def test_united_columns_hold_what_both_held(
    tmp_path: Path, one: str, other: str, both: str
) -> None:
    """Whichever came first, under the name that came first."""
    first, second = (columns(tmp_path, f"C,z\n{cell},1\n") for cell in (one, other))
    second[0] = second[0] | {"name": "c"}
    there = schema.united(schema.united([], first, "one"), second, "two")
    back = schema.united(schema.united([], second, "two"), first, "one")

    assert (there[0]["name"], there[0]["kind"]) == ("C", both)
    assert (back[0]["name"], back[0]["kind"]) == ("c", both)
    assert there[0]["since"] == "one"


PROBLEM = {"target": "Churn", "columns": {"id": "customer"}}


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("customer,a", "The target Churn is missing"),
        ("Churn,a", "The identifier customer is missing"),
    ],
)
def test_a_lost_target_or_identifier_is_a_fault_with_its_cure(
    tmp_path: Path, header: str, says: str
) -> None:
    before = columns(tmp_path, "customer,Churn,a\n1,yes,2\n")

    with pytest.raises(schema.LostColumn) as caught:
        schema.refuse_lost_roles(before, columns(tmp_path, f"{header}\n1,2\n"), PROBLEM)

    assert says in caught.value.reason
    assert "Bring the column" in caught.value.cure


def test_a_renamed_target_is_guessed(tmp_path: Path) -> None:
    before = columns(tmp_path, "customer,Churn\n1,yes\n")

    with pytest.raises(schema.LostColumn, match="Churned is new"):
        schema.refuse_lost_roles(before, columns(tmp_path, "customer,Churned\n1,2\n"), PROBLEM)


def test_another_case_or_none_before_is_no_loss(tmp_path: Path) -> None:
    before = columns(tmp_path, "customer,Churn\n1,yes\n")

    schema.refuse_lost_roles(before, columns(tmp_path, "CUSTOMER,churn\n1,2\n"), PROBLEM)
    schema.refuse_lost_roles([], columns(tmp_path, "a,b\n1,2\n"), PROBLEM)


def test_tables_of_very_many_columns_are_not_followed(tmp_path: Path) -> None:
    header = ",".join(f"c{number}" for number in range(schema.MOST_COLUMNS + 1))
    row = ",".join("1" for _ in range(schema.MOST_COLUMNS + 1))

    assert schema.of_file(taken(tmp_path, "wide", f"{header}\n{row}\n")) is None


def test_files_whose_columns_changed_are_read_as_one_table(tmp_path: Path) -> None:
    """Cases united, whole and broken numbers together, both spellings of a date read."""
    days = "".join(f"{number},2026-01-{number:02d}\n" for number in range(1, 29))
    other = "".join(f"{number}.5,{number:02d}/02/2026,x\n" for number in range(1, 29))
    paths = [
        taken(tmp_path, "one", f"Age,day\n{days}"),
        taken(tmp_path, "two", f"AGE,Day,added\n{other}"),
    ]
    with connect() as connection:
        landed = load(connection, paths)
        names = list(landed.names)
        found = {each.name: each for each in survey(landed.engine, "cells", names, 56)}

    assert names == ["Age", "day", "added"]
    assert (found["Age"].kind, found["Age"].present) == ("number", 56)
    assert (found["day"].kind, len(found["day"].formats)) == ("date", 2)
    assert found["added"].present == 28
