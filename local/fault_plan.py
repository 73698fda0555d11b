"""Which faults are planned for which life, which befell it, and what its functions called.

All of it lies in one folder, so that the cloud's processes and whoever planned the faults share it:

* `names`: a regular expression; what it finds in an event is the life that the event belongs to
* `plans/<life>.json`: the planned faults, written before the life begins
* `heard/<life>/<function>/<what>/<n>`: the id of the n-th message of its kind
* `claims/<point>`: made by whoever commits the fault, so that it happens exactly once
* `released/<life>`: when messages that were held so far may go on, in seconds since the epoch
* `over/<life>`: the life has ended, and what legs sent themselves for later may come
* `calls/<process>.jsonl`: one line an invocation begun, an API call, and an invocation ended

Only `faults/` makes such a folder; a cloud is given one by `BATON_CALL_FAULTS`. Standard library
alone: the interpreter of functions runs this too.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

VARIABLE = "BATON_CALL_FAULTS"
IN_LINE = ", in line"
"""Told of what was heard where its message bears a group."""


@dataclass(frozen=True)
class Heard:
    """What an invocation is about.

    Attributes:
        life: the planned life it belongs to; empty for none.
        what: the kind of event, such as `DataIngested` or `Object Created data`.
        id: what tells the event from others, the same at each delivery.
    """

    life: str
    what: str
    id: str


class FaultPlan:
    """The folder, as the cloud's processes use it."""

    def __init__(self, folder: Path) -> None:
        """Take the folder."""
        self.folder = folder
        self._plans: dict[str, list[dict[str, Any]]] = {}

    @cached_property
    def _names(self) -> re.Pattern[str]:
        return re.compile((self.folder / "names").read_text())

    def life_in(self, text: str) -> str:
        """The life that a text names first; empty if none."""
        found = self._names.search(text)
        return found.group() if found else ""

    def heard_message(self, body: str, group: str | None = None) -> Heard:
        """What a message of a queue is about, from the EventBridge event in it.

        A leg puts some messages in line, and is handed the same body twice: the second time with
        its group, and that one is another message.
        """
        envelope = json.loads(body)
        detail = envelope.get("detail") or {}
        own = (detail.get("metadata") or {}).get("event_id") if isinstance(detail, dict) else None
        kind = event_kind(envelope) + (IN_LINE if group else "")
        return Heard(self.life_in(body), kind, str(own or envelope.get("id") or body))

    def heard(self, event: dict[str, Any]) -> Heard:
        """What an invocation is about, from what its function was handed.

        Queues hand one message at a time to functions under a plan; a stream hands a batch.
        """
        record = (event.get("Records") or [{}])[0]
        if "body" in record:
            group = (record.get("attributes") or {}).get("MessageGroupId")
            return self.heard_message(record["body"], group)
        if "kinesis" in record:
            rows = [base64.b64decode(each["kinesis"]["data"]) for each in event["Records"]]
            text = b"\n".join(rows).decode(errors="replace")
            return Heard(self.life_in(text), "stream", str(record.get("eventID", "")))
        return Heard(self.life_in(json.dumps(event)), "request", str(time.monotonic_ns()))

    def points(self, life: str) -> list[dict[str, Any]]:
        """What is planned for a life."""
        if life and life not in self._plans:
            try:
                text = (self.folder / "plans" / f"{life}.json").read_text()
            except FileNotFoundError:
                return []
            self._plans[life] = json.loads(text)
        return self._plans.get(life, [])

    def occurrence(self, function: str, heard: Heard) -> int:
        """Tell the how-manieth event of its kind this is, to this function, in this life."""
        kind = re.sub(r"\W+", "-", heard.what)
        folder = self.folder / "heard" / (heard.life or "none") / function / kind
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f"draft-{os.getpid()}-{time.monotonic_ns()}"
        draft.write_text(heard.id)
        number = 1
        try:
            while True:
                place = folder / str(number)
                try:
                    os.link(draft, place)  # whole or not at all
                except FileExistsError:
                    if place.read_text() == heard.id:
                        return number
                    number += 1
                else:
                    return number
        finally:
            draft.unlink()

    def released_at(self, life: str) -> float:
        """Until when held messages are let go, in seconds since the epoch; 0 for never."""
        try:
            return float((self.folder / "released" / life).read_text())
        except FileNotFoundError:
            return 0.0

    def is_over(self, life: str) -> bool:
        """Whether the life has ended."""
        path: Path = self.folder / "over" / life
        return path.exists()

    def claimed(self, point: dict[str, Any]) -> bool:
        """Whether the fault befell somebody already."""
        path: Path = self.folder / "claims" / point["id"]
        return path.exists()

    def claim(self, point: dict[str, Any]) -> bool:
        """Take the fault upon oneself; False when another was first."""
        path = self.folder / "claims" / point["id"]
        path.parent.mkdir(exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        except FileExistsError:
            return False
        os.write(descriptor, json.dumps({"at": time.time()}).encode())
        os.close(descriptor)
        return True

    def note(self, **what: Any) -> None:
        """Write one line down, at once: the process may be killed next."""
        folder = self.folder / "calls"
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
        line = json.dumps({"at": time.time(), **what}) + "\n"
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        descriptor = os.open(folder / f"{os.getpid()}.jsonl", flags, 0o644)
        os.write(descriptor, line.encode())
        os.close(descriptor)


def event_kind(envelope: dict[str, Any]) -> str:
    """The detail type of an event; with the folder of a file, or the status of a job."""
    kind = str(envelope.get("detail-type") or envelope.get("DetailType") or "none")
    detail = envelope.get("detail", envelope.get("Detail")) or {}
    document: dict[str, Any] = json.loads(detail) if isinstance(detail, str) else detail
    if kind == "Object Created":
        return f"{kind} {document['object']['key'].split('/')[1]}"
    status = next((value for name, value in document.items() if name.endswith("Status")), "")
    return f"{kind} {status}".strip() if kind.startswith("SageMaker") else kind
