"""Files of every making: what can be read is, the rest is set aside with its reason."""

import functools
import gzip
import io
import json

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests import tables

pytestmark = pytest.mark.e2e

PART = 260
PARTS = [tables.customers(PART, seed=80 + number) for number in range(5)]


def utf16():
    return tables.to_csv(PARTS[0]).encode("utf-16")


def bom_crlf_and_newlines_in_quotes():
    rows = [{**row, "note": f'{row["note"]},\r\n"so they said"'} for row in PARTS[1]]
    return b"\xef\xbb\xbf" + tables.to_csv(rows, newline="\r\n").encode()


def fewer_and_more_columns():
    return json.dumps(
        [
            {**{k: v for k, v in row.items() if k not in {"note", "since"}}, "region": "north"}
            for row in PARTS[2]
        ]
    ).encode()


def as_parquet():
    out = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(PARTS[3]), out)
    return out.getvalue()


def zipped_semicolons():
    return gzip.compress(tables.to_csv(PARTS[4], delimiter=";").encode(), mtime=0)


GOOD = {
    "data/utf 16.csv": utf16,
    "data/bom+crlf.csv": bom_crlf_and_newlines_in_quotes,
    "data/2026/100% größer/日本.json": fewer_and_more_columns,
    "data/rows.parquet": as_parquet,
    "data/semi;colons.csv.gz": zipped_semicolons,
}


@functools.cache
def bomb():
    """About a megabyte that would grow to a gigabyte: one small member, a hundred times."""
    return gzip.compress(b"1,1,1,1,1\n" * 1_048_576, 9) * 100


def ragged():
    lines = tables.to_csv(PARTS[0][:20]).splitlines()
    lines[7] += ",one,too,many"
    return "\n".join(lines).encode()


BAD = {
    "data/empty.csv": lambda: b"",
    "data/ragged lines.csv": ragged,
    "data/picture.csv": lambda: b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 40,
    "data/table.parquet": utf16,
    "data/cut off.csv.gz": lambda: zipped_semicolons()[:-300],
    "data/odd.xlsx": lambda: b"PK\x03\x04" + b"\x00" * 100,
    "data/bomb.csv.gz": bomb,
}


def opening(cloud):
    """All files of one problem, which waits until every good row is there; the bad ones first."""
    columns = {"id": "customerID"}
    cloud.define("messy", "Churn", data={"minimum_rows": PART * len(GOOD)}, columns=columns)
    for key, body in (BAD | GOOD).items():
        cloud.put(f"messy/{key}", body())


def test_files_of_many_makings_become_one_table(cloud):
    """UTF-16, BOM, CRLF, newlines in quotes, columns that come and go, odd names: all of it."""
    started = cloud.event("messy", "RunStarted")
    run = cloud.event("messy", "ModelDeployed")["run"]

    ingested = {e["source"]: e["rows"] for e in cloud.events("messy", "DataIngested", len(GOOD))}
    assert ingested == {f"messy/{key}": PART for key in GOOD}
    assert (started["inputs"], started["rows"]) == (len(GOOD), PART * len(GOOD))
    profile = json.dumps(cloud.report("messy", run, "profile"), ensure_ascii=False)
    assert "region" in profile
    assert "\ufeff" not in profile
    assert len(cloud.answers("messy", tables.questions(PARTS[0][:3], "Churn"))) == 3


@pytest.mark.parametrize("key", BAD)
def test_a_file_that_cannot_be_read_is_set_aside_unchanged(cloud, key):
    """What, where and how to mend it: in the event, beside the file, and in an alert."""
    key, body = f"messy/{key}", BAD[key]()

    refused = cloud.event("messy", "DataRejected", source=key)

    assert refused["quarantine_uri"] == f"s3://{cloud.lake}/messy/quarantine/{key}"
    assert cloud.read(refused["quarantine_uri"]) == body
    reason = json.loads(cloud.read(refused["quarantine_uri"] + ".reason.json"))
    assert reason["source"] == f"s3://{cloud.landing}/{key}"
    (fault,) = reason["faults"]
    assert fault["message"]
    assert fault["cure"]
    assert fault["message"] in cloud.alert("messy", "DataRejected", containing=key)["Message"]


def test_a_ragged_line_is_named(cloud):
    refused = cloud.event("messy", "DataRejected", source="messy/data/ragged lines.csv")

    assert refused["faults"][0]["line"] == 8


def test_a_bomb_is_not_unpacked_whole(cloud):
    refused = cloud.event("messy", "DataRejected", source="messy/data/bomb.csv.gz")

    assert "grow beyond" in refused["faults"][0]["message"]
