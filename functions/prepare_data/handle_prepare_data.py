"""Hears: RunStarted. Says: DataPrepared or DataRejected."""

from __future__ import annotations

import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import science
from lifecycle.errors import RecordMissingError
from lifecycle.events import Fault, RunStarted
from lifecycle.leg import leg
from lifecycle.problem.durations import seconds
from lifecycle.records import FeatureGroupRecord
from lifecycle.runs import past
from prepare_data import decide_prepared, decide_unusable
from science.point_in_time import Group, join
from science.prepare import UnusableData, prepare

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports

JOBS = Path(science.__file__).parents[1] / "jobs.pyz"
"""The jobs' code, which the science layer brings: every run keeps the code that made it."""

THREADS = 16

TYPES = {".json": "application/json", ".html": "text/html; charset=utf-8"}


@leg(RunStarted)
def lambda_handler(cause: Cause[RunStarted], ports: Ports) -> Decision:
    """Fetch the run's inputs, prepare them, and put the results in the run's folder."""
    name, run_name = cause.event.problem, str(cause.event.run)
    run = ports.records.run(name, run_name)
    if run.stage != "started":
        return past(run)
    with tempfile.TemporaryDirectory() as folder:
        inputs = _fetch(name, run_name, Path(folder), ports)
        out = Path(folder, "out")
        out.mkdir()
        try:
            inputs, joined = _joined(inputs, run.definition, Path(folder), ports)
            prepared = prepare(inputs, run.definition | joined, out)
        except UnusableData as error:
            faults = tuple(
                Fault(path=fault.where, message=fault.what, cure=fault.cure)
                for fault in error.faults
            )
            problem = ports.records.problem(name)
            if problem is None:
                raise RecordMissingError(f"problem {name} is not recorded") from error
            return decide_unusable(cause, problem, run, faults)
        _keep(out, ports.settings.run_uri(name, run_name), ports)
    return decide_prepared(cause, run, prepared.summary, ports.settings)


def _fetch(problem: str, run: str, folder: Path, ports: Ports) -> list[Path]:
    listing = json.loads(ports.objects.read(ports.settings.run_uri(problem, run, "inputs.json")))
    return [
        ports.objects.download(uri, folder / f"{index:06d}.parquet")
        for index, uri in enumerate(listing["inputs"])
    ]


def _joined(
    inputs: list[Path], definition: dict[str, Any], folder: Path, ports: Ports
) -> tuple[list[Path], dict[str, Any]]:
    """The inputs with the features of other problems that are asked for, and what was joined.

    Raises:
        UnusableData: a problem keeps no such features.
    """
    wanted = definition["features"].get("join") or []
    if not wanted:
        return inputs, {}
    groups = [_group(number, each, definition, folder, ports) for number, each in enumerate(wanted)]
    written, joined = join(inputs, groups, definition, folder / "joined")
    return written, {"joined": joined}


def _group(
    number: int, wanted: dict[str, Any], definition: dict[str, Any], folder: Path, ports: Ports
) -> Group:
    """Another problem's features, fetched from the offline stores of its groups, old and new."""
    problem = wanted["group"]
    row = ports.records.get(FeatureGroupRecord(problem=problem, group=problem))
    stores = row.stores if row else ()
    uris = [uri for store in stores for uri in ports.objects.list(f"{store}/")]
    place = folder / f"store{number}"
    place.mkdir()
    files = [place / f"{index:06d}.parquet" for index in range(len(uris))]
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(ports.objects.download, uris, files))
    return Group(
        problem,
        files,
        on=wanted["on"] or definition["columns"]["id"],
        columns=wanted["columns"],
        mended=row.mended if row else {},
        within=seconds(wanted["within"]) if wanted["within"] else None,
    )


def _keep(out: Path, target: str, ports: Ports) -> None:
    """Upload all that was made, and the code of the jobs that will use it.

    The documents go to a folder of their own, since jobs are given whole folders and need no
    training rows beside them.
    """
    for path in sorted(item for item in out.rglob("*") if item.is_file()):
        where = path.relative_to(out).as_posix()
        if path.parent == out / "prepared":
            where = f"prepared/documents/{path.name}"
        kind = TYPES.get(path.suffix, "application/octet-stream")
        ports.objects.upload(path, f"{target}/{where}", kind)
    ports.objects.upload(JOBS, f"{target}/code/jobs.pyz")
