"""What is to be analysed, read from its files."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from local.sagemaker.containers.monitoring.contract import AnalysisError
from local.sagemaker.containers.monitoring.dataset import flat, read_capture, read_dataset

if TYPE_CHECKING:
    from pathlib import Path


def line(asked: str, answered: str, encoding: str = "CSV", when: str = "", **about: Any) -> str:
    side = {"encoding": encoding, "observedContentType": "text/csv"}
    return json.dumps(
        {
            "captureData": {
                "endpointInput": side | {"data": asked},
                "endpointOutput": side | {"data": answered},
            },
            "eventMetadata": {"eventId": "e", "inferenceTime": when} | about,
        }
    )


def test_answers_come_before_what_was_asked() -> None:
    """Columns have no names; rows of one request stay apart; ids are the inference's own."""
    data = read_capture([line("1,x\n2,y\n", "0.1\n0.2\n", inferenceId="i")])

    assert data.rows == [
        {"_c0": "0.1", "_c1": "1", "_c2": "x"},
        {"_c0": "0.2", "_c1": "2", "_c2": "y"},
    ]
    assert (data.identities, data.named) == (["i", "i"], False)


def test_the_other_order_and_one_side_alone() -> None:
    """`END` puts answers last; a side that is not asked for is left out."""
    lines = [line("1,x", "0.1")]
    assert list(read_capture(lines, position="END").rows[0].values()) == ["1", "x", "0.1"]
    assert list(read_capture(lines, ["endpointInput"]).rows[0].values()) == ["1", "x"]


def test_json_has_names_of_its_own() -> None:
    """Members of objects are columns, nested ones joined with dots."""
    data = read_capture([line('{"a": {"b": 1}}', '{"p": 0.5}', "JSON")])
    assert (data.rows, data.named) == ([{"p": 0.5, "a.b": 1}], True)


def test_base64_is_decoded() -> None:
    """What data capture could not write as text is read all the same."""
    asked, said = (base64.b64encode(text).decode() for text in (b"1,2", b"3"))
    assert list(read_capture([line(asked, said, "BASE64")]).rows[0].values()) == ["3", "1", "2"]


def test_other_hours_are_left_out() -> None:
    """The start belongs to the time of analysis, the end does not."""
    lines = [line("1", "1", when=f"2026-02-03T10:0{minute}:00Z") for minute in range(4)]
    start = 1770112860.0  # 10:01
    assert len(read_capture(lines, start=start, end=start + 120).rows) == 2


def test_what_is_no_capture_is_refused() -> None:
    """A line of another form is an error and no row less."""
    with pytest.raises(AnalysisError, match="no captured exchange"):
        read_capture(['{"other": 1}'])


def test_files_of_three_formats(tmp_path: Path) -> None:
    """CSV with and without a header, and lines of JSON."""
    (tmp_path / "a.csv").write_text("n,s\n1,x\n2,\n")
    data = read_dataset(tmp_path / "a.csv", {"csv": {"header": True}})
    assert (data.names, data.column("s")) == (["n", "s"], ["x", None])
    bare = read_dataset(tmp_path / "a.csv", {"csv": {"header": False}})
    assert (bare.names, len(bare.rows)) == (["_c0", "_c1"], 3)
    (tmp_path / "b.json").write_text('{"n": 1}\n{"n": 2, "t": "z"}\n')
    data = read_dataset(tmp_path / "b.json", {"json": {"lines": True}})
    assert (data.names, data.column("t")) == (["n", "t"], [None, "z"])
    with pytest.raises(AnalysisError, match="avro"):
        read_dataset(tmp_path, {"avro": {}})


def test_lists_are_numbered() -> None:
    """A list's values are columns by position."""
    assert flat([1, {"a": 2}]) == {"_c0": 1, "_c1.a": 2}
