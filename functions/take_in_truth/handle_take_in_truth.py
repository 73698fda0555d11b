"""Hears: truth landed, as a file or by stream. Says: GroundTruthTaken, QualityDropped."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lifecycle.aws_events import ObjectCreated
from lifecycle.events import Fault
from lifecycle.landed import elsewhere, lies_in
from lifecycle.leg import leg
from lifecycle.names import digest
from lifecycle.personal import protection
from lifecycle.quarantine import set_aside
from lifecycle.records import WatchRecord
from science.tables import UnreadableFile
from science.truth import TruthFault, measure_traffic, read_truth
from take_in_truth import decide, decide_nobody, decide_unreadable

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports
    from lifecycle.records import ProblemRecord


@leg(ObjectCreated, fair=True)
def lambda_handler(cause: Cause[ObjectCreated], ports: Ports) -> Decision:
    """Keep the truth, join it to the captured answers, and measure."""
    name, key = cause.event.problem, cause.event.key
    if not lies_in(key, "truth"):
        return elsewhere(cause.event, "truth")
    uri = ports.settings.lake(name, "truth", "kept", f"{digest(key, cause.event.etag)}.jsonl")
    try:
        truth = _read(cause.event.uri, key, ports)
    except (UnreadableFile, TruthFault) as error:
        faults = (Fault(path=key, message=error.reason, line=error.line, cure=error.cure),)
        known = ports.records.problem(name)
        personal = bool(known and protection(known.definition))
        aside = set_aside(ports, name, cause.event.uri, key, faults, personal=personal)
        return decide_unreadable(name, key, faults, aside)
    lines = (json.dumps({"inference_id": i, "label": label}) for i, label in truth.items())
    ports.objects.write(uri, "".join(f"{line}\n" for line in lines).encode())
    problem = ports.records.problem(name)
    if problem is None or problem.champion is None:
        return decide_nobody(name, uri)
    run = ports.records.run(name, problem.champion)
    row = WatchRecord(problem=name, run=run.run)
    return decide(
        cause,
        run,
        ports.records.get(row) or row,
        taken=len(truth),
        uri=uri,
        measured=_measured(problem, run.run, ports),
    )


def _read(uri: str, key: str, ports: Ports) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        landed = ports.objects.download(uri, Path(folder, "landed"))
        return read_truth(landed, key.rsplit("/", 1)[-1])


def _measured(problem: ProblemRecord, run: str, ports: Ports) -> dict[str, Any]:
    """The run's metric over all traffic since it was deployed whose truth is known."""
    lake = ports.settings.lake
    document = ports.settings.run_uri(problem.problem, run, "prepared", "documents", "problem.json")
    prepared = json.loads(ports.objects.read(document))
    known: dict[str, str] = {}
    for uri in ports.objects.list(lake(problem.problem, "truth", "kept", "")):
        for line in ports.objects.read(uri).splitlines():
            item = json.loads(line)
            known[item["inference_id"]] = item["label"]
    captured = (
        line
        for uri in ports.objects.list(lake(problem.problem, "capture", ""))
        for line in ports.objects.read(uri).splitlines()
    )
    return measure_traffic(captured, known, prepared, since=problem.deployed_at or "")
