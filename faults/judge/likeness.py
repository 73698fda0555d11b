"""The final state as a picture that two lives of the same data share, whatever disturbed them.

Problems, runs, jobs, times and hashes have other names in every life; in the picture they have the
same ones. What a training's chance decides (scores, model files) is in no picture; that it is there
is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from faults.judge.evidence import was_replaced
from faults.judge.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faults.judge.evidence import Evidence

type Picture = dict[str, Any]

ROW_FIELDS: dict[str, tuple[str, ...]] = {
    "problem": (
        *("definition_version", "active_run", "champion", "last_run", "last_run_rows"),
        *("used_definition", "used_inputs", "used_files", "retrain_because"),
    ),
    "run": (
        *("run", "stage", "because", "definition_version", "inputs", "rows", "task", "classes"),
        *("features", "holdout_rows", "champion", "metric"),
    ),
    "input": ("source", "origin", "rows", "columns", "purpose", "waiting", "rejected", "snapshot"),
    "job": ("job_kind", "run", "leg", "ended"),
    "schema": ("columns",),
    "table": ("source", "table", "rows", "awaits_load"),
    "feature_group": ("group", "online", "stored_run"),
}
"""What the picture has of each kind of row."""

UNSTEADY = re.compile(
    r"\d{4}-\d\d-\d\d[T ][\d:.]+(?:Z|[+-]\d\d:\d\d)?|\b\d{8}T\d{6}(?:-[0-9a-f]{6})?"
)
HASH = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{7,64}(?![0-9A-Za-z])")
PARTITION = re.compile(r"(year|month|day|hour)=\d+")
NEVER_BEGUN = re.compile(r"/runs/([^/]+)/inputs\.json$")
"""All that is left of a run that was decided on while another began: it was decided anew, and the
list lies where nobody looks."""

STEADY_FOLDERS = re.compile(r"/(ingested|quarantine)/|/prepared/documents/(features|recipe)\.json$")
"""Objects whose content two lives share, byte for byte."""


def picture(evidence: Evidence) -> Picture:
    """The final state, as it is in every life of the same data."""
    names = _Names(evidence)
    rows = {
        kind: sorted(
            ({field: names.same(row.get(field)) for field in fields} for row in found),
            key=str,
        )
        for kind, fields in ROW_FIELDS.items()
        if (found := evidence.rows.get(kind))
    }
    return {
        "rows": rows,
        "objects": _objects(evidence, names),
        "events": sorted(
            f"{said.name} {names.run(said.data.get('run'))}"
            for said in evidence.said
            if said.name not in {"CompletionMissed", "WaitingDataReleased"}
            and not was_replaced(evidence, said)
        ),
        "registry": sorted(
            f"{names.run(package.get('CustomerMetadataProperties', {}).get('run'))} "
            f"{package.get('ModelApprovalStatus')}"
            for package in evidence.things.packages
        ),
        "jobs": sorted(
            f"{job.purpose} {job.kind} {names.run(job.run)} {job.status}"
            for job in evidence.things.jobs
        ),
        "endpoint": {
            "status": (evidence.things.endpoint or {}).get("EndpointStatus"),
            "serves": [names.same(uri) for uri in evidence.things.served],
        },
        "features": (evidence.things.feature_group or {}).get("FeatureGroupStatus"),
    }


class _Names:
    """Gives what is called otherwise in every life one name."""

    def __init__(self, evidence: Evidence) -> None:
        self._problem = re.compile(rf"(?<![0-9A-Za-z]){re.escape(evidence.problem)}(?![0-9A-Za-z])")
        # Names tell the second of a start; of two within one only what was said tells the order.
        began = {
            said.data.get("run"): said.at
            for said in sorted(evidence.said, key=lambda said: said.at, reverse=True)
            if said.name == "RunStarted"
        }
        runs = sorted(
            (row["run"] for row in evidence.rows.get("run", [])),
            key=lambda run: (run.partition("-")[0], began.get(run, ""), run),
        )
        self._runs = {run: f"run {number}" for number, run in enumerate(runs, 1)}
        # A model's name is its problem's and its run's, in small letters.
        self._runs |= {
            run.replace("T", "-").lower(): name for run, name in list(self._runs.items())
        }
        self._digests = {
            row["digest"]: f"input {row['source']}" for row in evidence.rows.get("input", [])
        }

    def run(self, name: str | None) -> str:
        """The run's number in this life."""
        return self._runs.get(name or "", name or "no run")

    def same(self, value: Any) -> Any:
        """The value with every such name replaced."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list | tuple):
            return [self.same(item) for item in value]
        if isinstance(value, dict):
            return {self._text(key): self.same(item) for key, item in value.items()}
        return value

    def _text(self, text: str) -> str:
        for table in (self._runs, self._digests):
            for name, same in table.items():
                text = text.replace(name, same)
        text = self._problem.sub("PROBLEM", text)
        return HASH.sub("HASH", PARTITION.sub(r"\1=N", UNSTEADY.sub("TIME", text)))


def _objects(evidence: Evidence, names: _Names) -> list[str]:
    """Name of every object, with its rows, or its content where that is the same in every life."""
    runs = {row["run"] for row in evidence.rows.get("run", [])}
    found = []
    for key in sorted(evidence.lake.etags):
        if (part := NEVER_BEGUN.search(key)) and part[1] not in runs:
            continue
        uri = f"s3://{evidence.lake.bucket}/{key}"
        told = names.same(key)
        if key.endswith(".parquet") and (rows := evidence.lake.rows(uri)) is not None:
            told += f" ({rows} rows)"
        elif STEADY_FOLDERS.search(key) and not key.endswith(".reason.json"):
            told += f" ({evidence.lake.etags[key]})"
        found.append(told)
    return sorted(found)


def judge_likeness(found: Picture, reference: Picture) -> Iterator[Finding]:
    """Every difference from a life that nothing disturbed."""
    for where, here, there in _differences("", found, reference):
        yield Finding("other_end", f"it is {here} and undisturbed {there}", where)


def _differences(where: str, found: Any, wanted: Any) -> Iterator[tuple[str, str, str]]:
    if isinstance(found, dict) and isinstance(wanted, dict):
        for key in sorted({*found, *wanted}):
            yield from _differences(f"{where}.{key}".strip("."), found.get(key), wanted.get(key))
    elif isinstance(found, list) and isinstance(wanted, list):
        extra, missing = _without(found, wanted), _without(wanted, found)
        for item in extra:
            yield where, f"there: {_short(item)}", "not there"
        for item in missing:
            yield where, "not there", f"there: {_short(item)}"
    elif found != wanted:
        yield where, _short(found), _short(wanted)


def _without(items: list[Any], others: list[Any]) -> list[Any]:
    """What is left of a list when the other's items are taken from it, one for one."""
    left = list(items)
    for item in others:
        if item in left:
            left.remove(item)
    return left


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 200 else f"{text[:200]}…"
