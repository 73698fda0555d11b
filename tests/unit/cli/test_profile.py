"""`baton profile` looks at a plain file, with no stack and nothing running."""

from __future__ import annotations

import csv
import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

CITIES = {"35233": "birmingham", "35031": "blountsville", "36301": "dothan"}


@pytest.fixture
def places(no_laptop: None, tmp_path: Path) -> Path:
    """Sixty rows of places, three of whose cities are wrong."""
    rows = [[code, f"county {code}", city] for code, city in CITIES.items() for _ in range(20)]
    rows[3][2], rows[25][2], rows[50][2] = "bxrmingham", "N/A", "birmingham"
    path = tmp_path / "places.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["zip", "county", "city"], *rows])
    return path


def suspects(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_wrong_cells_are_written_with_what_should_stand_there(
    baton: Any, places: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out" / "suspects.csv"
    answer = baton.json("profile", places, "--suspects", out)

    found = suspects(out)
    assert list(found[0]) == ["row", "column", "value", "reason", "suggestion"]
    assert [(each["row"], each["column"], each["value"]) for each in found] == [
        ("3", "city", "bxrmingham"),
        ("25", "city", "N/A"),
        ("50", "city", "birmingham"),
    ]
    assert [each["suggestion"] for each in found] == ["birmingham", "blountsville", "dothan"]
    assert answer["suspects"] == 3
    assert answer["columns"] == {"city": 3}
    assert answer["rows"] == answer["rows_examined"] == 60


def test_people_see_the_columns_and_where_the_cells_were_written(
    baton: Any, places: Path, tmp_path: Path
) -> None:
    result = baton("profile", places, "--suspects", tmp_path / "s.csv")
    assert result.exit_code == 0
    assert "city" in result.output
    assert "3 suspected cells in 60 rows" in result.output


def test_a_gzipped_file_gives_the_same(baton: Any, places: Path, tmp_path: Path) -> None:
    packed = tmp_path / "places.csv.gz"
    packed.write_bytes(gzip.compress(places.read_bytes()))
    baton.json("profile", places, "--suspects", tmp_path / "plain.csv")
    baton.json("profile", packed, "--suspects", tmp_path / "packed.csv")
    assert suspects(tmp_path / "packed.csv") == suspects(tmp_path / "plain.csv")


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("gone.csv", None, "is not there"),
        ("notes.txt", b"a,b\n1,2\n", "Its name has .txt"),
        ("empty.csv", b"", "The file is empty"),
        ("header.csv", b"a,b\n", "There are no rows"),
        ("ragged.csv", b"a,b\n1,2\n1,2,3\n", "Line 3 has 3 fields, but the header has 2"),
    ],
)
@pytest.mark.usefixtures("no_laptop")
def test_a_file_that_cannot_be_read_is_told_with_its_cure(
    name: str, body: bytes | None, said: str, baton: Any, tmp_path: Path
) -> None:
    path = tmp_path / name
    if body is not None:
        path.write_bytes(body)
    result = baton("profile", path, "--suspects", tmp_path / "s.csv")
    assert result.exit_code == 1
    assert said in result.stderr
    assert not (tmp_path / "s.csv").exists()


def test_without_options_the_table_is_summarised(baton: Any, places: Path) -> None:
    result = baton("profile", places)
    assert result.exit_code == 0
    assert "places.csv: 60 rows, 3 columns" in result.output
    assert "There are only 60 rows" in result.output
    assert "county" in result.output


def test_json_is_the_whole_profile(baton: Any, places: Path) -> None:
    told = baton.json("profile", places, "--target", "city")
    assert told["rows"] == 60
    assert told["target"]["name"] == "city"
    assert [column["name"] for column in told["columns"]] == ["zip", "county", "city"]
    assert {each["severity"] for each in told["insights"]} <= {"high", "medium", "low"}


def test_a_report_is_a_page_and_its_json(baton: Any, places: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "report"
    result = baton("profile", places, "--report", folder)
    assert result.exit_code == 0
    assert (folder / "profile.html").read_text().startswith("<!doctype html>")
    assert json.loads((folder / "profile.json").read_text())["file"] == "places.csv"


def test_a_target_that_is_not_there_is_told_with_the_nearest(baton: Any, places: Path) -> None:
    result = baton("profile", places, "--target", "citty")
    assert result.exit_code == 1
    assert "no column 'citty'" in result.stderr
    assert "did you mean 'city'" in result.stderr


def test_suspects_and_a_report_are_asked_for_apart(
    baton: Any, places: Path, tmp_path: Path
) -> None:
    result = baton("profile", places, "--suspects", tmp_path / "s.csv", "--report", tmp_path / "r")
    assert result.exit_code == 1
    assert "go without" in result.stderr


def test_the_file_itself_is_never_overwritten(baton: Any, places: Path) -> None:
    before = places.read_bytes()
    result = baton("profile", places, "--suspects", places)
    assert result.exit_code == 1
    assert places.read_bytes() == before


def labelled(path: Path, *rows: tuple[str, ...], header: tuple[str, ...]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def test_labels_say_what_the_file_alone_does_not(
    baton: Any, no_laptop: None, tmp_path: Path
) -> None:
    """Lengths are all written with their unit, which only people know to be wrong."""
    file = labelled(
        tmp_path / "lengths.csv", *((f"{at} cm",) for at in range(1, 100)), header=("length",)
    )
    labels = labelled(
        tmp_path / "labels.csv",
        *((str(at - 1), str(at)) for at in range(1, 60, 6)),
        header=("row", "length"),
    )
    alone = baton.json("profile", file, "--suspects", tmp_path / "alone.csv")
    answer = baton.json("profile", file, "--suspects", tmp_path / "s.csv", "--labels", labels)

    assert alone["suspects"] == 0
    assert (answer["suspects"], answer["labelled"]) == (99, 10)
    assert [each["suggestion"] for each in suspects(tmp_path / "s.csv")] == [
        str(at) for at in range(1, 100)
    ]


def test_rows_asked_for_are_given_back_as_labels(baton: Any, places: Path, tmp_path: Path) -> None:
    asked = tmp_path / "ask.csv"
    answer = baton.json("profile", places, "--ask", asked)
    assert len(answer["asked"]) == len(set(answer["asked"])) == 20
    assert {3, 25, 50} & set(answer["asked"])

    with asked.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["row", "zip", "county", "city"]
    assert [int(each["row"]) for each in rows] == answer["asked"]

    again = baton.json("profile", places, "--suspects", tmp_path / "s.csv", "--labels", asked)
    named = {each["row"] for each in suspects(tmp_path / "s.csv")}
    assert again["labelled"] == 20
    assert not named & {each["row"] for each in rows}


@pytest.mark.parametrize(
    ("header", "rows", "said"),
    [
        (("zip", "city"), [("1", "a")], "it has no column 'row'"),
        (("row",), [("1",)], "it has no column besides 'row'"),
        (("row", "town"), [("1", "a")], "the data has no column 'town'"),
        (("row", "city"), [("60", "a")], "the data has no row '60'"),
        (("row", "city"), [("first", "a")], "no row numbers: 'first'"),
        (("row", "city"), [("-1", "a")], "no row numbers: '-1'"),
        (("row", "city"), [("1", "a"), ("1", "b")], "labelled twice: row '1'"),
    ],
)
def test_labels_of_other_data_are_refused(
    header: tuple[str, ...], rows: list[tuple[str, ...]], said: str, baton: Any, places: Path
) -> None:
    labels = labelled(places.parent / "labels.csv", *rows, header=header)
    out = places.parent / "s.csv"
    result = baton("profile", places, "--suspects", out, "--labels", labels)
    assert result.exit_code == 1
    assert said in result.stderr.replace("\n", " ")
    assert not out.exists()


def test_every_fault_of_the_labels_is_named_at_once(baton: Any, places: Path) -> None:
    labels = labelled(places.parent / "labels.csv", ("70", "a"), ("x", "b"), header=("row", "town"))
    result = baton("profile", places, "--suspects", places.parent / "s.csv", "--labels", labels)
    for said in ("'x'", "'70'", "'town'", "zip, county, city"):
        assert said in result.stderr
