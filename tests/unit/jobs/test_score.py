"""Bulk scoring: the same file comes back, with the answers beside its rows."""

from __future__ import annotations

import csv
import gzip
import io
import json
import shutil
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from pyarrow import parquet

import score
from job_folders import InputMissingError, JobFolders
from row_files import Layout, UnreadableRowsError, answer_file
from serving_package import PackageMismatchError
from tests.unit.jobs.prepared_run import table

if TYPE_CHECKING:
    from pathlib import Path

ROWS = table(3, 120)
RECORDS = ROWS.drop_columns(["bought"]).to_pylist()


def as_csv(records: list[dict], *, header: bool = True, delimiter: str = ",") -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(records[0]), delimiter=delimiter)
    if header:
        writer.writeheader()
    writer.writerows(records)
    return text.getvalue()


def as_parquet(records: list[dict]) -> bytes:
    content = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(records), content)
    return content.getvalue()


@pytest.fixture
def folders(evaluated, tmp_path) -> JobFolders:
    """A scoring job's folders with the model, and no rows yet."""
    inputs = tmp_path / "processing" / "input"
    (inputs / "model").mkdir(parents=True)
    (inputs / "rows").mkdir()
    shutil.copy(evaluated.output("package") / "model.tar.gz", inputs / "model")
    return JobFolders(str(tmp_path))


def scored(folders: JobFolders, name: str, content: bytes) -> Path:
    (folders.input("rows") / name).write_bytes(content)
    score.run(folders)
    return folders.output("predictions") / name


def opened(path: Path) -> bytes:
    """A file's content, unpacked."""
    compression = {".gz": "gzip", ".zst": "zstd"}.get(path.suffix)
    with pa.input_stream(str(path), compression=compression) as file:
        return file.read()


def packed(content: bytes, compression: str) -> bytes:
    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, compression) as file:
        file.write(content)
    return out.getvalue().to_pybytes()


def answers(path: Path) -> list[tuple[str, float]]:
    """Label and score of each row, whatever the form."""
    content = opened(path)
    form = path.name.removesuffix(".gz").removesuffix(".zst").rsplit(".", 1)[1]
    if form in {"csv", "tsv"}:
        delimiter = "\t" if form == "tsv" else ","
        rows = list(csv.DictReader(io.StringIO(content.decode()), delimiter=delimiter))
    elif form == "json":
        rows = json.loads(content)
    elif form == "jsonl":
        rows = [json.loads(line) for line in content.splitlines()]
    else:
        rows = parquet.read_table(pa.BufferReader(content)).to_pylist()
    return [(row["prediction"], float(row["score"])) for row in rows]


@pytest.fixture
def expected(folders) -> list[tuple[str, float]]:
    """What the plain CSV file is answered."""
    found = answers(scored(folders, "expected.csv", as_csv(RECORDS).encode()))
    (folders.input("rows") / "expected.csv").unlink()
    return found


FORMS = {
    "rows.tsv": as_csv(RECORDS, delimiter="\t").encode(),
    "rows.csv.gz": gzip.compress(as_csv(RECORDS).encode()),
    "rows.csv.zst": packed(as_csv(RECORDS).encode(), "zstd"),
    "rows.json": json.dumps(RECORDS).encode(),
    "rows.jsonl": "\n".join(map(json.dumps, RECORDS)).encode(),
    "rows.jsonl.gz": gzip.compress("\n".join(map(json.dumps, RECORDS)).encode()),
    "rows.parquet": as_parquet(RECORDS),
    "rows.parquet.zst": packed(as_parquet(RECORDS), "zstd"),
    "umlaut ä+%.csv": as_csv(RECORDS).encode("utf-16"),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_comes_back_under_its_name_with_the_same_answers(folders, expected, name):
    """Same name, same form, same compression, same order."""
    path = scored(folders, name, FORMS[name])

    assert answers(path) == expected
    assert len(expected) == len(RECORDS)


@pytest.mark.parametrize("name", FORMS)
def test_a_personal_column_is_not_written_again(tmp_path, name):
    """In no form, whatever its letters' case."""
    source, target = tmp_path / name, tmp_path / "out" / name
    source.write_bytes(FORMS[name])
    first, *others = RECORDS[0]
    layout = Layout(list(RECORDS[0]), "y", len(RECORDS[0]), (first.upper(),))

    answer_file(source, target, layout, lambda columns: {"prediction": list(columns[others[0]])})

    if name.startswith("rows.parquet"):
        written = parquet.read_table(pa.BufferReader(opened(target))).column_names
        assert written == [*others, "prediction"]
    else:
        assert first not in opened(target).decode()


def test_the_callers_columns_are_kept_as_they_were(folders):
    """Cells are not touched, and the target may be among them."""
    rows = ROWS.to_pylist()
    path = scored(folders, "rows.csv", as_csv(rows).encode())
    found = list(csv.DictReader(io.StringIO(path.read_text())))

    assert [{name: row[name] for name in rows[0]} for row in found] == rows


def test_a_file_without_a_header_gets_none(folders, expected):
    """Columns in training order; the answers come last."""
    path = scored(folders, "rows.csv", as_csv(RECORDS, header=False).encode())
    lines = list(csv.reader(io.StringIO(path.read_text())))

    assert [(line[-2], float(line[-1])) for line in lines] == expected


def test_semicolons_are_found_out(folders, expected):
    """A German spreadsheet's CSV keeps its semicolons."""
    path = scored(folders, "rows.csv", as_csv(RECORDS, delimiter=";").encode())
    found = list(csv.DictReader(io.StringIO(path.read_text()), delimiter=";"))

    assert [(row["prediction"], float(row["score"])) for row in found] == expected


def test_a_column_called_prediction_is_not_overwritten(folders):
    """The answer takes a free name."""
    rows = [{**record, "prediction": "mine"} for record in RECORDS[:3]]
    path = scored(folders, "rows.csv", as_csv(rows).encode())
    found = list(csv.DictReader(io.StringIO(path.read_text())))

    assert [row["prediction"] for row in found] == ["mine"] * 3
    assert {row["prediction_"] for row in found} <= {"Yes", "No"}


def test_instances_stay_instances(folders):
    """The document around the rows is kept."""
    document = {"instances": RECORDS[:2], "from": "crm"}
    path = scored(folders, "rows.json", json.dumps(document).encode())
    found = json.loads(path.read_text())

    assert found["from"] == "crm"
    assert all("score" in row for row in found["instances"])


BROKEN = {
    "empty.csv": (b"", "holds no rows"),
    "only-header.csv": (b"income,gender,town\n", "holds no rows"),
    "ragged.csv": (b"income,gender,town\n1,F,Ulm\n1,F\n", r"1 line\(s\) do not have 3 cells"),
    "other.csv": (b"alpha;beta\n1;2\n", "names none of the columns income, gender, town"),
    "lying.csv": (as_parquet(RECORDS), "its content is Parquet"),
    "broken.json": (b"[{]", "it is not JSON"),
    "list.jsonl": (b"[1, 2]\n", r"row\(s\) 1 are no objects"),
    "broken.parquet": (b"PAR1 and no more", "damaged"),
    "broken.csv.gz": (b"\x1f\x8b and no more", "damaged"),
    "foreign.parquet": (as_parquet([{"x": 1}]), "none of the columns income, gender, town"),
    "rows.xlsx": (b"PK", "is none of .csv, .tsv"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_is_told_by_name_and_leaves_no_answer(folders, name):
    """The file's name, what is wrong, and no half-written file."""
    content, told = BROKEN[name]

    with pytest.raises(UnreadableRowsError, match=told) as caught:
        scored(folders, name, content)
    assert str(caught.value).startswith(name)
    assert not (folders.output("predictions") / name).exists()


def test_a_job_without_rows_says_so(folders):
    """There is nothing to answer."""
    with pytest.raises(InputMissingError, match="'rows' holds no file"):
        score.run(folders)


def test_many_pieces_are_one_file(folders, monkeypatch):
    """Rows are answered piece by piece, and the file shows nothing of it."""
    whole = scored(folders, "rows.csv", as_csv(RECORDS).encode()).read_bytes()
    monkeypatch.setattr("row_files.PIECE", 7)

    assert scored(folders, "rows.csv", as_csv(RECORDS).encode()).read_bytes() == whole


def test_a_model_other_than_the_one_told_of_answers_nothing(folders, monkeypatch):
    monkeypatch.setenv("BATON_MODEL_SHA256", "0" * 64)

    with pytest.raises(PackageMismatchError, match="replaced"):
        scored(folders, "rows.csv", as_csv(RECORDS).encode())
    assert not list(folders.output("predictions").iterdir())
