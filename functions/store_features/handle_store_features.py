"""Hears: DataPrepared, that the feature group is ready or failed, or how far its records got.

Says: FeaturesStored; OnlineRecordsPut while records are still to be put; FeatureStorageFailed.
"""

from __future__ import annotations

import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from lifecycle.aws_events import FeatureGroupChanged
from lifecycle.clock import now
from lifecycle.decision import ApiCall
from lifecycle.errors import RecordMissingError
from lifecycle.events import CompletionMissed, DataPrepared, OnlineRecordsPut
from lifecycle.leg import leg
from lifecycle.records import FeatureGroupRecord, JobRecord
from lifecycle.requests.features import group_version, put_record_request
from science.feature_rows import (
    definitions,
    fingerprint,
    read_records,
    write_newest,
    write_offline,
)
from store_features import (
    Keeping,
    decide_group,
    decide_put,
    decide_unwanted,
    decide_written,
    wants_online,
)

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports
    from lifecycle.records import RunRecord

PUT_SECONDS = 600
"""After so long the rest of the records is left to the next message: a function may take 900 s."""

AT_ONCE = 1000
THREADS = 16
REFUSED = "ValidationError"
"""PutRecord's word for a record that it will never take."""


@leg(DataPrepared, FeatureGroupChanged, CompletionMissed, OnlineRecordsPut)
def lambda_handler(
    cause: Cause[DataPrepared | FeatureGroupChanged | CompletionMissed | OnlineRecordsPut],
    ports: Ports,
) -> Decision:
    """Find the run whose rows are to be kept: the one prepared now, or the newest of the group."""
    event = cause.event
    if isinstance(event, OnlineRecordsPut):
        return _put_on(event, ports)
    if isinstance(event, DataPrepared):
        run = ports.records.run(event.problem, str(event.run))
        row = _row(run.problem, ports)
    else:
        group = event.name if isinstance(event, CompletionMissed) else event.group
        found = _waited_for(group, ports)
        if isinstance(found, str):
            return decide_unwanted(group_version(group)[0], None, found)
        run, row = found
    if not run.definition["features"]["store"]:
        return decide_unwanted(run.problem, run.run, "features.store is off.")
    if run.stage in {"started", "data_rejected"}:
        return decide_unwanted(run.problem, run.run, "There are no prepared rows to keep.")
    if row.written_run == run.run:
        return decide_unwanted(run.problem, run.run, "The rows of this run are kept already.")
    return _store(cause, run, row, ports)


def _row(problem: str, ports: Ports) -> FeatureGroupRecord:
    row = FeatureGroupRecord(problem=problem, group=problem)
    return ports.records.get(row) or row


def _waited_for(group: str, ports: Ports) -> tuple[RunRecord, FeatureGroupRecord] | str:
    """The newest run of the problem whose group this is; or why there is none.

    Raises:
        RecordMissingError: the group's event outran the record of its making.
    """
    name, version = group_version(group)
    problem = ports.records.problem(name)
    if problem is None or problem.last_run is None or version == 0:
        return f"{group} is no group of ours."
    row = ports.records.get(FeatureGroupRecord(problem=name, group=group))
    if row is None or version > group_version(row.group)[1]:
        raise RecordMissingError(f"the feature group {group} is not recorded")
    if row.group != group:
        return f"{group} takes no rows any more; {row.group} does."
    return ports.records.run(name, problem.last_run), row


def _store(cause: Cause[Any], run: RunRecord, row: FeatureGroupRecord, ports: Ports) -> Decision:
    job = JobRecord(job_kind="feature-group", name=row.group, problem=run.problem)
    named = {"FeatureGroupName": row.group}
    group = ports.api.describe("sagemaker", "DescribeFeatureGroup", named)
    with tempfile.TemporaryDirectory() as folder:
        uri = ports.settings.run_uri(run.problem, run.run, "rows", "rows.parquet")
        rows = ports.objects.download(uri, Path(folder, "rows.parquet"))
        features = dict(definitions(rows))
        keeping = Keeping(run, row, ports.records.get(job) or job, features, _mended(run, ports))
        decided = decide_group(cause, keeping, group, ports.settings)
        return decided or _write(keeping, group or {}, rows, ports)


def _mended(run: RunRecord, ports: Ports) -> dict[str, str]:
    """Columns by feature, where the Feature Store does not take the column's own name."""
    uri = ports.settings.run_uri(run.problem, run.run, "prepared", "documents", "problem.json")
    stored = json.loads(ports.objects.read(uri))["feature_store"]["features"]
    named = {feature["name"]: column for column, feature in stored.items()}
    return {name: column for name, column in named.items() if name != column}


def _write(keeping: Keeping, group: dict[str, Any], rows: Path, ports: Ports) -> Decision:
    """Write the offline store, and the records that the online store is to be given."""
    run = keeping.run
    root = group["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]
    types = {item["FeatureName"]: item["FeatureType"] for item in group["FeatureDefinitions"]}
    arrivals = _arrivals(run, ports)
    files, count = write_offline(rows, rows.parent / "offline", arrivals, now(), types)
    targets = [
        f"{root}/{place}_{fingerprint(run.problem, run.run, str(number))}.parquet"
        for number, (place, _) in enumerate(files)
    ]
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(ports.objects.upload, [path for _, path in files], targets))
    online = None
    if wants_online(run):
        newest = rows.with_name("online.parquet")
        online = write_newest(rows, newest, arrivals, types)
        uri = ports.settings.run_uri(run.problem, run.run, "rows", "online.parquet")
        ports.objects.upload(newest, uri)
    return decide_written(keeping, uri=root, rows=count, online=online)


def _arrivals(run: RunRecord, ports: Ports) -> list[str]:
    """When each input file of the run arrived; when the run began, where nobody knows."""
    uri = ports.settings.run_uri(run.problem, run.run, "inputs.json")
    arrived = {row.uri: row.at for row in ports.records.inputs(run.problem)}
    inputs = json.loads(ports.objects.read(uri))["inputs"]
    return [arrived.get(source) or run.started_at for source in inputs]


def _put_on(event: OnlineRecordsPut, ports: Ports) -> Decision:
    """Put records from where the last message stopped, for as long as there is time.

    A repeat puts the same records again, which changes nothing: the online store replaces a record
    only by one with a later event time (PutRecord).
    """
    run = ports.records.run(event.problem, str(event.run))
    put = refused = 0
    refusal = ""
    ends = monotonic() + PUT_SECONDS
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(THREADS) as threads:
        uri = ports.settings.run_uri(run.problem, run.run, "rows", "online.parquet")
        newest = ports.objects.download(uri, Path(folder, "online.parquet"))
        for records in read_records(newest, event.put, AT_ONCE):
            requests = [
                put_record_request(
                    event.feature_group, record, run.definition["features"].get("ttl")
                )
                for record in records
            ]
            for said in threads.map(lambda request: _put(request, ports), requests):
                refused += bool(said)
                refusal = refusal or said
            put += len(records)
            if monotonic() > ends:
                break
    return decide_put(event, _row(run.problem, ports), put=put, refused=refused, refusal=refusal)


def _put(request: dict[str, Any], ports: Ports) -> str:
    """Put a record; why the store will never take it, or nothing."""
    from botocore.exceptions import ClientError

    try:
        ports.api.call(ApiCall("sagemaker-featurestore-runtime", "PutRecord", request))
    except ClientError as error:
        if error.response["Error"]["Code"] != REFUSED:
            raise
        return str(error.response["Error"].get("Message") or REFUSED)
    return ""
