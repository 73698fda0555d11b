"""Asks a model for its answers, as Clarify does: an endpoint there is, or one made for the job.

Page "Configure the Analysis", `predictor`.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import time
import urllib.error
import urllib.request
import uuid
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from local.sagemaker.containers.monitoring.contract import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Sequence

type Array = np.ndarray[Any, Any]
type Document = dict[str, Any]

ROWS_AT_ONCE = 5_000
START_SECONDS = 600.0
_ACCEPTED = frozenset({"text/csv", "application/jsonlines"})


class Predictor:
    """A model behind an endpoint; one that was made for the job ends with the `with` block."""

    def __init__(self, config: Document) -> None:
        """Read `predictor`.

        Raises:
            AnalysisError: When it names no model, or a form that is not known here.
        """
        self._config = config
        self._url = os.environ["SAGEMAKER_LOCAL_URL"]
        self._endpoint = str(config.get("endpoint_name", ""))
        self._own = ""
        self._content = config.get("content_type", "text/csv")
        self._accept = config.get("accept_type", self._content)
        if not self._endpoint and not config.get("model_name"):
            raise AnalysisError("predictor needs model_name or endpoint_name")
        if {self._content, self._accept} - _ACCEPTED:
            raise AnalysisError(
                f"The local SageMaker asks models in {', '.join(sorted(_ACCEPTED))} only"
            )
        self._template = config.get("content_template") or '{"features": $features}'

    def __enter__(self) -> Self:
        if not self._endpoint:
            try:
                self._start()
            except BaseException:  # a model that does not serve, or the end of the job
                self.__exit__()
                raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._own:
            with contextlib.suppress(AnalysisError):  # what did not come to be needs no end
                self._call("DeleteEndpoint", EndpointName=self._own)
            with contextlib.suppress(AnalysisError):
                self._call("DeleteEndpointConfig", EndpointConfigName=self._own)

    def predict(self, rows: Sequence[Sequence[Any]]) -> Array:
        """The model's numbers for rows of features: shape (n, outputs)."""
        parts = [
            self._numbers(self._invoke(rows[start : start + ROWS_AT_ONCE]))
            for start in range(0, len(rows), ROWS_AT_ONCE)
        ]
        found = np.concatenate(parts)
        if len(found) != len(rows):
            raise AnalysisError(f"The model gave {len(found)} answers to {len(rows)} rows")
        return found

    def _start(self) -> None:
        prefix = self._config.get("endpoint_name_prefix", "sm-clarify")
        self._own = f"{prefix}-{uuid.uuid4().hex[:16]}"
        variant = {
            "VariantName": "AllTraffic",
            "ModelName": self._config["model_name"],
            "InstanceType": self._config.get("instance_type", "ml.m5.large"),
            "InitialInstanceCount": 1,
        }
        self._call(
            "CreateEndpointConfig", EndpointConfigName=self._own, ProductionVariants=[variant]
        )
        self._call("CreateEndpoint", EndpointName=self._own, EndpointConfigName=self._own)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            told = self._call("DescribeEndpoint", EndpointName=self._own)
            if told["EndpointStatus"] == "InService":
                self._endpoint = self._own
                return
            if told["EndpointStatus"] == "Failed":
                break
            time.sleep(0.1)
        raise AnalysisError(f"The model does not serve: {told.get('FailureReason', 'time is up')}")

    def _invoke(self, rows: Sequence[Sequence[Any]]) -> str:
        if self._content == "text/csv":
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows(rows)
            body = text.getvalue()
        else:
            body = "".join(
                self._template.replace("$features", json.dumps(list(row))) + "\n" for row in rows
            )
        headers = {"Content-Type": self._content, "Accept": self._accept}
        if attributes := self._config.get("custom_attributes"):
            headers["X-Amzn-SageMaker-Custom-Attributes"] = attributes
        return self._post(f"/endpoints/{self._endpoint}/invocations", body, headers)

    def _numbers(self, text: str) -> Array:
        """The scores in a reply, one row a line; `probability` or `label` says where they are."""
        where = self._config.get("probability", self._config.get("label"))
        try:
            if self._accept == "application/jsonlines":
                values = [_at(json.loads(line), where) for line in text.splitlines() if line]
            else:
                values = [
                    row if where is None else row[int(where)]
                    for row in csv.reader(io.StringIO(text))
                    if row
                ]
            found = np.array(values, dtype=np.float64)
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise AnalysisError(f"The model's answer cannot be read: {error}") from error
        return found.reshape(len(values), -1)

    def _call(self, operation: str, **request: Any) -> Document:
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"SageMaker.{operation}",
        }
        answer: Document = json.loads(self._post("/", json.dumps(request), headers) or "{}")
        return answer

    def _post(self, path: str, body: str, headers: dict[str, str]) -> str:
        request = urllib.request.Request(self._url + path, body.encode(), headers)  # noqa: S310 -- this server's own address
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 -- as above
                text: str = answer.read().decode("utf-8")
        except urllib.error.HTTPError as error:
            raise AnalysisError(f"{path}: {error.read().decode('utf-8', 'replace')}") from error
        except OSError as error:
            raise AnalysisError(f"{path}: {error}") from error
        return text


def _at(value: Any, where: Any) -> Any:
    """The part of an answer that a dotted path names; of an object with one member, that one."""
    if where is None:
        return next(iter(value.values())) if isinstance(value, dict) else value
    for name in str(where).split("."):
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value
