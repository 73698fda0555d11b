"""DataProcessing of batch transform: what of a record the model gets, and what is kept of both.

"Associate Prediction Results with Input Records": a CSV row acts as an array, its joined form is
the input's columns and then the output's; a JSON object gains `SageMakerOutput`; anything else in
JSON becomes `{"SageMakerInput": …, "SageMakerOutput": …}`. With `GenerateInferenceId` each record
ends with an id and the job's time ("Capture data from batch transform job").
"""

from __future__ import annotations

import csv
import io
import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.sagemaker.containers.serving.codecs import media_type
from local.sagemaker.transform.json_paths import JsonPath, PathError, parse_path

if TYPE_CHECKING:
    from collections.abc import Sequence

type Document = dict[str, Any]

CSV = "text/csv"
JSON = "application/json"
LINES = "application/jsonlines"
KNOWN = frozenset({CSV, JSON, LINES})


class DataError(ValueError):
    """A record, or an answer, is not what the job's DataProcessing needs."""


@dataclass(frozen=True)
class Processing:
    """What is done with each record of one job.

    Attributes:
        kind: Media type of input and output, when anything is to be done.
        input_filter: What the model gets.
        output_filter: What is kept.
        joins: Whether input and output are joined.
        stamp: The job's time, when records are to get an id; empty for none.
        lines: Whether a request and its answer hold a record a line.
    """

    kind: str
    input_filter: JsonPath
    output_filter: JsonPath
    joins: bool
    stamp: str
    lines: bool

    @property
    def changes_output(self) -> bool:
        """Whether answers must be read at all."""
        return self.joins or bool(self.stamp) or not self.output_filter.takes_all

    def request_record(self, record: bytes) -> bytes:
        """The part of a record that the model gets; raises `DataError`."""
        if self.input_filter.takes_all:
            return record
        if self.kind == CSV and not self.lines:
            rows = [self._filter(self.input_filter, row) for row in self._rows(record)]
            return b"\n".join(_write(row, self.kind) for row in rows)
        return _write(self._filter(self.input_filter, self._read(record)), self.kind)

    def result(self, records: Sequence[bytes], answer: bytes) -> bytes:
        """What is kept of one request: the answer, joined and filtered, a record a line.

        Args:
            records: The records before the input filter.
            answer: What the model said.

        Raises:
            DataError: When the two do not fit together.
        """
        if not self.changes_output:
            return answer
        outputs = self._answers(answer, alone=len(records) == 1)
        kept = outputs
        if self.joins:
            inputs = [item for record in records for item in self._rows(record)]
            if len(inputs) != len(outputs):
                raise DataError(
                    f"Fail to join: {len(inputs)} input records and {len(outputs)} output records"
                )
            kept = [self._joined(*pair) for pair in zip(inputs, outputs, strict=True)]
        kept = [self._filter(self.output_filter, item) for item in kept]
        if self.stamp:
            kept = [self._stamped(item) for item in kept]
        return b"\n".join(_write(item, self.kind) for item in kept)

    def _rows(self, record: bytes) -> list[Any]:
        """The records in an input: with SplitType None a CSV object has a record a line."""
        if self.kind == JSON or self.lines:
            return [self._read(record)]
        return [self._read(line) for line in record.splitlines() if line.strip()]

    def _answers(self, answer: bytes, *, alone: bool) -> list[Any]:
        if self.kind == JSON and alone:
            return [self._read(answer)]
        return [self._read(line) for line in answer.splitlines() if line.strip()]

    def _read(self, text: bytes) -> Any:
        try:
            decoded = text.decode("utf-8")
            if self.kind == CSV:
                return next(iter(csv.reader([decoded])), [])
            return json.loads(decoded)
        except ValueError as error:
            raise DataError(f"a record is not {self.kind}: {error}") from error

    def _filter(self, path: JsonPath, value: Any) -> Any:
        try:
            return path.find(value)
        except PathError as error:
            raise DataError(str(error)) from error

    def _joined(self, given: Any, answered: Any) -> Any:
        if self.kind == CSV:
            return [*given, *answered]
        if isinstance(given, dict):
            return given | {"SageMakerOutput": answered}
        return {"SageMakerInput": given, "SageMakerOutput": answered}

    def _stamped(self, item: Any) -> Any:
        identity = str(uuid.uuid4())
        if self.kind == CSV:
            return [*(item if isinstance(item, list) else [item]), identity, self.stamp]
        if not isinstance(item, dict):
            item = {"SageMakerOutput": item}
        return item | {"SageMakerInferenceId": identity, "SageMakerInferenceTime": self.stamp}


def processing_of(job: Document, stamp: str) -> Processing:
    """What a job's DataProcessing and DataCaptureConfig ask for.

    Args:
        job: CreateTransformJob's members.
        stamp: The job's time, for records that get an id.

    Raises:
        DataError: When it cannot be done for such data; the message is fit for the caller.
    """
    asked, source = job.get("DataProcessing") or {}, job["TransformInput"]
    capture = job.get("DataCaptureConfig") or {}
    try:
        filters = [parse_path(asked.get(name, "$")) for name in ("InputFilter", "OutputFilter")]
    except PathError as error:
        raise DataError(str(error)) from error
    kind = media_type(source.get("ContentType", ""))
    lines = source.get("SplitType", "None") == "Line"
    joins = asked.get("JoinSource", "None") == "Input"
    stamps = bool(capture.get("GenerateInferenceId"))
    active = joins or stamps or not all(path.takes_all for path in filters)
    if active and kind not in KNOWN:
        raise DataError(
            f"DataProcessing works on {', '.join(sorted(KNOWN))}, not on {kind or 'no ContentType'}"
        )
    if joins:
        _check_join(job, kind)
    return Processing(kind, filters[0], filters[1], joins, stamp if stamps else "", lines)


def _check_join(job: Document, kind: str) -> None:
    source, output = job["TransformInput"], job["TransformOutput"]
    if media_type(output.get("Accept", "")) != kind:
        raise DataError("JoinSource Input needs an Accept that matches the ContentType")
    if source.get("SplitType", "None") != output.get("AssembleWith", "None"):
        raise DataError("JoinSource Input needs an AssembleWith that matches the SplitType")


def _write(value: Any, kind: str) -> bytes:
    if kind != CSV:
        return json.dumps(value, ensure_ascii=False).encode()
    text = io.StringIO()
    row = value if isinstance(value, list) else [value]
    csv.writer(text, lineterminator="").writerow(row)
    return text.getvalue().encode()
