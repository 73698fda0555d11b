"""SageMaker in memory: jobs end when they are told to, and every question is answered truthfully.

Jobs do nothing but leave the files that such jobs leave. What is asked and answered has the API's
own names (SageMaker API reference).
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

type Document = dict[str, Any]

NOUNS = ("TrainingJob", "HyperParameterTuningJob", "ProcessingJob")
SUMMARIES = {
    "ListTrainingJobs": ("TrainingJob", "TrainingJobSummaries"),
    "ListHyperParameterTuningJobs": (
        "HyperParameterTuningJob",
        "HyperParameterTuningJobSummaries",
    ),
    "ListProcessingJobs": ("ProcessingJob", "ProcessingJobSummaries"),
    "ListModels": ("Model", "Models"),
    "ListModelPackages": ("ModelPackage", "ModelPackageSummaryList"),
}
SCORE = 0.9
PACKAGE = b"a package"
OBJECTIVES = ("validation:auc", "validation:logloss")


def refused(code: str, message: str, operation: str) -> ClientError:
    """An error response as botocore raises it."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


class MemorySageMaker:
    """One account's SageMaker.

    Attributes:
        things: what there is, by noun and name, as Describe answers.
        events: state changes that were not fetched yet, as EventBridge envelopes have them:
            detail-type and detail.
        fails: names of purposes whose jobs fail: ``train``, ``evaluate``, ``score``.
        takes_back: whether an endpoint's update is rolled back.
    """

    def __init__(self, write: Callable[[str, bytes], None]) -> None:
        """Take what writes an object to an s3:// address."""
        self.things: dict[tuple[str, str], Document] = {}
        self.events: list[tuple[str, Document]] = []
        self.fails: set[str] = set()
        self.takes_back = False
        self._write = write
        self._tokens: dict[str, Document] = {}

    def answer(self, operation: str, request: Document) -> Document:
        """Carry out one operation.

        Raises:
            ClientError: as the API would.
        """
        if operation in SUMMARIES:
            return self._list(operation, request)
        if operation.startswith("Describe"):
            return self._describe(operation, request)
        own = getattr(self, f"_{operation}", None)
        if own is not None:
            found: Document = own(request)
            return found
        noun = operation.removeprefix("Create")
        return self._made(noun, request[f"{noun}Name"], request)

    def _made(self, noun: str, name: str, document: Document) -> Document:
        if (noun, name) in self.things:
            raise refused("ResourceInUse", f"{noun} {name} exists", f"Create{noun}")
        kind = re.sub(r"(?<!^)(?=[A-Z])", "-", noun).lower()
        arn = f"arn:aws:sagemaker:eu-west-1:111122223333:{kind}/{name}"
        self.things[noun, name] = {
            **document,
            f"{noun}Name": name,
            f"{noun}Arn": arn,
            "CreationTime": datetime.now(UTC),
        }
        return {f"{noun}Arn": arn}

    def _describe(self, operation: str, request: Document) -> Document:
        noun = operation.removeprefix("Describe")
        name = str(request[f"{noun}Name"])
        found = self.things.get((noun, name.rsplit(":model-package/", 1)[-1]))
        if found is None:
            raise refused("ValidationException", f"there is no {noun} {name}", operation)
        return found

    def _list(self, operation: str, request: Document) -> Document:
        noun, items = SUMMARIES[operation]
        found = [thing for (kind, _), thing in self.things.items() if kind == noun]
        group = request.get("ModelPackageGroupName")
        if group:
            found = [thing for thing in found if thing["ModelPackageGroupName"] == group]
        return {items: sorted(found, key=lambda thing: thing["CreationTime"], reverse=True)}

    def _CreateTrainingJob(self, request: Document) -> Document:  # noqa: N802
        name = request["TrainingJobName"]
        answer = self._made("TrainingJob", name, request)
        self._train(name, request)
        self._said("Training Job", "TrainingJob", name)
        return answer

    def _train(self, name: str, request: Document) -> None:
        """End a training with a model, or without one."""
        job = self.things["TrainingJob", name]
        if "train" in self.fails:
            job |= {"TrainingJobStatus": "Failed", "FailureReason": "AlgorithmError: no memory"}
            return
        uri = f"{request['OutputDataConfig']['S3OutputPath']}/{name}/output/model.tar.gz"
        self._write(uri, b"a model")
        job |= {
            "TrainingJobStatus": "Completed",
            "ModelArtifacts": {"S3ModelArtifacts": uri},
            "BillableTimeInSeconds": 60,
            "FinalMetricDataList": [{"MetricName": each, "Value": SCORE} for each in OBJECTIVES],
        }

    def _CreateHyperParameterTuningJob(self, request: Document) -> Document:  # noqa: N802
        name = request["HyperParameterTuningJobName"]
        answer = self._made("HyperParameterTuningJob", name, request)
        best = f"{name}-001"
        definition = request["TrainingJobDefinition"]
        tuned = {"TuningJobArn": answer["HyperParameterTuningJobArn"]}
        self._made("TrainingJob", best, {**definition, **tuned})
        self._train(best, definition)
        job = self.things["HyperParameterTuningJob", name]
        job["HyperParameterTuningJobStatus"] = self.things["TrainingJob", best]["TrainingJobStatus"]
        if job["HyperParameterTuningJobStatus"] == "Completed":
            job["BestTrainingJob"] = {"TrainingJobName": best}
        self._said("HyperParameter Tuning Job", "HyperParameterTuningJob", name)
        return answer

    def _CreateProcessingJob(self, request: Document) -> Document:  # noqa: N802
        name = request["ProcessingJobName"]
        answer = self._made("ProcessingJob", name, request)
        job = self.things["ProcessingJob", name]
        outputs = {
            item["OutputName"]: item["S3Output"]["S3Uri"]
            for item in request["ProcessingOutputConfig"]["Outputs"]
        }
        purpose = "score" if "predictions" in outputs else "evaluate"
        job["ProcessingJobStatus"] = "Failed" if purpose in self.fails else "Completed"
        if purpose in self.fails:
            job["ExitMessage"] = "the script ended with status 1"
        elif purpose == "score":
            rows = {item["InputName"]: item["S3Input"]["S3Uri"] for item in job["ProcessingInputs"]}
            self._write(f"{outputs['predictions']}/{rows['rows'].rsplit('/', 1)[-1]}", b"answers")
        else:
            self._evaluate(outputs)
        self._said("Processing Job", "ProcessingJob", name)
        return answer

    def _evaluate(self, outputs: dict[str, str]) -> None:
        document = {
            "metric": {"name": "roc_auc", "value": SCORE, "greater_is_better": True},
            "metrics": {"roc_auc": SCORE},
            "champion": None,
            "bias": {"violations": []},
            "model": {"sha256": sha256(PACKAGE).hexdigest()},
            "rows": 9,
        }
        self._write(f"{outputs['reports']}/evaluation.json", json.dumps(document).encode())
        self._write(f"{outputs['package']}/model.tar.gz", PACKAGE)

    def _CreateModelPackage(self, request: Document) -> Document:  # noqa: N802
        token = request.get("ClientToken", "")
        if token in self._tokens:
            return self._tokens[token]
        group = request["ModelPackageGroupName"]
        number = sum(noun == "ModelPackage" for noun, _ in self.things) + 1
        answer = self._made("ModelPackage", f"{group}/{number}", request)
        self._tokens[token] = answer
        return answer

    def _CreateEndpoint(self, request: Document) -> Document:  # noqa: N802
        name = request["EndpointName"]
        answer = self._made("Endpoint", name, request)
        self.things["Endpoint", name]["EndpointStatus"] = "InService"
        self._endpoint_said(name)
        return answer

    def _UpdateEndpoint(self, request: Document) -> Document:  # noqa: N802
        """Shift an endpoint's traffic, or take the shift back (deployment guardrails)."""
        name = request["EndpointName"]
        endpoint = self.things["Endpoint", name]
        if self.takes_back:
            endpoint["FailureReason"] = "an alarm went off"
        else:
            endpoint["EndpointConfigName"] = request["EndpointConfigName"]
        self._endpoint_said(name)
        return {"EndpointArn": endpoint["EndpointArn"]}

    def _said(self, words: str, noun: str, name: str) -> None:
        self.events.append((f"SageMaker {words} State Change", self.things[noun, name]))

    def _endpoint_said(self, name: str) -> None:
        endpoint = self.things["Endpoint", name]
        detail = {**endpoint, "EndpointStatus": "IN_SERVICE"}
        self.events.append(("SageMaker Endpoint State Change", detail))
