"""Carries one transform job from its start to its end, in a thread of its own.

"Use Batch Transform" and API CreateTransformJob. An object is the unit: one instance reads it, and
its `.out` is written once all its records are answered. One object that fails fails the job, after
the others were tried.
"""

from __future__ import annotations

import gzip
import logging
import shutil
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.shaping import iso_time
from local.sagemaker.endpoints.container_groups import make_instance, plan_model, with_environment
from local.sagemaker.endpoints.endpoint_fleets import START_SECONDS
from local.sagemaker.endpoints.endpoint_instances import (
    STOP_SECONDS,
    Instance,
    StartError,
)
from local.sagemaker.object_writes import write_object
from local.sagemaker.objects import ObjectsError
from local.sagemaker.training.training_inputs import no_objects
from local.sagemaker.transform.transform_capture import write_manifests
from local.sagemaker.transform.transform_data import DataError, Processing, processing_of
from local.sagemaker.transform.transform_instances import (
    HaltedError,
    RequestError,
    TransformInstance,
)
from local.sagemaker.transform.transform_records import (
    MEGABYTE,
    RecordsError,
    assemble,
    pack,
    separator,
    split,
)
from local.sagemaker.transform.transform_states import KIND, IllegalMoveError, move

if TYPE_CHECKING:
    from local.sagemaker.objects import Found
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

LOG_GROUP = "/aws/sagemaker/TransformJobs"
DEFAULT_PAYLOAD = 6
"""MaxPayloadInMB when nobody says it (API CreateTransformJob)."""

MOST_CONCURRENT = 100
_log = logging.getLogger(__name__)


class JobFailed(Exception):  # noqa: N818 -- a fact about the job, not a fault of this program
    """The job failed; the message is its FailureReason."""


@dataclass(frozen=True)
class _Way:
    """How the objects of a job become requests."""

    processing: Processing
    payload_bytes: int
    single: bool
    concurrency: int


class TransformRun:
    """A transform job while it runs."""

    def __init__(self, platform: Platform, name: str) -> None:
        """Prepare; `start` begins. The job is stored already."""
        self._platform = platform
        self._name = name
        self._job = platform.store.get(KIND, name)
        self._role: str = self._job["_Model"].get("ExecutionRoleArn", "")
        self._folder = platform.settings.data / "jobs" / f"{name}-{uuid.uuid4().hex[:8]}"
        self._halted = threading.Event()
        self._instances: list[TransformInstance] = []
        self._failures: list[RequestError] = []
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.run, name=name, daemon=True)

    def start(self) -> None:
        """Run in a thread."""
        self._platform.active[KIND, self._name] = self
        self._thread.start()

    def halt(self) -> None:
        """Ask it to end: no more requests are made, those under way are broken off."""
        self._halted.set()
        threading.Thread(target=self._end_instances, daemon=True).start()

    def join(self, seconds: float) -> None:
        """Wait for its thread."""
        self._thread.join(seconds)

    def run(self) -> None:
        """Run to the end; whatever happens, the job ends in a final state."""
        try:
            self._work()
        except HaltedError:
            self._finish("Stopped")
        except JobFailed as failure:
            self._fail(str(failure))
        except (ObjectsError, StartError) as error:
            kind = "ClientError" if isinstance(error, ObjectsError) else "AlgorithmError"
            self._fail(f"{kind}: {error}")
        except Exception as error:  # noqa: BLE001 -- never leave a job InProgress with nobody at it
            _log.exception("transform job %s broke", self._name)
            self._fail(f"InternalServerError: {error}")
        finally:
            self._end_instances()
            shutil.rmtree(self._folder, ignore_errors=True)
            self._platform.active.pop((KIND, self._name), None)

    def _work(self) -> None:
        found = self._find()
        dealt = self._deal(found)
        said = self._start_instances(len(dealt))
        way = self._way(said)
        self._say(
            f"MaxConcurrentTransforms={way.concurrency}, "
            f"MaxPayloadInMB={way.payload_bytes // MEGABYTE}, "
            f"BatchStrategy={'SINGLE_RECORD' if way.single else 'MULTI_RECORD'}"
        )
        with ThreadPoolExecutor(len(dealt)) as pool:
            pairs = zip(self._instances, dealt, strict=True)
            list(pool.map(lambda pair: self._transform_share(pair[0], pair[1], way), pairs))
        if self._halted.is_set():
            raise HaltedError
        done = set(self._platform.store.get(KIND, self._name).get("_Done", []))
        written = [(item, self._output_uri(item)) for item in found if item.path in done]
        write_manifests(self._platform, self._job, self._role, written)
        if self._failures:
            raise JobFailed(f"{self._failures[0].whose}: See job logs for more information")
        self._finish("Completed")

    def _find(self) -> list[Found]:
        source = self._job["TransformInput"]["DataSource"]["S3DataSource"]
        manifest = source["S3DataType"] == "ManifestFile"
        objects = self._platform.objects
        find = objects.find_in_manifest if manifest else objects.find
        try:
            found = find(source["S3Uri"], self._role)
        except (ValueError, LookupError, TypeError) as error:
            raise JobFailed(f"ClientError: {source['S3Uri']} is no manifest: {error}") from error
        if not found:
            raise JobFailed(f"ClientError: {no_objects(source['S3Uri'], self._role)}")
        return found

    def _deal(self, found: list[Found]) -> list[list[Found]]:
        """Each instance's objects; an instance that would get none is not started."""
        count = min(self._job["TransformResources"]["InstanceCount"], len(found))
        done = set(self._job.get("_Done", []))
        dealt = [found[number::count] for number in range(count)]
        return [[item for item in share if item.path not in done] for share in dealt]

    def _start_instances(self, count: int) -> Document:
        model = self._job["_Model"]
        plan = plan_model(self._platform, model, START_SECONDS, self._folder / "files")
        plan = with_environment(plan, self._environment())
        client_config = self._job.get("ModelClientConfig") or {}
        self._instances = [
            TransformInstance(
                self._platform, self._instance(number), plan, client_config, self._halted
            )
            for number in range(count)
        ]
        if self._halted.is_set():
            raise HaltedError
        if "TransformStartTime" not in self._job:
            self._job = self._platform.store.update(
                KIND, self._name, TransformStartTime=self._platform.now()
            )
        try:
            said = [instance.start() for instance in self._instances]
        except StartError as error:
            if self._halted.is_set():
                raise HaltedError from error
            raise StartError(
                f"The primary container did not pass the ping health check. Please check "
                f"CloudWatch logs for this job. ({error})"
            ) from error
        return said[0]

    def _instance(self, number: int) -> Instance:
        identity = f"i-{uuid.uuid4().hex[:17]}"
        instance = make_instance(
            self._job["_Model"],
            name=f"{self._name}/{identity}",
            folder=self._folder / f"algo-{number + 1}",
            log_group=LOG_GROUP,
        )
        instance.log_folder = "TransformJobs"
        return instance

    def _environment(self) -> dict[str, str]:
        job = self._job
        strategy = "SINGLE_RECORD" if _single(job) else "MULTI_RECORD"
        return {
            "SAGEMAKER_BATCH": "true",
            "SAGEMAKER_BATCH_STRATEGY": strategy,
            "SAGEMAKER_MAX_PAYLOAD_IN_MB": str(job.get("MaxPayloadInMB", DEFAULT_PAYLOAD)),
            "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": str(job.get("MaxConcurrentTransforms") or 1),
            **job.get("Environment", {}),
        }

    def _way(self, said: Document) -> _Way:
        """The request's word first, then the container's, then the defaults."""
        job = self._job
        concurrency = job.get("MaxConcurrentTransforms") or said.get("MaxConcurrentTransforms", 1)
        payload: Any = job.get("MaxPayloadInMB", said.get("MaxPayloadInMB", DEFAULT_PAYLOAD))
        single = _single(job) or (
            "BatchStrategy" not in job and said.get("BatchStrategy") == "SINGLE_RECORD"
        )
        concurrency = max(1, min(int(concurrency), MOST_CONCURRENT))
        for instance in self._instances:
            instance.allow(concurrency)
        return _Way(
            processing=processing_of(job, iso_time(job["CreationTime"])),
            payload_bytes=int(payload) * MEGABYTE,
            single=single,
            concurrency=concurrency,
        )

    def _transform_share(self, instance: TransformInstance, share: list[Found], way: _Way) -> None:
        if not share:
            return
        with ThreadPoolExecutor(min(way.concurrency, len(share))) as pool:
            list(pool.map(lambda found: self._transform(instance, found, way), share))

    def _transform(self, instance: TransformInstance, found: Found, way: _Way) -> None:
        """One object to its `.out`; what is wrong with it is kept for the job's end."""
        if self._halted.is_set():
            return
        place = f"{found.bucket}/{found.key}"
        try:
            content = self._output_of(instance, found, way)
        except HaltedError:
            return
        except RequestError as error:
            self._failed(place, error)
        except (RecordsError, DataError, ObjectsError, OSError, EOFError) as error:
            self._failed(place, RequestError("ClientError", str(error)))
        else:
            self._write(found, content)

    def _output_of(self, instance: TransformInstance, found: Found, way: _Way) -> bytes:
        source, output = self._job["TransformInput"], self._job["TransformOutput"]
        uri = f"s3://{found.bucket}/{found.key}"
        content = self._platform.objects.read(uri, self._role)
        if source.get("CompressionType") == "Gzip":
            content = gzip.decompress(content)
        split_type = source.get("SplitType", "None")
        records = split(content, split_type)
        groups = pack(
            records, split_type=split_type, single=way.single, most_bytes=way.payload_bytes
        )
        between = separator(split_type)
        headers = {"Content-Type": source.get("ContentType") or "application/octet-stream"}
        if accept := output.get("Accept"):
            headers["Accept"] = accept
        bodies = [
            between.join(way.processing.request_record(record) for record in group)
            for group in groups
        ]
        answers = instance.ask_all(headers, bodies)
        results = [
            way.processing.result(group, answer)
            for group, answer in zip(groups, answers, strict=True)
        ]
        return assemble(results, output.get("AssembleWith", "None"))

    def _write(self, found: Found, content: bytes) -> None:
        key = self._job["TransformOutput"].get("KmsKeyId", "")
        try:
            write_object(self._platform, self._output_uri(found), content, self._role, key)
        except ObjectsError as error:
            self._failed(f"{found.bucket}/{found.key}", RequestError("ClientError", str(error)))
            return
        with self._lock:

            def done(job: Document) -> Document:
                return job | {"_Done": [*job.get("_Done", []), found.path]}

            self._platform.store.change(KIND, self._name, done)

    def _output_uri(self, found: Found) -> str:
        return f"{self._job['TransformOutput']['S3OutputPath'].rstrip('/')}/{found.path}.out"

    def _failed(self, place: str, error: RequestError) -> None:
        with self._lock:
            self._failures.append(error)
        for line in str(error).splitlines():
            self._say(f"{place}: {line}")

    def _say(self, text: str) -> None:
        """A line of the job's data log, as SageMaker itself writes it."""
        stream = f"{self._name}/data-log"
        path = self._platform.settings.data / "logs" / "TransformJobs" / f"{stream}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        now = self._platform.now()
        line = f"{iso_time(now)}:[sagemaker logs]: {text}"
        with path.open("a") as log:
            log.write(line + "\n")
        self._platform.logs.send(LOG_GROUP, stream, [(int(now * 1000), line)])

    def _end_instances(self) -> None:
        for instance in self._instances:
            instance.stop(min(STOP_SECONDS, self._platform.settings.grace_seconds))

    def _finish(self, status: str, **changes: Any) -> None:
        if self._platform.closing:
            return  # the next start goes on with it
        self._end_instances()
        changes["TransformEndTime"] = self._platform.now()
        try:
            move(self._platform, self._name, status, **changes)
        except IllegalMoveError:
            if status != "Completed":
                raise
            move(self._platform, self._name, "Stopped", **changes)  # stopped at the last moment

    def _fail(self, reason: str) -> None:
        try:
            self._finish("Failed", FailureReason=reason[:1024])
        except IllegalMoveError:
            _log.warning("%s had ended already, then: %s", self._name, reason)


def _single(job: Document) -> bool:
    return bool(job.get("BatchStrategy") == "SingleRecord")
