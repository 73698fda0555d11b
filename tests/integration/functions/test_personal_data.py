"""Personal data leaves the landing bucket hashed, or not at all."""

import base64
import io
import json

import pytest
from pyarrow import parquet

from handle_ingest_files import lambda_handler as ingest_files
from handle_ingest_records import take_in
from lifecycle import personal
from personal_rows import protected
from predict import Question, RefusedError
from science.personal import token
from tests.builders import object_created, own_event, problem_record
from tests.integration.functions.world import World

KEY = "churn/data/people.csv"
CSV = b"E-Mail,age,Churn\nann@example.com,30,Yes\nbob@example.com,41,No\n"
RAW = (b"ann@example.com", b"bob@example.com")
PII = "compliance: {pii: [e-mail]}\n"


@pytest.fixture
def world(monkeypatch):
    monkeypatch.setattr(personal, "_stack_secrets", {})
    return make(problem_record(PII))


def make(*rows):
    found = World(*rows)
    secret = {"SecretString": "the stack's own"}
    found.api.describe = lambda *asked: secret if asked[1] == "GetSecretValue" else None
    found.land(KEY, CSV)
    return found


def outside(world):
    """All that is stored anywhere but in the landing bucket, decompressed where it is Parquet."""
    kept = {k: v for k, v in world.objects.bodies.items() if not k.startswith("s3://landing/")}
    told = [json.dumps(item, default=str).encode() for item in world.bus.envelopes]
    told += [repr(row).encode() for row in world.records.rows.values()]
    for uri, body in kept.items():
        rows = parquet.read_table(io.BytesIO(body)).to_pylist() if uri.endswith("parquet") else ()
        told += [body, json.dumps(rows).encode()]
    return b"".join(told)


def record(sequence, document):
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return {
        "eventID": f"shardId-000000000000:{sequence}",
        "eventSourceARN": "arn:aws:kinesis:us-east-1:123456789012:stream/baton-records",
        "kinesis": {"sequenceNumber": str(sequence), "data": base64.b64encode(data).decode()},
    }


def test_a_file_and_a_stream_tell_of_the_same_person_by_the_same_token(world):
    """Rows of both can be joined, and nobody can be read."""
    ((_, by_file),) = world.deliver(ingest_files, object_created(KEY))
    row = {"E-Mail": "ann@example.com", "age": 30, "Churn": "Yes"}
    take_in([record(7, {"problem": "churn", "record": row})], world.ports)

    by_stream = world.bus.envelopes[-1]["detail"]["data"]
    tables = [
        parquet.read_table(io.BytesIO(world.objects.read(told["uri"]))).to_pylist()
        for told in (by_file, by_stream)
    ]
    key = personal.personal_key("churn", world.ports)
    assert tables[0][0]["E-Mail"] == tables[1][0]["E-Mail"] == token("ann@example.com", key)
    assert not any(raw in outside(world) for raw in RAW)


def test_what_cannot_be_read_stays_where_it_landed(world):
    """The reason alone is written to the lake, and it quotes no cell."""
    world.land(KEY, CSV + b'"cut off,ann@example.com')

    ((name, data),) = world.deliver(ingest_files, object_created(KEY))

    assert (name, data["quarantine_uri"]) == ("DataRejected", f"s3://landing/{KEY}")
    assert f"s3://lake/churn/quarantine/{KEY}.reason.json" in world.objects.bodies
    assert not any(raw in outside(world) for raw in RAW)


def test_a_poison_record_is_kept_in_the_landing_bucket(world):
    """Whole, beside its reason."""
    poison = b'{"problem": "churn", "record": "ann@example.com"}'
    take_in([record(7, poison)], world.ports)

    said = world.bus.envelopes[-1]["detail"]["data"]
    assert said["quarantine_uri"].startswith("s3://landing/churn/quarantine/stream/")
    kept = json.loads(world.objects.read(said["quarantine_uri"]))
    assert base64.b64decode(kept["data"]) == poison
    assert not any(raw in outside(world) for raw in RAW)


def test_rows_that_were_taken_in_before_are_taken_in_again_once_they_are_personal(world):
    """A definition that names more personal columns treats old files as well."""
    world = make(problem_record())
    world.deliver(ingest_files, object_created(KEY))
    (row,) = inputs(world)
    now = problem_record(PII)
    world.records.rows[now.key] = now.model_copy(update={"version": 2})
    said = {"problem": "churn", "definition_version": 2, "target": "Churn", "resolved_uri": "s3://"}

    released = world.deliver(ingest_files, own_event("ProblemDefined", said))
    world.deliver(ingest_files, own_event(*released[0]))

    (treated,) = inputs(world)
    assert (treated.uri, row.protection, treated.protection) == (row.uri, "", "hash:e-mail")
    assert not any(raw in outside(world) for raw in RAW)


def inputs(world):
    return [row for row in world.records.rows.values() if row.kind == "input"]


def test_a_dropped_column_is_stored_nowhere():
    """By choice of the definition."""
    world = make(problem_record("compliance: {pii: [e-mail], pii_action: drop}\n"))

    ((_, data),) = world.deliver(ingest_files, object_created(KEY))

    table = parquet.read_table(io.BytesIO(world.objects.read(data["uri"])))
    assert table.column_names == ["age", "Churn"]


def asked(body, content_type="application/json"):
    return Question(
        "churn", content_type, body if isinstance(body, bytes) else json.dumps(body).encode()
    )


PERSONAL = personal.PersonalData(("e-mail", "who"), "hash", b"key")


@pytest.mark.parametrize("wrap", ["instances", "list", "alone", "lines"])
def test_requests_are_asked_and_captured_without_their_personal_columns(wrap):
    """In every form; an identifier that is personal becomes the token that features lie under."""
    row = {"E-Mail": "ann@example.com", "age": 30, "Who": " ann "}
    body = {
        "instances": {"instances": [row]},
        "list": [row],
        "alone": row,
        "lines": f"{json.dumps(row)}\n".encode(),
    }[wrap]
    kind = "application/jsonlines" if wrap == "lines" else "application/json"

    given = json.loads(protected(asked(body, kind), PERSONAL, "who").body)

    found = {"instances": lambda: given["instances"][0], "list": lambda: given[0]}
    told = found.get(wrap, lambda: given)()
    assert told == {"age": 30, "Who": token("ann", b"key")}


def test_rows_that_name_no_columns_are_refused_where_some_are_personal():
    """And only there."""
    csv = asked(b"ann,30\n", "text/csv")

    with pytest.raises(RefusedError, match="Send JSON"):
        protected(csv, PERSONAL, None)
    assert protected(csv, personal.PersonalData((), "", b""), None) is csv


def test_a_body_that_is_no_json_is_refused_and_not_quoted():
    with pytest.raises(RefusedError, match="not the JSON") as refusal:
        protected(asked(b'{"E-Mail": "ann@example.com"'), PERSONAL, None)

    assert "ann" not in str(refusal.value)
