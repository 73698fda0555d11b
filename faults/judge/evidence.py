"""All that the judge looks at, read once: rows, objects, jobs and models, alerts, events."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from faults.judge.glue_runs import glue_runs_of
from faults.judge.objects import Store
from faults.judge.sagemaker_things import Things, things_of
from faults.judge.stage_table import SAID_BY
from faults.judge.table import Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Clients(Protocol):
    """What gives boto3 clients: a ``boto3.Session``, or anything with such a method."""

    def client(self, service: str) -> Any:
        """A client of one service."""


@dataclass(frozen=True, slots=True)
class Said:
    """One event of Baton's own, as the history keeps it or the bus carried it.

    Attributes:
        name: its detail-type.
        id: the event's own id.
        data: what it says.
        text: its detail as it was written.
        leg: who said it; empty for what was heard on the bus.
        cause: the id of what it answers.
        at: when the history row was written; of what was heard, when it was said.
    """

    name: str
    id: str
    data: dict[str, Any]
    text: str
    leg: str
    cause: str
    at: str

    @property
    def where(self) -> str:
        """How a finding names it."""
        return f"event {self.name} {self.id}"


@dataclass(frozen=True, slots=True)
class Alert:
    """One message of the alert topic.

    Attributes:
        message_id: SNS's id of it: the same for a repeat that SNS itself makes.
        event: the detail-type of its cause.
        cause: the id of the event that it tells of.
        severity: info, warning or critical.
    """

    message_id: str
    event: str
    cause: str
    severity: str


@dataclass(slots=True)
class Evidence:
    """What is known of one problem at the end of its life.

    Attributes:
        problem: its name.
        rows: its rows in the record table, by kind.
        history: what each leg made of what it heard, oldest first.
        said: every event that a row of the history says was announced.
        lake: the lake's objects below the problem's folder.
        landing: the landing bucket's, likewise.
        things: what SageMaker and Glue have of it.
        alerts: the alerts that were sent; None when nobody listened.
        heard: the events that were heard on the bus; None when nobody listened.
    """

    problem: str
    rows: dict[str, list[Row]]
    history: list[Row]
    lake: Store
    landing: Store
    things: Things
    alerts: list[Alert] | None = None
    heard: list[Said] | None = None
    said: list[Said] = field(default_factory=list)

    @property
    def definition(self) -> Row | None:
        """The problem's own row, once it is defined."""
        found = self.rows.get("problem", [])
        return found[0] if found else None

    def run(self, name: str) -> Row | None:
        """The row of a run."""
        return next((row for row in self.rows.get("run", []) if row["run"] == name), None)

    def said_by_name(self, *names: str) -> list[Said]:
        """All announced events of some names."""
        return [said for said in self.said if said.name in names]


def was_replaced(evidence: Evidence, said: Said) -> bool:
    """Whether the event tells of a database's rows, and newer ones took their place.

    (``docs/data-sources.md``, "Databases"; how often a database is read before its last change is
    seen depends on what comes first.)
    """
    if said.name != "DataIngested" or said.data.get("origin") != "database":
        return False
    source = said.data["source"]
    about = [each for each in evidence.said_by_name(said.name) if each.data["source"] == source]
    return said.id != max(about, key=lambda each: each.at).id


def gather(
    clients: Clients,
    outputs: Mapping[str, str],
    problem: str,
    *,
    alerts: Iterable[Mapping[str, Any]] | None = None,
    heard: Iterable[Mapping[str, Any]] | None = None,
) -> Evidence:
    """Read all that there is about a problem.

    Args:
        clients: gives boto3 clients.
        outputs: the stack's outputs: ``LandingBucket``, ``LakeBucket``, ``RecordTable``.
        problem: its name.
        alerts: bodies of the messages of a queue that is subscribed to the alert topic, parsed
            (``MessageId``, ``Message``, ``MessageAttributes``); of any problem.
        heard: EventBridge envelopes as a rule on the stack's bus passed them on; of any problem.
    """
    table = Table(clients.client("dynamodb"), outputs["RecordTable"])
    s3 = clients.client("s3")
    rows = table.of_problem(problem)
    history = table.history(problem)
    began = min((row["at"] for row in history), default="")
    things = things_of(clients.client("sagemaker"), problem, began)
    things.jobs += glue_runs_of(clients.client("glue"), problem, began)
    rows["job"] = table.jobs(things.job_keys(), problem)
    evidence = Evidence(
        problem,
        rows,
        history,
        Store(s3, outputs["LakeBucket"], f"{problem}/"),
        Store(s3, outputs["LandingBucket"], f"{problem}/"),
        things,
    )
    evidence.said = [said for row in history for said in _said(row)]
    evidence.said += _said_for_several(evidence, table)
    if alerts is not None:
        evidence.alerts = _alerts(alerts, problem)
    if heard is not None:
        evidence.heard = _heard(heard, problem)
        evidence.said += _said_elsewhere(evidence, table)
    return evidence


def _said_for_several(evidence: Evidence, table: Table) -> list[Said]:
    """What was said of the problem by rows that are listed under none.

    A stretch of the stream that holds records of several problems has one row for all of them.
    The table is read whole for that, so only where something is answered that nobody listed said.
    """
    known = {said.id for said in evidence.said}
    streamed = SAID_BY["ingest_records"]
    if all(row["event_id"] in known for row in evidence.history if row["heard"] in streamed):
        return []
    said = [said for row in table.unlisted_history() for said in _said(row)]
    return [each for each in said if each.data.get("problem") == evidence.problem]


def _said_elsewhere(evidence: Evidence, table: Table) -> list[Said]:
    """What was heard and rows say that are listed under no problem, as the reconciler's are."""
    known = {said.id for said in evidence.said}
    causes = {said.cause for said in evidence.heard or () if said.id not in known}
    rows = [row for cause in sorted(causes) for row in table.answers(cause)]
    found = [said for row in rows for said in _said(row)]
    return [s for s in found if s.id not in known and s.data.get("problem") == evidence.problem]


def _said(row: Row) -> list[Said]:
    found = []
    for entry in row.get("announced") or ():
        detail = json.loads(entry["Detail"])
        meta = detail["metadata"]
        found.append(
            Said(
                entry["DetailType"],
                meta["event_id"],
                detail["data"],
                entry["Detail"],
                row["leg"],
                row["event_id"],
                row["at"],
            )
        )
    return found


def _alerts(bodies: Iterable[Mapping[str, Any]], problem: str) -> list[Alert]:
    found = []
    for body in bodies:
        told = {name: item["Value"] for name, item in body.get("MessageAttributes", {}).items()}
        if told.get("problem") != problem:
            continue
        last = body["Message"].rstrip().rsplit("\n", 1)[-1]
        cause = last.removeprefix("id: ") if last.startswith("id: ") else ""
        found.append(Alert(body["MessageId"], told["event"], cause, told.get("severity", "")))
    return found


def _heard(envelopes: Iterable[Mapping[str, Any]], problem: str) -> list[Said]:
    found = []
    for envelope in envelopes:
        detail = envelope["detail"]
        if envelope.get("source") != "baton" or detail["data"].get("problem") != problem:
            continue
        meta = detail["metadata"]
        text = json.dumps(detail, separators=(",", ":"))
        said = Said(
            envelope["detail-type"],
            meta["event_id"],
            detail["data"],
            text,
            "",
            meta["causation_id"],
            meta["occurred_at"],
        )
        found.append(said)
    return found
