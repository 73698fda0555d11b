"""Each row of the input is in exactly one place: prepared, left out, set aside, or waiting."""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from faults.judge.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faults.judge.evidence import Evidence
    from faults.judge.table import Row

PARTS = ("prepared/train/", "prepared/validation/", "holdout/")
LARGEST_READ = 20_000_000
"""Bytes up to which a landed file is read to count its rows."""

COUNTS = ("train_rows", "validation_rows", "holdout_rows")


def judge_rows(evidence: Evidence) -> Iterator[Finding]:
    """Every finding about rows and files."""
    yield from _landed(evidence)
    yield from _places(evidence)
    yield from _gathered(evidence)
    yield from _used(evidence)
    for run in evidence.rows.get("run", []):
        yield from _prepared(evidence, run)


def is_data(key: str) -> bool:
    """Whether a key below ``data/`` may hold rows: names after ``_`` or ``.`` do not.

    (``docs/data-sources.md``; a name with ``=`` is a partition, as in Hadoop.)
    """
    parts = key.split("/")
    if parts[1:2] != ["data"] or key.endswith(("/", "_$folder$")):
        return False
    return not any(
        part.startswith(".") or (part.startswith("_") and "=" not in part) for part in parts[2:]
    )


def _landed(evidence: Evidence) -> Iterator[Finding]:
    """No landed file was forgotten."""
    yield from _defined(evidence)
    inputs = evidence.rows.get("input", [])
    for key, etag in sorted(evidence.landing.etags.items()):
        folder = key.split("/")[1:2]
        if not is_data(key) and (folder != ["score"] or key.endswith("/")):
            continue
        rows = [r for r in inputs if r["source"] == key and r.get("etag", "").strip('"') == etag]
        if not rows:
            yield Finding("forgotten_file", "no row of the table tells of it", f"object {key}")
        if len(rows) > 1:
            yield Finding("taken_twice", "two rows of the table tell of it", f"object {key}")


def _defined(evidence: Evidence) -> Iterator[Finding]:
    """The problem.yaml that lies there is in force, or was refused in words."""
    key = f"{evidence.problem}/problem.yaml"
    etag = evidence.landing.etags.get(key)
    in_force = (evidence.definition or {}).get("etag", "").strip('"')
    if etag and etag != in_force and not evidence.said_by_name("ProblemRejected"):
        what = "it is neither in force nor refused"
        yield Finding("forgotten_file", what, f"object {key}")


def _places(evidence: Evidence) -> Iterator[Finding]:
    """An input was taken in, set aside, or waits; and what it says of itself is so."""
    for row in evidence.rows.get("input", []):
        where = f"input {row['source']}"
        taken, aside, waits = bool(row.get("uri")), bool(row.get("rejected")), row["waiting"]
        if row.get("purpose") == "score":
            yield from _scored(evidence, row)
            continue
        in_larger = bool(row.get("gathered"))
        if taken and (aside or waits or in_larger):
            what = "taken in, and set aside, waiting or part of a larger input besides"
            yield Finding("two_places", what, where)
        if not (taken or aside or waits or in_larger) and evidence.landing.etags.get(row["source"]):
            yield Finding("no_place", "neither taken in, nor set aside, nor waiting", where)
        if aside:
            yield from _set_aside(evidence, row)
        if waits and not aside and evidence.definition:
            yield Finding("still_waiting", "it waits for a problem that is defined", where)
        if taken:
            rows = evidence.lake.rows(row["uri"])
            if rows != row["rows"]:
                what = f"the row says {row['rows']} rows and the file holds {rows}"
                yield Finding("wrong_count", what, where)
            yield from _read_whole(evidence, row)


def _gathered(evidence: Evidence) -> Iterator[Finding]:
    """Stretches of the stream that became one input are in it with all of their rows."""
    inputs = {row["digest"]: row for row in evidence.rows.get("input", [])}
    parts: dict[str, int] = defaultdict(int)
    for row in inputs.values():
        if row.get("gathered"):
            parts[row["gathered"]] += row["rows"]
    for digest, rows in sorted(parts.items()):
        whole = inputs.get(digest, {}).get("rows")
        if whole != rows:
            what = f"stretches of {rows} rows became one of {whole}"
            yield Finding("lost_rows", what, f"input {digest}")


def _read_whole(evidence: Evidence, row: Row) -> Iterator[Finding]:
    """A plain file that still lies where it landed was taken in with all of its rows."""
    key, landing = row["source"], evidence.landing
    same = landing.etags.get(key) == row.get("etag", "").strip('"')
    if not same or landing.sizes[key] > LARGEST_READ or not key.endswith((".csv", ".jsonl")):
        return
    text = landing.read(f"s3://{landing.bucket}/{key}").decode("utf-8", "replace")
    allowed = _counts_of(text, commas=key.endswith(".csv"))
    if allowed and row["rows"] not in allowed:
        what = f"{row['rows']} rows were taken in of {max(allowed)} lines"
        yield Finding("lost_rows", what, f"input {key}")


def _counts_of(text: str, *, commas: bool) -> set[int]:
    """How many rows a text may have; nothing where that cannot be told."""
    if not commas:
        return {sum(bool(line.strip()) for line in text.splitlines())}
    try:
        lines = sum(any(cells) for cells in csv.reader(io.StringIO(text, newline="")))
    except csv.Error:
        return set()
    return {lines, lines - 1}  # without a header, or with one


def _set_aside(evidence: Evidence, row: Row) -> Iterator[Finding]:
    """It lies in quarantine beside its reason; personal data stays where it landed."""
    place = f"s3://{evidence.lake.bucket}/{evidence.problem}/quarantine/{row['source']}"
    if not evidence.lake.has(f"{place}.reason.json"):
        yield Finding("no_place", "set aside without a reason", f"input {row['source']}")
    if not row.get("protection") and not evidence.lake.has(place):
        yield Finding("no_place", "set aside and not in quarantine", f"input {row['source']}")


def _scored(evidence: Evidence, row: Row) -> Iterator[Finding]:
    problem = evidence.definition
    if row["waiting"] and problem and problem.get("champion"):
        yield Finding("still_waiting", "it waits for a model that serves", f"input {row['source']}")
    jobs = [job for job in evidence.things.jobs if job.source.endswith(f"/{row['source']}")]
    if not row["waiting"] and not jobs:
        yield Finding("no_place", "said to be scored, and no job does", f"input {row['source']}")


def _used(evidence: Evidence) -> Iterator[Finding]:
    """Every file that was taken in is in a run, once the problem is at rest and has enough rows."""
    problem = evidence.definition
    if problem is None or problem.get("active_run") or _held_back(evidence):
        return
    files = [row for row in evidence.rows.get("input", []) if _counts(row)]
    least = problem["definition"].get("data", {}).get("minimum_rows", 0)
    if sum(row["rows"] for row in files) < least:
        return
    used = {uri for run in evidence.rows.get("run", []) for uri in _inputs(evidence, run)}
    for row in files:
        if row["uri"] not in used:
            yield Finding("forgotten_file", "no run has learned from it", f"input {row['source']}")


def _counts(row: Row) -> bool:
    """Whether a run must come to learn from an input, whatever else is there."""
    alone = row["origin"] == "file" and not row.get("snapshot") and not row.get("gathered")
    return bool(alone and row.get("uri") and row["rows"] and row.get("purpose") == "data")


def _held_back(evidence: Evidence) -> bool:
    return bool(evidence.said_by_name("BudgetExceeded"))


def _listing(evidence: Evidence, run: Row) -> dict[str, Any]:
    place = f"s3://{evidence.lake.bucket}/{evidence.problem}/runs/{run['run']}/inputs.json"
    found: dict[str, Any] = evidence.lake.document(place) or {}
    return found


def _inputs(evidence: Evidence, run: Row) -> list[str]:
    return list(_listing(evidence, run).get("inputs", []))


def _prepared(evidence: Evidence, run: Row) -> Iterator[Finding]:
    """What went into a run came out of it, row by row: into a part, or counted as left out."""
    folder = f"s3://{evidence.lake.bucket}/{evidence.problem}/runs/{run['run']}"
    inputs = _inputs(evidence, run)
    own = f"s3://{evidence.lake.bucket}/{evidence.problem}/"
    for uri in inputs:
        if not uri.startswith(own):
            yield Finding("other_problem", "the run learns from rows that are not its own", uri)
    for uri, times in Counter(inputs).items():
        if times > 1:
            yield Finding("taken_twice", f"the run learns {times} times from it", uri)
    if run["inputs"] != len(inputs):
        what = f"the run says {run['inputs']} inputs and lists {len(inputs)}"
        yield Finding("wrong_count", what, f"run {run['run']}")
    report = evidence.lake.document(f"{folder}/reports/cleaning.json")
    if report is None or run["stage"] in {"started", "data_rejected"}:
        return
    read = [evidence.lake.rows(uri) for uri in inputs]
    if None not in read and sum(filter(None, read)) != report["rows_read"]:
        what = f"{sum(filter(None, read))} rows went in and {report['rows_read']} were read"
        yield Finding("lost_rows", what, f"run {run['run']}")
    left_out = report["without_target"] + report["duplicates"] + sum(report["dropped"].values())
    if report["rows_kept"] + left_out != report["rows_read"]:
        what = f"{report['rows_read']} rows were read, {report['rows_kept']} kept, {left_out} not"
        yield Finding("lost_rows", what, f"run {run['run']}")
    parts = [_rows_below(evidence, f"{folder}/{part}") for part in PARTS]
    if sum(parts) != report["rows_kept"] or parts != [report[name] for name in COUNTS]:
        what = f"the parts hold {parts} rows and {report['rows_kept']} were kept"
        yield Finding("lost_rows", what, f"run {run['run']}")


def _rows_below(evidence: Evidence, uri: str) -> int:
    return sum(evidence.lake.rows(file) or 0 for file in evidence.lake.below(uri, ".parquet"))
