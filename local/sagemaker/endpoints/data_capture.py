"""Data capture: what an endpoint was asked and answered, as JSON lines in S3.

Records go to `<DestinationS3Uri>/<endpoint>/<variant>/yyyy/mm/dd/hh/MM-SS-mmm-<uuid>.jsonl`, each
in the form that Model Monitor reads ("Capture data from a real-time endpoint"). They are collected
in memory and written by one thread, so that an invocation never waits for S3.
"""

from __future__ import annotations

import base64
import json
import logging
import queue
import random
import threading
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from local.sagemaker.containers.serving.codecs import media_type
from local.sagemaker.objects import ObjectsError

if TYPE_CHECKING:
    from collections.abc import Callable

type Document = dict[str, Any]

FLUSH_SECONDS = 1.0
FLUSH_RECORDS = 1_000
MOST_WAITING = 100_000
"""Records kept while S3 does not answer; beyond them the oldest are dropped, and said so."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Exchange:
    """One invocation, as it was captured.

    Attributes:
        when: Seconds since the epoch.
        body: The request's payload.
        content_type: Its type.
        answer: The answer's payload.
        answer_type: Its type.
        inference_id: What the caller named it; empty for nothing.
        custom_attributes: What the caller said besides; empty for nothing.
    """

    when: float
    body: bytes
    content_type: str
    answer: bytes
    answer_type: str
    inference_id: str = ""
    custom_attributes: str = ""


@dataclass(frozen=True)
class Target:
    """Where a variant's records go, under which role, and with which KMS key, if any."""

    destination: str
    endpoint: str
    variant: str
    role: str
    kms_key: str = ""


type Entry = tuple[Target, Document, Exchange]


class DataCapture:
    """Collects records and writes them in the background."""

    def __init__(
        self,
        put: Callable[[str, bytes, Target], None],
        *,
        every: float = FLUSH_SECONDS,
        at_most: int = FLUSH_RECORDS,
    ) -> None:
        """Start the writing thread.

        Args:
            put: Writes content to an S3 address, under the target's role and key.
            every: Seconds after which records are written at the latest.
            at_most: Records of one file.
        """
        self._put = put
        self._every = every
        self._at_most = at_most
        self._queue: queue.SimpleQueue[Entry | None] = queue.SimpleQueue()
        self._waiting: dict[tuple[Target, str], list[tuple[float, str]]] = {}
        self._random = random.Random()  # noqa: S311 -- sampling
        self._full = False
        self._held_until = 0.0
        self._thread = threading.Thread(target=self._run, name="data-capture", daemon=True)
        self._thread.start()

    def record(self, config: Document, target: Target, exchange: Exchange) -> None:
        """Capture an exchange, if the sampling takes it; returns at once.

        Args:
            config: The configuration's DataCaptureConfig.
            target: Where its records go.
            exchange: What was asked and answered.
        """
        percentage = config.get("InitialSamplingPercentage", 0)
        if percentage < 100 and self._random.uniform(0, 100) >= percentage:
            return
        if self._queue.qsize() < MOST_WAITING:
            self._queue.put((target, config, exchange))
        elif not self._full:
            _log.error("capturing pauses: %s exchanges wait for S3", MOST_WAITING)
        self._full = self._queue.qsize() >= MOST_WAITING

    def close(self) -> None:
        """Write what is left and end."""
        self._queue.put(None)
        self._thread.join(timeout=10.0)

    def _run(self) -> None:
        ended = False
        deadline = time.monotonic() + self._every
        while not ended:
            if time.monotonic() >= deadline:
                self._flush()
                deadline = time.monotonic() + self._every
            try:
                entry = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                continue
            if entry is None:
                ended = True
            else:
                self._collect(*entry)
        self._flush()

    def _collect(self, target: Target, config: Document, exchange: Exchange) -> None:
        hour = datetime.fromtimestamp(exchange.when, UTC).strftime("%Y/%m/%d/%H")
        key = (target, hour)
        lines = self._waiting.setdefault(key, [])
        lines.append((exchange.when, json.dumps(record_of(config, exchange))))
        if len(lines) >= self._at_most and time.monotonic() >= self._held_until:
            self._write(key)

    def _flush(self) -> None:
        for key in list(self._waiting):
            self._write(key)

    def _write(self, key: tuple[Target, str]) -> None:
        target, hour = key
        lines = self._waiting.pop(key)
        for start in range(0, len(lines), self._at_most):
            part = lines[start : start + self._at_most]
            uri = f"{target.destination.rstrip('/')}/{target.endpoint}/{target.variant}/{hour}/"
            body = "".join(line + "\n" for _, line in part).encode()
            try:
                self._put(uri + file_name(part[0][0]), body, target)
            except ObjectsError as error:
                _log.warning("captured data waits: %s", error)
                self._held_until = time.monotonic() + self._every
                self._waiting[key] = lines[start:][-MOST_WAITING:]
                return


def file_name(when: float) -> str:
    """`MM-SS-mmm-<uuid>.jsonl` for the first record's time, in seconds since the epoch."""
    moment = datetime.fromtimestamp(when, UTC)
    return f"{moment:%M-%S}-{moment.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"


def record_of(config: Document, exchange: Exchange) -> Document:
    """One captured record."""
    modes = {option["CaptureMode"] for option in config.get("CaptureOptions", [])}
    both = "InputAndOutput" in modes
    data: Document = {}
    if both or "Input" in modes:
        data["endpointInput"] = _side(config, "INPUT", exchange.content_type, exchange.body)
    if both or "Output" in modes:
        data["endpointOutput"] = _side(config, "OUTPUT", exchange.answer_type, exchange.answer)
    metadata: Document = {"eventId": str(uuid.uuid4())}
    if exchange.custom_attributes:
        metadata["customAttributes"] = [exchange.custom_attributes]
    if exchange.inference_id:
        metadata["inferenceId"] = exchange.inference_id
    moment = datetime.fromtimestamp(exchange.when, UTC)
    metadata["inferenceTime"] = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    return {"captureData": data, "eventMetadata": metadata, "eventVersion": "0"}


def _side(config: Document, mode: str, content_type: str, body: bytes) -> Document:
    encoding = _encoding(config.get("CaptureContentTypeHeader") or {}, content_type)
    side = {"observedContentType": content_type, "mode": mode}
    if encoding != "BASE64":
        try:
            return side | {"data": body.decode("utf-8"), "encoding": encoding}
        except UnicodeDecodeError:
            pass  # not what its type says: kept as it is
    return side | {"data": base64.b64encode(body).decode(), "encoding": "BASE64"}


def _encoding(header: Document, content_type: str) -> str:
    kind = media_type(content_type)
    for member, encoding in (("CsvContentTypes", "CSV"), ("JsonContentTypes", "JSON")):
        if kind in {media_type(listed) for listed in header.get(member, [])}:
            return encoding
    return "BASE64"
