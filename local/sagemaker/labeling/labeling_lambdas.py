"""Calls the functions of a labelling job: before a task is shown, and after it was answered.

Page "Processing with AWS Lambda" (contracts of 2018-10-16).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from local.sagemaker.clients import CLOUD_ERRORS

if TYPE_CHECKING:
    from local.sagemaker.labeling.labeling_output import Output
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

VERSION = "2018-10-16"


class FunctionFailed(Exception):  # noqa: N818 -- a fact about the function, not about this program
    """A function could not be called, or answered something else than its contract says."""


class Functions:
    """The two functions of one job."""

    def __init__(self, platform: Platform, job: Document, output: Output) -> None:
        human = job["HumanTaskConfig"]
        self._platform, self._job, self._output = platform, job, output
        self._before = human.get("PreHumanTaskLambdaArn", "")
        consolidation = human.get("AnnotationConsolidationConfig") or {}
        self._after = consolidation.get("AnnotationConsolidationLambdaArn", "")

    def prepare(self, line: Document) -> tuple[Document, bool]:
        """The task's input, and whether people are needed at all; raises `FunctionFailed`."""
        request = {
            "version": VERSION,
            "labelingJobArn": self._job["LabelingJobArn"],
            "dataObject": line,
        }
        answer = self._call(self._before, request)
        if not isinstance(answer, dict) or not isinstance(answer.get("taskInput"), dict):
            raise FunctionFailed(f"{self._before} answered without a taskInput")
        # AWS's own sample spells the flag the second way, with a text.
        needed = answer.get("isHumanAnnotationRequired", answer.get("humanAnnotationRequired"))
        return answer["taskInput"], str(needed).lower() != "false"

    def consolidate(self, items: list[Document], labels: list[str]) -> dict[int, Document]:
        """What each object's consolidated annotation holds, by index; raises `FunctionFailed`."""
        folder = "annotations/consolidated-annotation"
        name = f"iteration-1/{self._platform.now():.3f}.json"
        payload = [_annotated(item) for item in items]
        uri = self._output.put(f"{folder}/consolidation-request/{name}", json.dumps(payload))
        request = {
            "version": VERSION,
            "labelingJobArn": self._job["LabelingJobArn"],
            "labelCategories": labels,
            "labelAttributeName": self._job["LabelAttributeName"],
            "roleArn": self._job["RoleArn"],
            "payload": {"s3Uri": uri},
        }
        answer = self._call(self._after, request)
        self._output.put(f"{folder}/consolidation-response/{name}", json.dumps(answer))
        if not isinstance(answer, list):
            raise FunctionFailed(f"{self._after} did not answer with a list")
        try:
            return {
                int(entry["datasetObjectId"]): entry["consolidatedAnnotation"]["content"]
                for entry in answer
            }
        except (KeyError, TypeError, ValueError) as error:
            raise FunctionFailed(f"{self._after} answered without {error}") from error

    def _call(self, function: str, request: Document) -> Any:
        client = self._platform.clients.client("lambda", self._job["RoleArn"])
        try:
            answer = client.invoke(FunctionName=function, Payload=json.dumps(request).encode())
            body = json.loads(answer["Payload"].read() or b"null")
        except CLOUD_ERRORS as error:
            raise FunctionFailed(f"{function} cannot be called: {error}") from error
        except ValueError as error:
            raise FunctionFailed(f"{function} did not answer with JSON") from error
        if answer.get("FunctionError"):
            raise FunctionFailed(f"{function} failed: {body}")
        return body


def _annotated(item: Document) -> Document:
    line = item["line"]
    content = {"content": line["source"]} if "source" in line else {"s3Uri": line["source-ref"]}
    return {
        "datasetObjectId": str(item["index"]),
        "dataObject": content,
        "annotations": [
            {"workerId": answer["worker"], "annotationData": {"content": answer["answer"]}}
            for answer in item["answers"]
        ],
    }
