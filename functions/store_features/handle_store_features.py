"""Hears: DataPrepared, or that the feature group is ready. Says: FeaturesStored."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from lifecycle.aws_events import FeatureGroupChanged
from lifecycle.clock import now
from lifecycle.events import DataPrepared
from lifecycle.leg import leg
from science.feature_rows import definitions, write_offline
from store_features import READY, decide_group, decide_stored, decide_unwanted, target_uri

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports
    from lifecycle.records import RunRecord


@leg(DataPrepared, FeatureGroupChanged)
def lambda_handler(cause: Cause[DataPrepared | FeatureGroupChanged], ports: Ports) -> Decision:
    """Find the run whose rows are to be kept: the one prepared now, or the newest of the group."""
    event = cause.event
    if isinstance(event, DataPrepared):
        run = ports.records.run(event.problem, str(event.run))
    else:
        problem = ports.records.problem(event.group)
        if problem is None or problem.last_run is None:
            return decide_unwanted(event.group, None, f"{event.group} is no group of ours.")
        run = ports.records.run(event.group, problem.last_run)
        if run.stage in {"started", "data_rejected"}:
            return decide_unwanted(run.problem, run.run, "There are no prepared rows to keep.")
    if not run.definition["features"]["store"]:
        return decide_unwanted(run.problem, run.run, "features.store is off.")
    return _store(run, ports)


def _store(run: RunRecord, ports: Ports) -> Decision:
    request = {"FeatureGroupName": run.problem}
    group = ports.api.describe("sagemaker", "DescribeFeatureGroup", request)
    with tempfile.TemporaryDirectory() as folder:
        uri = ports.settings.run_uri(run.problem, run.run, "rows", "rows.parquet")
        rows = ports.objects.download(uri, Path(folder, "rows.parquet"))
        widened = decide_group(run, group, definitions(rows), ports.settings)
        if widened:
            return widened
        status = (group or {}).get("FeatureGroupStatus", "")
        if group is None or status not in READY:
            reason = f"The feature group is {status}; its next event tells."
            return decide_unwanted(run.problem, run.run, reason)
        target = target_uri(run, group)
        out = Path(folder, "records.parquet")
        count = write_offline(rows, out, run.started_at, now())
        ports.objects.upload(out, target)
    return decide_stored(run, count, target)
