# ruff: noqa: SLF001 -- this module exists to reach inside ministack
"""Everything that ties this project to the inside of ministack, in one place.

What the relay needs besides what ministack does by itself:

- SageMaker (control, runtime, feature store, metrics) forwarded to the local SageMaker, under IAM;
- an administrator whose signature is checked, instead of keys that anybody knows;
- the door through which `aws.*` events enter the default bus;
- CloudFormation's `AWS::Events::Archive`;
- function URLs that answer on the one loopback port;
- metrics out of the embedded metric format that functions log;
- functions on a bare interpreter that sees their layers alone, each package unpacked once;
- Kinesis batches that do not hold up the queues;
- state written down while running, not at the end alone.

Every name used is looked up before anything starts, so that another version of ministack fails with
a list of what changed instead of somewhere in the middle. Nothing else here imports ministack.
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import json
import logging
import threading
import time
import zipfile
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from local.embedded_metrics import read_metrics
from local.function_sandbox import SharedArchive, bare_interpreter
from local.sagemaker_proxy import KeepAliveClient, forward
from local.sagemaker_requests import passed_role, resource_arn, trusts_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PINNED_VERSION = "1.5.33"
#: module → the names in it that are used or replaced here
NAMES = {
    "app": "app SERVICE_HANDLERS _build_persistence_save_dict",
    "core.concurrency": "esm_wake spawn_background",
    "core.iam_actions": "SERVICE_TO_IAM_NAMESPACE _BOTOCORE_SERVICE_MAP access_denied_response "
    "extract_resource_arn",
    "core.iam_evaluator": "AuthError enforce evaluate_trust_policy is_root_access_key",
    "core.lambda_runtime": "_PYTHON_WORKER_SCRIPT _detect_runtime_binary acquire_worker "
    "ensure_spawned release_worker reset zipfile",
    "core.persistence": "save_state",
    "core.responses": "StreamingResponse get_account_id request_scope",
    "core.router": "extract_access_key_id extract_region",
    "services.cloudformation.provisioners": "_RESOURCE_HANDLERS _physical_name",
    "services.cloudwatch": "_store_datum",
    "services.eventbridge": "_archives _create_archive _delete_archive _put_events _update_archive",
    "services.iam": "_access_keys _create_user _put_user_policy",
    "services.lambda_svc": "_create_function_url_config _emit_lambda_logs _function_url_id "
    "_function_urls _functions _poll_kinesis _ESM_IDLE_WAKE_GAP_SECONDS",
    "services.sts": "is_root_access_key",
}
Json = dict[str, Any]
Response = tuple[int, dict[str, str], Any]


class IncompatibleError(Exception):
    """The installed ministack is not the one these hooks were written for."""


def check_compatible() -> None:
    """Look up every name used here.

    Raises:
        IncompatibleError: naming the version and each missing name.
    """
    version = importlib.metadata.version("ministack")
    missing = [
        f"{module}.{name}"
        for module, names in NAMES.items()
        for name in names.split()
        if not hasattr(_module(module), name)
    ]
    if version != PINNED_VERSION or missing:
        raise IncompatibleError(
            f"ministack {version} is installed, these hooks are for {PINNED_VERSION}; "
            f"missing in it: {', '.join(missing) or 'nothing'}"
        )


def _module(name: str) -> Any:
    return importlib.import_module(f"ministack.{name}")


def application() -> Any:
    """Return ministack as an ASGI application."""
    return _module("app").app


# ---- identities and SageMaker --------------------------------------------------------------------


def hook_identities(users: dict[str, str], secret: str, region: str) -> None:
    """Make IAM users with every right, and take it from well-known keys such as `test`.

    ministack never checks a root key's signature, so that any program and any web page that names
    such a key would be root. An IAM user's signature is checked like every other.

    Args:
        users: User name → access key id.
        secret: The secret of all of them.
        region: The Region to make them in.
    """
    evaluator, iam = _module("core.iam_evaluator"), _module("services.iam")
    responses = _module("core.responses")

    def is_root(key: str) -> bool:
        return not key  # requests without a signature are judged before this is asked

    evaluator.is_root_access_key = is_root
    _module("services.sts").is_root_access_key = is_root
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    with responses.request_scope(responses.get_account_id(), region):
        for name, key in users.items():
            iam._create_user({"UserName": [name]})
            iam._put_user_policy(
                {"UserName": [name], "PolicyName": ["all"], "PolicyDocument": [policy]}
            )
            iam._access_keys[key] = {
                "UserName": name,
                "AccessKeyId": key,
                "SecretAccessKey": secret,
                "Status": "Active",
                "CreateDate": "2026-01-01T00:00:00Z",
            }


def hook_service_identity(user: str, service: str) -> None:
    """Let `user` take on the roles that trust `service`, as the service itself does on AWS."""
    evaluator = _module("core.iam_evaluator")
    original = evaluator.evaluate_trust_policy

    @functools.wraps(original)
    def evaluate(document: Any, caller: str, context: Any = None) -> bool:
        if caller.endswith(f":user/{user}"):
            return trusts_service(document, service)
        allowed: bool = original(document, caller, context)
        return allowed

    evaluator.evaluate_trust_policy = evaluate


def hook_sagemaker(port: int) -> None:
    """Forward each request signed for SageMaker to the local SageMaker, once IAM allows it."""
    actions = _module("core.iam_actions")
    actions.SERVICE_TO_IAM_NAMESPACE["sagemaker"] = "sagemaker"
    actions._BOTOCORE_SERVICE_MAP["sagemaker"] = [
        "sagemaker-runtime",
        "sagemaker-featurestore-runtime",
        "sagemaker-metrics",
    ]
    original = actions.extract_resource_arn

    @functools.wraps(original)
    def extract_resource_arn(service: str, *request: Any) -> str:
        if service == "sagemaker":
            _, path, headers, body, _, region, account = request
            return resource_arn(path, headers, body, region, account)
        arn: str = original(service, *request)
        return arn

    actions.extract_resource_arn = extract_resource_arn
    client = KeepAliveClient("127.0.0.1", port)
    streaming = _module("core.responses").StreamingResponse

    async def handle(method: str, path: str, headers: Json, body: bytes, query: Json) -> Response:
        if refusal := _refuse_role(headers, body):
            return refusal
        status, answered, content = await forward(client, method, path, headers, body, query)
        return status, answered, content if isinstance(content, bytes) else streaming(content)

    _module("app").SERVICE_HANDLERS["sagemaker"] = handle


def _refuse_role(headers: Json, body: bytes) -> Response | None:
    """Refuse to hand a job a role that the caller may not pass on (`iam:PassRole`), as AWS does."""
    role = passed_role(headers, body)
    if role is None:
        return None
    router, evaluator = _module("core.router"), _module("core.iam_evaluator")
    denied = evaluator.enforce(
        router.extract_access_key_id(headers, {}),
        "iam:PassRole",
        "iam",
        router.extract_region(headers, {}),
        resource_arn=role,
        service_context={"iam:passedtoservice": "sagemaker.amazonaws.com"},
    )
    if denied is None or isinstance(denied, evaluator.AuthError):
        return None  # a wrong signature was refused before this point
    refusal: Response = _module("core.iam_actions").access_denied_response(
        "sagemaker", "iam:PassRole", denied.principal_arn, "", headers=headers, resource_arn=role
    )
    return refusal


# ---- events, CloudFormation, function URLs, metrics ----------------------------------------------


def put_aws_events(entries: list[Json], region: str) -> list[Json]:
    """Put entries on the default bus, `aws.*` sources included; ten at a time, like PutEvents."""
    events, responses = _module("services.eventbridge"), _module("core.responses")
    results: list[Json] = []
    with responses.request_scope(responses.get_account_id(), region):
        for start in range(0, len(entries), 10):
            request = {"Entries": entries[start : start + 10]}
            _, _, body = events._put_events(request, allow_aws_source=True)
            results += json.loads(body)["Entries"]
    return results


def hook_event_archive() -> None:
    """Teach CloudFormation `AWS::Events::Archive`; ministack keeps and replays events by itself."""
    events = _module("services.eventbridge")
    provisioners = _module("services.cloudformation.provisioners")

    def archive(operation: Callable[[Json], Response], name: str, properties: Json) -> Json:
        request = {**properties, "ArchiveName": name, "EventSourceArn": properties["SourceArn"]}
        if isinstance(request.get("EventPattern"), dict):
            request["EventPattern"] = json.dumps(request["EventPattern"])
        status, _, body = operation(request)
        if status >= 400:
            raise ValueError(f"AWS::Events::Archive {name}: {body!r}")
        return {"Arn": json.loads(body)["ArchiveArn"], "ArchiveName": name}

    def create(logical_id: str, properties: Json, stack: str) -> tuple[str, Json]:
        name = properties.get("ArchiveName") or provisioners._physical_name(
            stack, logical_id, max_len=48
        )
        return name, archive(events._create_archive, name, properties)

    def update(physical_id: str, _old: Json, new: Json, _stack: str) -> tuple[str, Json]:
        return physical_id, archive(events._update_archive, physical_id, new)

    def delete(physical_id: str, _properties: Json) -> None:
        if physical_id in events._archives:
            events._delete_archive({"ArchiveName": physical_id})

    handlers = {"create": create, "update": update, "delete": delete}
    provisioners._RESOURCE_HANDLERS["AWS::Events::Archive"] = handlers


def hook_function_urls(endpoint_url: str) -> None:
    """Hand out function URLs that every HTTP client reaches: `<endpoint>/_aws/lambda-url/<id>/`."""
    service = _module("services.lambda_svc")
    original_create, original_id = service._create_function_url_config, service._function_url_id
    marker = "/_aws/lambda-url/"

    @functools.wraps(original_create)
    def create(*arguments: Any, **options: Any) -> Response:
        status, headers, body = original_create(*arguments, **options)
        if status >= 300:
            return status, headers, body
        document = json.loads(body)
        address = f"{endpoint_url}{marker}{original_id(document['FunctionUrl'])}/"
        for config in service._function_urls.values():
            if config["FunctionUrl"] == document["FunctionUrl"]:
                config["FunctionUrl"] = address
        return status, headers, json.dumps({**document, "FunctionUrl": address}).encode()

    @functools.wraps(original_id)
    def url_id(url: str) -> str:
        found: str = url.partition(marker)[2].strip("/") if marker in url else original_id(url)
        return found

    service._create_function_url_config, service._function_url_id = create, url_id


def hook_embedded_metrics() -> None:
    """Turn the embedded metric format in functions' logs into metrics, as CloudWatch Logs does."""
    service = _module("services.lambda_svc")
    original = service._emit_lambda_logs

    @functools.wraps(original)
    def emit(function: Json, request: str, text: str, *arguments: Any, **options: Any) -> None:
        original(function, request, text, *arguments, **options)
        store = _module("services.cloudwatch")._store_datum
        for found in read_metrics(text, now=time.time()):
            place = (found.namespace, found.name, found.dimensions)
            store(*place, found.timestamp, found.unit, None, found.values, None, None)

    service._emit_lambda_logs = emit


# ---- functions -----------------------------------------------------------------------------------


def hook_function_workers(folder: Path) -> None:
    """Run functions on an interpreter without packages, and unpack each package once for all.

    AWS gives a function its code, its layers and nothing of the host's; ministack's own packages
    would hide a dependency that a layer lacks. Unpacking a layer for every worker would cost
    seconds and gigabytes.
    """
    runtime = _module("core.lambda_runtime")
    interpreter = bare_interpreter(folder / "python")
    original = runtime._detect_runtime_binary

    @functools.wraps(original)
    def detect(name: str) -> tuple[str, str]:
        if name.startswith("python"):
            return str(interpreter), runtime._PYTHON_WORKER_SCRIPT
        found: tuple[str, str] = original(name)
        return found

    runtime._detect_runtime_binary = detect
    runtime.zipfile = SimpleNamespace(
        ZipFile=functools.partial(SharedArchive, folder / "packages"),
        BadZipFile=zipfile.BadZipFile,
        LargeFileError=zipfile.LargeZipFile,
    )


def warm_functions() -> None:
    """Start one worker of each function, one by one, so that the first event meets it warm."""
    runtime, service = _module("core.lambda_runtime"), _module("services.lambda_svc")
    for (_, _, name), function in list(service._functions._data.items()):
        worker, _ = runtime.acquire_worker(name, function["config"], function.get("code_zip"))
        try:
            runtime.ensure_spawned(worker)
        except RuntimeError as error:
            logging.getLogger("baton").warning("%s does not start: %s", name, error)
        finally:
            runtime.release_worker(worker)


def end_functions() -> None:
    """End every function's worker."""
    _module("core.lambda_runtime").reset()


def hook_polling() -> None:
    """Poll sooner, and read Kinesis on a thread of its own.

    After a look that found nothing ministack waits 50 ms, most of a hop's time; a slow Kinesis
    batch would stop every queue.
    """
    service, concurrency = _module("services.lambda_svc"), _module("core.concurrency")
    service._ESM_IDLE_WAKE_GAP_SECONDS = 0.004
    original, running = service._poll_kinesis, threading.Lock()

    def run() -> None:
        try:
            while original():
                pass
        finally:
            running.release()

    @functools.wraps(original)
    def poll() -> bool:
        if running.acquire(blocking=False):
            concurrency.spawn_background(run, thread_name="kinesis")
        return False

    service._poll_kinesis = poll


# ---- state ---------------------------------------------------------------------------------------


def savable() -> Iterator[tuple[str, Callable[[], None]]]:
    """List each service that holds state, with a function that writes it down.

    ministack itself saves at a clean stop only. Objects in S3 are on disk at once.
    """
    persistence = _module("core.persistence")

    def saver(name: str, state: Callable[[], Json | None]) -> Callable[[], None]:
        def save() -> None:
            if (document := state()) is not None:
                persistence.save_state(name, document)

        return save

    for name, state in _module("app")._build_persistence_save_dict().items():
        yield name, saver(name, state)
