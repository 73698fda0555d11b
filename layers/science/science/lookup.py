"""Rows that name their identifier, completed with the features that are kept online.

The front door and the endpoint's container share it: the standard library alone, no AWS. A value
that the caller gives always wins over a stored one.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Callable

from science.feature_names import EVENT_TIME, FRACTIONAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

AT_ONCE = 100
"""BatchGetRecord takes at most so many identifiers."""

TOLD = 5
"""So many unknown identifiers are named; the rest are counted."""

JSON = "application/json"
JSON_LINES = ("application/jsonlines", "application/x-jsonlines", "application/x-ndjson")

Row = dict[str, Any]
Records = dict[str, dict[str, str]]
Fetch = Callable[["dict[str, Any]"], "dict[str, Any]"]


class UnknownRow(LookupError):  # noqa: N818  (named for what the caller is told)
    """Rows give nothing but an identifier, and nothing is stored for it."""


class StoreUnavailable(LookupError):  # noqa: N818  (HTTP's 503)
    """The online store did not answer for every identifier."""


@dataclass(frozen=True)
class Source:
    """A feature group with an online store, and what it knows of a model's columns.

    Attributes:
        group: its name.
        on: the column that holds its identifiers.
        columns: for each column the feature's ``name`` and ``type``.
        own: whether it is the problem's own group.
        hashed: whether its identifiers are hashes.
        within: seconds after its event time in which a record counts; None for ever.
    """

    group: str
    on: str
    columns: Mapping[str, Mapping[str, str]]
    own: bool = False
    hashed: bool = False
    within: float | None = None


def sources(problem: Mapping[str, Any], groups: Mapping[str, str]) -> list[Source]:
    """Where a model's columns can be looked up, the problem's own group first.

    Args:
        problem: ``problem.json`` of the model.
        groups: for each problem with an online store its feature group.
    """
    found = []
    own = problem.get("feature_store") or {}
    if own.get("identifier") and problem["name"] in groups:
        group = groups[problem["name"]]
        identifier, hashed = own["identifier"], bool(own.get("hashed"))
        found.append(Source(group, identifier, own["features"], own=True, hashed=hashed))
    for each in problem.get("joined") or []:
        if each["problem"] in groups:
            group = groups[each["problem"]]
            found.append(Source(group, each["on"], each["columns"], within=each["within"]))
    return found


def complete_body(
    body: bytes, content_type: str, known: Sequence[Source], fetch: Fetch, now: float
) -> bytes:
    """A request's body with its rows completed; as it is where there is nothing to look up.

    Args:
        body: rows as JSON or JSON lines; other kinds stay as they are.
        content_type: of the body.
        known: where to look.
        fetch: carries out a BatchGetRecord.
        now: seconds since 1970.

    Raises:
        UnknownRow: rows give only an identifier that nothing is stored for.
        StoreUnavailable: the store did not answer for some.
    """
    kind = content_type.split(";", maxsplit=1)[0].strip().lower()
    rows = _rows(body, kind) if known else None
    if rows is None:
        return body
    before = json.dumps(rows)
    complete(rows, known, fetch, now)
    if json.dumps(rows) == before:
        return body
    if kind in JSON_LINES:
        return "\n".join(json.dumps(row) for row in rows).encode()
    return json.dumps({"instances": rows}).encode()


def _rows(body: bytes, kind: str) -> list[Any] | None:
    """The rows of a body, None where it is no list of rows: the endpoint says what is wrong."""
    try:
        if kind in JSON_LINES:
            return [json.loads(line) for line in body.decode().splitlines() if line.strip()]
        document = json.loads(body) if kind == JSON else None
    except ValueError:
        return None
    if isinstance(document, dict):
        document = document.get("instances", [document])
    return document if isinstance(document, list) else None


def complete(rows: list[Any], known: Sequence[Source], fetch: Fetch, now: float) -> None:
    """Add to each row the stored values of columns that it does not give.

    Raises:
        UnknownRow: rows give only an identifier that nothing is stored for.
    """
    for source in known:
        lacking = [row for row in rows if isinstance(row, dict) and _lacks(row, source)]
        stored = _stored(source, {_identifier(row, source) for row in lacking}, fetch)
        unknown = []
        for row in lacking:
            record = stored.get(_identifier(row, source))
            if record is not None:
                _fill(row, record, source, now)
            elif source.own and not any(
                value is not None for column, value in row.items() if column != source.on
            ):
                unknown.append(str(row[source.on]))
        if unknown:
            raise UnknownRow(_told(unknown, source))


def _lacks(row: Row, source: Source) -> bool:
    given = row.get(source.on)
    if given is None or isinstance(given, (dict, list)) or str(given).strip() == "":
        return False
    return any(column not in row for column in source.columns)


def _identifier(row: Row, source: Source) -> str:
    """The record's identifier; a whole number stands for its digits, as in a CSV file."""
    given = row[source.on]
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    text = str(given).strip()
    return hash_of(text) if source.hashed else text


def hash_of(identifier: str) -> str:
    """The number that an identifier is hashed to: the later half of its MD5, low byte first."""
    digest = hashlib.md5(identifier.encode()).digest()  # noqa: S324  (no secret: it deals rows out)
    return str(int.from_bytes(digest[8:], "little"))


def _stored(source: Source, identifiers: Iterable[str], fetch: Fetch) -> Records:
    """The records that there are, by identifier."""
    features = [EVENT_TIME, *(feature["name"] for feature in source.columns.values())]
    found: Records = {}
    for some in _parts(sorted(identifiers)):
        wanted = {
            "FeatureGroupName": source.group,
            "RecordIdentifiersValueAsString": some,
            "FeatureNames": features,
        }
        answer = fetch({"Identifiers": [wanted]})
        for record in answer["Records"]:
            values = {item["FeatureName"]: item["ValueAsString"] for item in record["Record"]}
            found[record["RecordIdentifierValueAsString"]] = values
        left = [*answer.get("Errors", []), *answer.get("UnprocessedIdentifiers", [])]
        if left:
            raise StoreUnavailable(f"{len(left)} rows are unanswered, among them {left[0]}")
    return found


def _parts(identifiers: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(identifiers), AT_ONCE):
        yield identifiers[start : start + AT_ONCE]


def _fill(row: Row, record: Mapping[str, str], source: Source, now: float) -> None:
    if source.within is not None and now - _seconds(record[EVENT_TIME]) > source.within:
        return
    for column, feature in source.columns.items():
        text = record.get(feature["name"])
        if column not in row and text is not None:
            row[column] = _value(text, feature["type"])


def _value(text: str, kind: str) -> Any:
    if kind != FRACTIONAL:
        return text
    try:
        return float(text)
    except ValueError:
        return text


def _seconds(text: str) -> float:
    """An event time, ISO 8601 in UTC or seconds since 1970, as seconds since 1970."""
    try:
        return float(text)
    except ValueError:
        pass
    form = "%Y-%m-%dT%H:%M:%S.%fZ" if "." in text else "%Y-%m-%dT%H:%M:%SZ"
    return datetime.strptime(text, form).replace(tzinfo=timezone.utc).timestamp()


def _told(unknown: Sequence[str], source: Source) -> str:
    named = ", ".join(unknown[:TOLD])
    more = f" and {len(unknown) - TOLD} more" if len(unknown) > TOLD else ""
    return (
        f"Nothing is stored for {source.on} {named}{more}: "
        "send the whole row, or ask for one that training knew."
    )
