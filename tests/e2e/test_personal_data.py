"""Cells of personal columns are nowhere but where they were dropped, whatever else goes wrong.

Every personal cell bears a mark. At the end all that is kept or was said outside the landing
bucket is searched for it: objects of every form, rows, logs, events and alerts.
"""

import gzip
import io
import json
import tarfile
import zipfile

import pyarrow as pa
import pytest
from boto3.dynamodb.types import TypeDeserializer
from pyarrow import parquet

from tests import tables
from tests.e2e.cloud import PATIENCE_SECONDS

pytestmark = pytest.mark.e2e

MARK = "zqx7planted"
PERSONAL = ["email", "phone"]
MERGED = "people-dms/dms/shop/person"
PEOPLE = [f"people-{action}" for action in ("hash", "drop")]


def persons(rows, seed):
    """Customers with two columns more, which nobody is to see."""
    return [
        {
            **row,
            "email": f"{MARK}.{seed}.{number}@example.com",
            "phone": f"+49 {MARK} {seed} {number}",
        }
        for number, row in enumerate(tables.customers(rows, seed=seed))
    ]


ROWS = persons(520, 91)
LATER = [{k: v for k, v in row.items() if k != "Churn"} for row in persons(30, 92)]
STREAMED = persons(40, 93)


def ragged():
    lines = tables.to_csv(persons(20, 94)).splitlines()
    lines[7] += f",one,too,many,{MARK}"
    return "\n".join(lines).encode()


def as_parquet():
    out = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(persons(50, 95)), out, compression="none")
    return out.getvalue()


BAD = {
    "ragged.csv": ragged(),
    "cut off.json": json.dumps(persons(20, 96)).encode()[:-40],
    "cut off.parquet": as_parquet()[:-200],
    "no rows.json": json.dumps([MARK, {"email": MARK}]).encode(),
    "another code.csv": b"\xff\xfe" + tables.to_csv(persons(9, 97)).encode() + b"\x81\x00",
}


def opening(cloud):
    for problem in PEOPLE:
        action = problem.removeprefix("people-")
        cloud.stream(*({"problem": problem, "record": row} for row in STREAMED[:20]))  # they wait
        cloud.define(
            problem,
            "Churn",
            columns={"id": "customerID"},
            compliance={"pii": PERSONAL, "pii_action": action},
            deploy={"mode": "serverless" if action == "hash" else "batch"},
            tune={"strategy": "none"},
            retrain={"on": []},
        )
        for name, body in BAD.items():
            cloud.put(f"{problem}/data/{name}", body)
        cloud.put(f"{problem}/data/rows.csv", tables.to_csv(ROWS))
    listed = {"kind": "database", "through": "dms", "name": "shop", "tables": ["shop.person"]}
    cloud.put(f"{MERGED}/LOAD00000001.csv", tables.to_csv(persons(60, 98)))
    cloud.define(
        "people-dms",
        "Churn",
        compliance={"pii": PERSONAL},
        data={"minimum_rows": 10**6, "sources": [listed]},
    )


@pytest.fixture(scope="module", autouse=True)
def streamed(cloud):
    """Records of problems that are known by now, and some that cannot be taken in."""
    for problem in PEOPLE:
        cloud.event(problem, "ProblemDefined")
        cloud.stream(*({"problem": problem, "record": row} for row in STREAMED[20:]))
        cloud.stream({"problem": problem, "record": [MARK]}, {"problem": problem, MARK: MARK})
        cloud.stream(b'{"problem": "%s", "record": "%s"' % (problem.encode(), MARK.encode()))


def objects(cloud, bucket, prefix):
    """Key and bytes of each object, of every version of it."""
    pages = cloud.s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        for item in page.get("Versions", []):
            which = {"Bucket": bucket, "Key": item["Key"], "VersionId": item["VersionId"]}
            yield item["Key"], cloud.s3.get_object(**which)["Body"].read()


def opened(data):
    """The bytes, and those of what is packed in them."""
    yield data
    if data[:4] == b"PAR1":
        yield str(parquet.read_table(io.BytesIO(data)).to_pydict()).encode()
    elif data[:2] == b"\x1f\x8b":
        yield from opened(gzip.decompress(data))
    elif data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield from opened(archive.read(name))
    elif data[257:262] == b"ustar":
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for member in archive:
                if member.isfile():
                    yield from opened(archive.extractfile(member).read())


def bears_the_mark(data):
    return any(MARK.encode() in part.lower() for part in opened(data))


def all_rows(cloud):
    pages = (
        cloud.client("dynamodb")
        .get_paginator("scan")
        .paginate(TableName=cloud.outputs["RecordTable"])
    )
    read = TypeDeserializer().deserialize
    for page in pages:
        for item in page["Items"]:
            yield str({name: read(value) for name, value in item.items()})


def all_logs(cloud):
    logs = cloud.client("logs")
    for page in logs.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            name = group["logGroupName"]
            for part in logs.get_paginator("filter_log_events").paginate(logGroupName=name):
                yield from (f"{name}: {event['message']}" for event in part["events"])


@pytest.mark.parametrize("problem", PEOPLE)
def test_each_bad_file_is_told_and_each_good_row_is_learned_from(cloud, problem):
    for name in BAD:
        cloud.event(problem, "DataRejected", source=f"{problem}/data/{name}")
    assert cloud.event(problem, "DataIngested", source=f"{problem}/data/rows.csv")["rows"] == len(
        ROWS
    )
    assert cloud.event(problem, "ModelDeployed")


@pytest.mark.parametrize("problem", PEOPLE)
def test_a_record_that_cannot_be_taken_in_stays_in_the_landing_bucket(cloud, problem):
    place = f"{problem}/quarantine/stream/"

    assert cloud.until(lambda: [*objects(cloud, cloud.landing, place)], PATIENCE_SECONDS)


def test_a_table_that_dms_writes_is_taken_in(cloud):
    assert cloud.event("people-dms", "DataIngested")["rows"] == 60


def test_a_question_that_holds_personal_cells_is_answered(cloud):
    cloud.event("people-hash", "ModelDeployed")
    url = f"{cloud.outputs['PredictUrl']}people-hash"

    status, text = cloud.fetch(url, json.dumps({"instances": LATER}).encode())

    assert (status, len(json.loads(text)["predictions"])) == (200, len(LATER))


def test_scored_rows_bear_no_personal_cells(cloud):
    cloud.event("people-drop", "ModelDeployed")

    cloud.put("people-drop/score/later.csv", tables.to_csv(LATER))

    scored = tables.from_csv(cloud.read(cloud.event("people-drop", "PredictionsReady")["uri"]))
    assert len(scored) == len(LATER)
    assert not set(PERSONAL) & set(scored[0])


def test_no_personal_cell_is_anywhere_but_in_the_landing_bucket(cloud):
    for problem in PEOPLE:
        cloud.event(problem, "ModelDeployed")
    cloud.event("people-dms", "DataIngested")
    found = []
    for problem in (*PEOPLE, "people-dms"):
        dropped = list(objects(cloud, cloud.landing, f"{problem}/"))
        assert any(bears_the_mark(data) for _, data in dropped)  # the search finds what is there
        kept = list(objects(cloud, cloud.lake, f"{problem}/"))
        assert kept
        found += [key for key, data in kept if bears_the_mark(data)]
    found += [row for row in all_rows(cloud) if MARK in row.lower()]
    found += [line for line in all_logs(cloud) if MARK in line.lower()]
    found += cloud.bus.all(lambda event: MARK in json.dumps(event).lower())
    found += cloud.topic.all(lambda alert: MARK in json.dumps(alert).lower())
    assert found == []
