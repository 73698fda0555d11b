"""Records one by one through Kinesis: rows, and records that are no rows."""

import json

import pytest

from tests import tables

pytestmark = pytest.mark.e2e

ROWS = tables.customers(700, seed=71)
POISON = [b"\xff\xfe no JSON at all", b'{"record": {"a": 1}}', b"[1, 2]"]


def opening(cloud):
    """Good and bad records in one stretch; the last of them has the size Kinesis takes at most."""
    cloud.define("streamed", "Churn")
    records = [{"problem": "streamed", "record": row} for row in ROWS]
    cloud.stream(*records[:350], *POISON, *records[350:])
    huge = {"problem": "streamed", "record": {}, "padding": ""}
    huge["padding"] = "x" * (1_000_000 - len(json.dumps(huge)))
    cloud.stream(huge)
    cloud.stream(*({"problem": "awaited", "record": row} for row in ROWS[:600]))


def test_streamed_rows_become_a_model(cloud):
    """Enough rows by stream start the first run; numbers and texts come as JSON."""
    started = cloud.event("streamed", "RunStarted")

    assert started["rows"] >= 500
    assert cloud.event("streamed", "ModelDeployed")["run"] == started["run"]
    assert len(cloud.answers("streamed", tables.questions(ROWS[:3], "Churn"))) == 3
    ingested = [e["detail"]["data"]["rows"] for e in cloud.heard("streamed", "DataIngested")]
    assert sum(ingested) == len(ROWS)


def test_records_that_name_no_problem_are_set_aside(cloud):
    """Each with its reason, unchanged; the good ones beside them go on."""
    faults = []
    for refused in cloud.events("unknown", "DataRejected"):
        faults += refused["faults"]
        kept = [json.loads(line) for line in cloud.read(refused["quarantine_uri"]).splitlines()]
        assert all(item["data"] and item["sequenceNumber"] for item in kept)
        reason = json.loads(cloud.read(refused["quarantine_uri"] + ".reason.json"))
        assert len(reason["faults"]) == len(kept)

    told = " ".join(fault["message"] for fault in faults)
    assert "not JSON" in told
    assert "names no problem" in told
    assert cloud.alert("unknown", "DataRejected")


def test_a_record_of_a_megabyte_is_handled_like_any_other(cloud):
    """It names its problem and holds no row, so that problem hears of it."""
    refused = cloud.event("streamed", "DataRejected")

    assert "record" in refused["faults"][0]["message"]
    assert len(cloud.read(refused["quarantine_uri"])) > 1_000_000


def test_records_of_a_problem_that_is_not_defined_wait_for_it(cloud):
    """One alert; nothing of them is in the lake, and its definition takes all of them up."""
    cloud.event("awaited", "ProblemAwaited")
    assert "problem.yaml" in cloud.alert("awaited", "ProblemAwaited")["Message"]
    assert cloud.keys("awaited/") == []
    cloud.define("awaited", "Churn", data={"minimum_rows": 600})

    assert cloud.event("awaited", "RunStarted")["rows"] == 600
    assert len(cloud.heard("awaited", "ProblemAwaited")) == 1
