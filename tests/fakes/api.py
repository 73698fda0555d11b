"""AWS's APIs in memory: what is made by name is there, and cannot be made twice."""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tests.fakes.refusal import refusal

if TYPE_CHECKING:
    from lifecycle.decision import ApiCall
    from tests.fakes.objects import FakeObjects

ACCOUNT = "123456789012"
TOKENS = ("ClientToken", "ClientRequestToken")

type Thing = tuple[str, str, str]


class FakeApi:
    """Carries out Create, Update, Put and Describe calls on things by their name.

    Attributes:
        calls: every call that was asked for, also those that found the thing there already.
        done: every request that had an effect.
        things: what there is: (service, noun, name) → what Describe answers.
        online: the Feature Store's online records: (group, identifier) → values by feature.
    """

    def __init__(self, objects: FakeObjects | None = None) -> None:
        self.calls: list[ApiCall] = []
        self.done: list[tuple[str, dict[str, Any]]] = []
        self.things: dict[Thing, dict[str, Any]] = {}
        self.online: dict[tuple[str, str], dict[str, str]] = {}
        self._objects = objects
        self._tokens: dict[str, dict[str, Any]] = {}

    def call(self, call: ApiCall) -> dict[str, Any]:
        self.calls.append(call)
        if self._is_there(call):
            return {}
        if (found := self._found(call)) is not None:
            return found
        try:
            answer = self._invoke(call.service, call.operation, call.request)
        except ClientError as error:
            if error.response["Error"]["Code"] in call.exists or self._is_there(call):
                return {}
            raise
        return {name: answer[key] for name, key in call.keep.items()}

    def _is_there(self, call: ApiCall) -> bool:
        return bool(call.unless and self.describe(call.service, *call.unless) is not None)

    def _found(self, call: ApiCall) -> dict[str, Any] | None:
        search = call.search
        if search is None:
            return None
        return search.kept(self.describe(call.service, search.operation, search.request))

    def describe(
        self, service: str, operation: str, request: dict[str, Any]
    ) -> dict[str, Any] | None:
        if service == "kms":
            return self._mac(operation, request)
        if operation == "GetJobRuns":
            return {"JobRuns": self.job_runs(request["JobName"])}
        if operation == "GetJobRun":
            runs = {run["Id"]: run for run in self.job_runs(request["JobName"])}
            return {"JobRun": runs[request["RunId"]]} if request["RunId"] in runs else None
        if operation == "GetBucketLifecycleConfiguration":
            return self._lifecycle_rules(request["Bucket"])
        if operation == "BatchGetRecord":
            return self._batch_get_record(request)
        noun = re.sub("^(Describe|Get|Head)", "", operation)
        return self.things.get((service, noun, self._name(noun, request)))

    def _lifecycle_rules(self, bucket: str) -> dict[str, Any] | None:
        written = [
            request["LifecycleConfiguration"]
            for operation, request in self.done
            if operation == "PutBucketLifecycleConfiguration" and request["Bucket"] == bucket
        ]
        return written[-1] if written else None

    @staticmethod
    def _mac(operation: str, request: dict[str, Any]) -> dict[str, Any] | None:
        """GenerateMac, and VerifyMac as the adapter tells of it: none where the MAC is wrong."""
        made = hmac.new(request["KeyId"].encode(), request["Message"], "sha256").digest()
        if operation == "GenerateMac":
            return {"Mac": made}
        return {"MacValid": True} if hmac.compare_digest(made, request["Mac"]) else None

    def operations(self) -> list[str]:
        """The names of the operations that had an effect, in order."""
        return [operation for operation, _ in self.done]

    @staticmethod
    def _name(noun: str, request: dict[str, Any]) -> str:
        """A thing's name: the parameter called after it, or after the last words of it."""
        names = [key for key in request if key.endswith("Name")]
        exact = f"{noun}Name"
        return str(request[exact] if exact in request else request[names[0]])

    def _invoke(self, service: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        for token in (request[name] for name in TOKENS if name in request):
            if token in self._tokens:
                return self._tokens[token]
        if (service, operation) == ("s3", "PutObject"):
            answer = self._put_object(request)
        elif operation == "StartJobRun":
            answer = self._start_job_run(request)
        elif operation == "PutRecord":
            answer = self._put_record(request)
        elif operation.startswith("Create"):
            answer = self._create(service, operation.removeprefix("Create"), request)
        else:
            answer = {"MessageId": str(len(self.done))}
        self.done.append((operation, request))
        self._tokens |= {request[name]: answer for name in TOKENS if name in request}
        return answer

    def job_runs(self, job: str) -> list[dict[str, Any]]:
        """The runs of a Glue job, newest first."""
        made = [run for key, run in self.things.items() if key[:2] == ("glue", "JobRun")]
        return [run for run in reversed(made) if run["JobName"] == job]

    def _start_job_run(self, request: dict[str, Any]) -> dict[str, Any]:
        name = f"jr_{len(self.job_runs(request['JobName'])) + 1}"
        run = {"Id": name, "JobRunState": "RUNNING", **request}
        self.things["glue", "JobRun", name] = run
        return {"JobRunId": name}

    def _put_object(self, request: dict[str, Any]) -> dict[str, Any]:
        if self._objects is not None:
            uri = f"s3://{request['Bucket']}/{request['Key']}"
            self._objects.write(uri, request["Body"], request.get("ContentType", ""))
        return {}

    def _put_record(self, request: dict[str, Any]) -> dict[str, Any]:
        """Keep a record, unless one as new or newer is there (PutRecord)."""
        values = {item["FeatureName"]: item["ValueAsString"] for item in request["Record"]}
        if not values.get("record_id"):
            raise refusal("ValidationError", "record_id must be given", "PutRecord")
        key = (request["FeatureGroupName"], values["record_id"])
        if key not in self.online or self.online[key]["event_time"] < values["event_time"]:
            self.online[key] = values
        return {}

    def _batch_get_record(self, request: dict[str, Any]) -> dict[str, Any]:
        found = []
        for wanted in request["Identifiers"]:
            group, names = wanted["FeatureGroupName"], wanted.get("FeatureNames")
            for identifier in wanted["RecordIdentifiersValueAsString"]:
                values = self.online.get((group, identifier), {})
                record = [
                    {"FeatureName": name, "ValueAsString": text}
                    for name, text in values.items()
                    if names is None or name in names
                ]
                if record:
                    key = {
                        "FeatureGroupName": group,
                        "RecordIdentifierValueAsString": identifier,
                    }
                    found.append(key | {"Record": record})
        return {"Records": found, "Errors": [], "UnprocessedIdentifiers": []}

    def _create(self, service: str, noun: str, request: dict[str, Any]) -> dict[str, Any]:
        name = self._name(noun, request)
        if noun == "ModelPackage":  # a version of its group, each with a number of its own
            name = f"{name}/{sum(key[:2] == (service, noun) for key in self.things) + 1}"
        if (service, noun, name) in self.things:
            raise refusal("ResourceInUse", f"{noun} {name} exists", f"Create{noun}")
        kind = re.sub(r"(?<!^)(?=[A-Z])", "-", noun).lower()
        arn = f"arn:aws:{service}:us-east-1:{ACCOUNT}:{kind}/{name}"
        answer = {f"{noun}Arn": arn}
        self.things[service, noun, name] = request | answer
        return answer
