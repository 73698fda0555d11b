"""`baton put` lays files where the contract wants them, and streams rows until all are accepted."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from cli.errors import CliError
from cli.landing import Kind, plan
from cli.stream import BATCH_BYTES, batches, record_entries, send, truth_entries

if TYPE_CHECKING:
    from pathlib import Path


def test_a_problem_folder_keeps_its_shape(cloud: Any, baton: Any, tmp_path: Path) -> None:
    """A folder with problem.yaml and folders of kinds lands as it is; other things stay."""
    (tmp_path / "problem.yaml").write_text("name: churn\ntarget: y\n")
    (tmp_path / "data" / "2024").mkdir(parents=True)
    (tmp_path / "data" / "2024" / "a b+c.csv").write_text("x,y\n1,2\n")
    (tmp_path / "score").mkdir()
    (tmp_path / "score" / "s.csv").write_text("x\n1\n")
    (tmp_path / "notes.txt").write_text("mine")

    answer = baton.json("put", "churn", tmp_path)

    assert set(cloud.landed()) == {
        "churn/problem.yaml",
        "churn/data/2024/a b+c.csv",
        "churn/score/s.csv",
    }
    assert answer["uploaded"][0]["key"] == "churn/problem.yaml"


def test_single_files_land_under_their_kind(cloud: Any, baton: Any, tmp_path: Path) -> None:
    """A file goes under data/ unless --as says otherwise; a definition always to its own place."""
    rows = tmp_path / "rows.csv"
    rows.write_text("x\n1\n")
    definition = tmp_path / "problem.yaml"
    definition.write_text("name: churn\ntarget: y\n")

    baton.json("put", "churn", rows, definition)
    baton.json("put", "churn", rows, "--as", "score")

    assert set(cloud.landed()) == {
        "churn/data/rows.csv",
        "churn/problem.yaml",
        "churn/score/rows.csv",
    }


def test_text_output_names_every_object(cloud: Any, baton: Any, tmp_path: Path) -> None:
    """People see what went where, in one line a file, and what to do next."""
    rows = tmp_path / "rows.csv"
    rows.write_text("x\n1\n")

    result = baton("put", "churn", rows)

    assert result.exit_code == 0
    assert "/churn/data/rows.csv" in result.stdout.splitlines()[0]
    assert "baton watch churn" in result.stdout


@pytest.mark.parametrize("name", ["Churn", "9lives", "a" * 25, "a_b"])
def test_names_that_no_problem_can_have_are_refused(name: str) -> None:
    """The contract's form of names is checked before anything moves."""
    with pytest.raises(CliError, match="cannot name a problem"):
        plan(name, [], Kind.DATA)


def test_a_definition_of_another_problem_is_refused(tmp_path: Path) -> None:
    """A definition under the wrong folder would be refused by the cloud: it is told at once."""
    path = tmp_path / "problem.yaml"
    path.write_text("name: other\ntarget: y\n")

    with pytest.raises(CliError, match="defines the problem other, not churn"):
        plan("churn", [path], Kind.DATA)


def test_a_faulty_definition_is_told_with_every_fault(
    cloud: Any, baton: Any, tmp_path: Path
) -> None:
    """All faults are named by line before anything is uploaded; --force uploads all the same."""
    path = tmp_path / "problem.yaml"
    path.write_text("name: churn\ntarget: y\ntune: {jobs: 0}\nmetrik: x\n")

    result = baton("put", "churn", path)

    assert result.exit_code == 1
    assert "line 3" in result.stderr
    assert "line 4" in result.stderr
    assert cloud.landed() == {}
    assert baton("put", "churn", path, "--force").exit_code == 0
    assert set(cloud.landed()) == {"churn/problem.yaml"}


def test_missing_and_empty_paths_are_told(tmp_path: Path) -> None:
    """A path that is not there, or holds nothing, is an error that names it."""
    with pytest.raises(CliError, match="no file or folder"):
        plan("churn", [tmp_path / "none.csv"], Kind.DATA)
    with pytest.raises(CliError, match="nothing to upload"):
        plan("churn", [tmp_path], Kind.DATA)


def _streamed() -> list[dict[str, Any]]:
    client = boto3.client("kinesis")
    name = client.list_streams()["StreamNames"][0]
    shard = client.list_shards(StreamName=name)["Shards"][0]["ShardId"]
    start = client.get_shard_iterator(
        StreamName=name, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )
    records = client.get_records(ShardIterator=start["ShardIterator"])["Records"]
    return [json.loads(record["Data"]) for record in records]


def test_rows_are_streamed_as_the_contract_says(cloud: Any, baton: Any, tmp_path: Path) -> None:
    """Each row becomes one JSON object with its problem; an empty field is null."""
    rows = tmp_path / "rows.csv.gz"
    rows.write_bytes(gzip.compress(b"a,b\n1,x\n2,\n"))

    answer = baton.json("put", "churn", rows, "--stream")

    assert answer["streamed"] == 2
    assert _streamed() == [
        {"problem": "churn", "record": {"a": "1", "b": "x"}},
        {"problem": "churn", "record": {"a": "2", "b": None}},
    ]


def test_truths_are_streamed_without_a_record(cloud: Any, baton: Any, tmp_path: Path) -> None:
    """Ground truth carries its inference id and label instead of a record."""
    rows = tmp_path / "truth.jsonl"
    rows.write_text('{"inference_id": "i-1", "label": "Yes", "more": 1}\n')

    baton.json("put", "churn", rows, "--stream", "--as", "truth")

    assert _streamed() == [{"problem": "churn", "inference_id": "i-1", "label": "Yes"}]


def test_truth_without_a_label_is_refused() -> None:
    """A row that says nothing about what happened is named by its number."""
    with pytest.raises(CliError, match="Row 2"):
        list(truth_entries("churn", [{"inference_id": "a", "label": 0}, {"inference_id": "b"}]))


class Stubborn:
    """A Kinesis that takes only some records at a time."""

    def __init__(self, takes: int) -> None:
        self.takes = takes
        self.accepted: list[bytes] = []

    def put_records(self, **request: Any) -> dict[str, Any]:
        records = request["Records"]
        self.accepted += [record["Data"] for record in records[: self.takes]]
        return {
            "Records": [
                {} if number < self.takes else {"ErrorCode": "ProvisionedThroughputExceeded"}
                for number in range(len(records))
            ]
        }


def test_refused_records_are_sent_again_and_only_those() -> None:
    """What the stream refuses for now comes again, with pauses that grow; nothing comes twice."""
    stream = Stubborn(takes=2)
    pauses: list[float] = []
    entries = list(record_entries("churn", [{"n": number} for number in range(5)]))

    accepted = send(stream, "s", entries, pause=pauses.append)

    assert accepted == 5
    assert stream.accepted == [entry["Data"] for entry in entries]
    assert pauses == sorted(pauses)
    assert len(pauses) == 2


def test_a_stream_that_never_takes_them_is_an_error() -> None:
    """After many tries it is told how many arrived and what the stream said."""
    with pytest.raises(CliError, match="0 records arrived; 1 more were refused"):
        send(Stubborn(takes=0), "s", record_entries("churn", [{"a": 1}]), pause=lambda _s: None)


def test_batches_keep_both_limits_of_a_request() -> None:
    """No batch has more than 500 records or 5 MiB."""
    small = list(batches(record_entries("churn", ({"n": n} for n in range(1001)))))
    large = list(batches(record_entries("churn", ({"n": "x" * 900_000} for _ in range(7)))))

    assert [len(batch) for batch in small] == [500, 500, 1]
    assert all(sum(len(entry["Data"]) for entry in batch) <= BATCH_BYTES for batch in large)
    assert sum(len(batch) for batch in large) == 7


def test_a_record_over_the_limit_is_refused() -> None:
    """Kinesis takes one MiB a record: a larger one is told before anything is sent."""
    huge = base64.b64encode(bytes(900_000)).decode()

    with pytest.raises(CliError, match="more than Kinesis takes"):
        list(record_entries("churn", [{"x": huge}]))


def test_only_data_and_truth_can_be_streamed(baton: Any, tmp_path: Path) -> None:
    """Rows to score land as files: the stream has no form for them."""
    result = baton("put", "churn", tmp_path / "a.csv", "--stream", "--as", "score")

    assert result.exit_code == 1
    assert "Only data and truth" in result.stderr
