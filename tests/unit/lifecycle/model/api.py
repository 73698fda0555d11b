"""SageMaker in memory: jobs run until they are ended, endpoints move until they settle."""

from tests.fakes import FakeApi
from tests.fakes.refusal import refusal

JOBS = ("TrainingJob", "HyperParameterTuningJob", "ProcessingJob")


class MovingApi(FakeApi):
    """Fakes that take their time, as the real things do."""

    def _create(self, service, noun, request):
        answer = super()._create(service, noun, request)
        if noun in JOBS:
            self.things[service, noun, request[f"{noun}Name"]][f"{noun}Status"] = "InProgress"
        if noun == "Endpoint":
            self.things[service, noun, request["EndpointName"]]["EndpointStatus"] = "Creating"
        return answer

    def _invoke(self, service, operation, request):
        if operation == "UpdateEndpoint":
            endpoint = self.things["sagemaker", "Endpoint", request["EndpointName"]]
            if endpoint["EndpointStatus"] != "InService":
                raise refusal("ValidationException", "it is being updated", operation)
            pending = {"EndpointConfigName": request["EndpointConfigName"]}
            endpoint |= {"EndpointStatus": "Updating", "PendingDeploymentSummary": pending}
        if operation == "DeleteEndpoint":
            del self.things["sagemaker", "Endpoint", request["EndpointName"]]
        return super()._invoke(service, operation, request)

    def running(self):
        """Every job under way, as (noun, name), in order."""
        return sorted(
            (noun, name)
            for (service, noun, name), thing in self.things.items()
            if service == "sagemaker" and thing.get(f"{noun}Status") == "InProgress"
        )

    def moving(self):
        """The names of endpoints that are being made or updated."""
        return sorted(
            name
            for (_, noun, name), thing in self.things.items()
            if noun == "Endpoint" and thing["EndpointStatus"] in {"Creating", "Updating"}
        )

    def settle(self, name, *, serves):
        """Let an endpoint's change end: the new configuration serves, or it does not."""
        endpoint = self.things["sagemaker", "Endpoint", name]
        pending = endpoint.pop("PendingDeploymentSummary", None)
        made = pending is None
        if serves and not made:
            endpoint["EndpointConfigName"] = pending["EndpointConfigName"]
        endpoint["EndpointStatus"] = "Failed" if made and not serves else "InService"
        if not serves:
            endpoint["FailureReason"] = "an alarm went off"

    def copied(self, objects):
        """The same things, to go another way with."""
        other = MovingApi(objects)
        other.things = {key: dict(thing) for key, thing in self.things.items()}
        other.done, other.calls = list(self.done), list(self.calls)
        other._tokens = dict(self._tokens)
        return other
