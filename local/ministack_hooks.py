"""Everything that ties this project to the inside of ministack; run by ministack's own interpreter.

`python -m local.ministack_hooks` serves ministack, pinned to one version, with what the relay needs besides:

- SageMaker (control, runtime, feature store, metrics) forwarded to the local SageMaker, under IAM;
- `GET /_baton/health`, and `POST /_baton/events`, the door through which `aws.*` events enter the default bus;
- CloudFormation's `AWS::Events::Archive`;
- function URLs that answer on the one loopback port;
- metrics out of the embedded metric format that functions log;
- functions on a bare interpreter (no site-packages but their layers), their unpacked packages shared;
- state written down in quiet moments, not only at the end.

Every name used is looked up before anything starts, so that another version of ministack fails with a list of what
changed instead of somewhere in the middle. Nothing else in the project imports ministack.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import importlib.metadata
import json
import os
import sys
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlencode

from local.front_door import FrontDoor
from local.sagemaker_proxy import Answer, KeepAliveClient, UpstreamUnreachableError
from local.sagemaker_requests import json_object, resource_arn
from local.shared_archive import SharedArchive

PINNED_VERSION = "1.5.33"
REGION = "us-east-1"
#: module → the names in it that are used or replaced here
NAMES = {
    "ministack.app": ("app", "SERVICE_HANDLERS", "_build_persistence_save_dict", "_get_module"),
    "ministack.core.iam_actions": (
        "SERVICE_TO_IAM_NAMESPACE",
        "_BOTOCORE_SERVICE_MAP",
        "access_denied_response",
        "extract_resource_arn",
    ),
    "ministack.core.iam_evaluator": ("AuthError", "enforce"),
    "ministack.core.lambda_runtime": (
        "_PYTHON_WORKER_SCRIPT",
        "_detect_runtime_binary",
        "acquire_worker",
        "ensure_spawned",
        "release_worker",
        "reset",
        "zipfile",
    ),
    "ministack.core.persistence": ("save_all",),
    "ministack.core.responses": (
        "StreamingResponse",
        "get_account_id",
        "get_region",
        "request_scope",
    ),
    "ministack.core.router": ("extract_access_key_id", "extract_region"),
    "ministack.services.cloudformation.provisioners": ("_RESOURCE_HANDLERS", "_physical_name"),
    "ministack.services.cloudwatch": ("_store_datum",),
    "ministack.services.eventbridge": (
        "_archives",
        "_create_archive",
        "_delete_archive",
        "_put_events",
        "_update_archive",
    ),
    "ministack.services.lambda_svc": (
        "_create_function_url_config",
        "_emit_lambda_logs",
        "_function_url_id",
        "_function_urls",
        "_functions",
    ),
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
        for name in names
        if not hasattr(importlib.import_module(module), name)
    ]
    if version != PINNED_VERSION or missing:
        raise IncompatibleError(
            f"ministack {version} is installed, these hooks are for {PINNED_VERSION}; missing: {missing}"
        )


def _module(name: str) -> Any:
    return importlib.import_module(f"ministack.{name}")


# ---- SageMaker ------------------------------------------------------------------------------------------------------


def hook_sagemaker(port: int) -> None:
    """Forward every request signed for SageMaker to the local SageMaker on `port`, once IAM allows it."""
    actions = _module("core.iam_actions")
    actions.SERVICE_TO_IAM_NAMESPACE["sagemaker"] = "sagemaker"
    actions._BOTOCORE_SERVICE_MAP["sagemaker"] = [
        "sagemaker-runtime",
        "sagemaker-featurestore-runtime",
        "sagemaker-metrics",
    ]
    original = actions.extract_resource_arn

    @functools.wraps(original)
    def extract_resource_arn(
        service: str,
        method: str,
        path: str,
        headers: Json,
        body: bytes,
        query: Json,
        region: str,
        account: str,
    ) -> str:
        if service == "sagemaker":
            return resource_arn(path, headers, body, region, account)
        arn: str = original(service, method, path, headers, body, query, region, account)
        return arn

    actions.extract_resource_arn = extract_resource_arn
    client = KeepAliveClient("127.0.0.1", port)

    async def forward(method: str, path: str, headers: Json, body: bytes, query: Json) -> Response:
        return _refuse_role(headers, body) or await _forward(
            client, method, path, headers, body, query
        )

    _module("app").SERVICE_HANDLERS["sagemaker"] = forward


def _refuse_role(headers: Json, body: bytes) -> Response | None:
    """Refuse to hand a job a role that the caller may not pass on (`iam:PassRole`), as SageMaker does."""
    if not str(headers.get("x-amz-target", "")).startswith("SageMaker.Create"):
        return None
    request = json_object(body)
    definition = request.get("TrainingJobDefinition") or {}
    role = request.get("RoleArn") or request.get("ExecutionRoleArn") or definition.get("RoleArn")
    if not isinstance(role, str):
        return None
    router, evaluator = _module("core.router"), _module("core.iam_evaluator")
    key, region = router.extract_access_key_id(headers, {}), router.extract_region(headers, {})
    service = {"iam:passedtoservice": "sagemaker.amazonaws.com"}
    denied = evaluator.enforce(
        key, "iam:PassRole", "iam", region, resource_arn=role, service_context=service
    )
    if denied is None or isinstance(denied, evaluator.AuthError):
        return None  # a wrong signature was refused before this point
    refusal: Response = _module("core.iam_actions").access_denied_response(
        "sagemaker", "iam:PassRole", denied.principal_arn, "", headers=headers, resource_arn=role
    )
    return refusal


async def _forward(
    client: KeepAliveClient, method: str, path: str, headers: Json, body: bytes, query: Json
) -> Response:
    target = quote(path) + ("?" + urlencode(query, doseq=True) if query else "")
    try:
        answer = await client.request(method, target, headers, body)
    except UpstreamUnreachableError as error:
        fault = {"__type": "ServiceUnavailable", "message": f"the local SageMaker is down: {error}"}
        return 503, {"content-type": "application/x-amz-json-1.1"}, json.dumps(fault).encode()
    # Lower-case names keep ministack from rewriting the content type, which InvokeEndpoint's caller chose.
    kept = {
        name: value
        for name, value in answer.headers.items()
        if name not in {"connection", "date", "server"}
    }
    if "content-length" in answer.headers:
        return answer.status, kept, await answer.body()
    kept.pop("transfer-encoding", None)
    return (
        answer.status,
        kept,
        _module("core.responses").StreamingResponse(functools.partial(_stream, answer)),
    )


async def _stream(answer: Answer, send: Any, _receive: Any) -> None:
    async for chunk in answer.chunks:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


# ---- CloudFormation, function URLs, metrics -------------------------------------------------------------------------


def hook_event_archive() -> None:
    """Teach CloudFormation `AWS::Events::Archive`; ministack's EventBridge keeps and replays events by itself."""
    events, provisioners = (
        _module("services.eventbridge"),
        _module("services.cloudformation.provisioners"),
    )

    def must(response: Response) -> Json:
        if response[0] >= 400:
            raise ValueError(f"AWS::Events::Archive: {response[2]!r}")
        document: Json = json.loads(response[2] or b"{}")
        return document

    def request(name: str, properties: Json) -> Json:
        document = {
            **properties,
            "ArchiveName": name,
            "EventSourceArn": properties.get("SourceArn", ""),
        }
        if isinstance(document.get("EventPattern"), dict):
            document["EventPattern"] = json.dumps(document["EventPattern"])
        return document

    def create(logical_id: str, properties: Json, stack: str) -> tuple[str, Json]:
        name = properties.get("ArchiveName") or provisioners._physical_name(
            stack, logical_id, max_len=48
        )
        answer = must(events._create_archive(request(name, properties)))
        return name, {"Arn": answer["ArchiveArn"], "ArchiveName": name}

    def update(physical_id: str, _old: Json, new: Json, _stack: str) -> tuple[str, Json]:
        answer = must(events._update_archive(request(physical_id, new)))
        return physical_id, {"Arn": answer["ArchiveArn"], "ArchiveName": physical_id}

    def delete(physical_id: str, _properties: Json) -> None:
        if physical_id in events._archives:
            must(events._delete_archive({"ArchiveName": physical_id}))

    provisioners._RESOURCE_HANDLERS["AWS::Events::Archive"] = {
        "create": create,
        "update": update,
        "delete": delete,
    }


def hook_function_urls(endpoint_url: str) -> None:
    """Hand out function URLs that any HTTP client reaches: `<endpoint>/_aws/lambda-url/<id>/`, no name to resolve."""
    service = _module("services.lambda_svc")
    original_create, original_id = service._create_function_url_config, service._function_url_id
    marker = "/_aws/lambda-url/"

    @functools.wraps(original_create)
    def create(*arguments: Any, **options: Any) -> Response:
        status, headers, body = original_create(*arguments, **options)
        if status < 300:
            document = json.loads(body)
            address = f"{endpoint_url}{marker}{original_id(document['FunctionUrl'])}/"
            for config in service._function_urls.values():
                if config["FunctionUrl"] == document["FunctionUrl"]:
                    config["FunctionUrl"] = address
            body = json.dumps({**document, "FunctionUrl": address}).encode()
        return status, headers, body

    @functools.wraps(original_id)
    def url_id(url: str) -> str:
        found: str = url.partition(marker)[2].strip("/") if marker in url else original_id(url)
        return found

    service._create_function_url_config, service._function_url_id = create, url_id


def hook_embedded_metrics() -> None:
    """Turn the embedded metric format in a function's log into CloudWatch metrics, as CloudWatch Logs does."""
    service = _module("services.lambda_svc")
    original = service._emit_lambda_logs

    @functools.wraps(original)
    def emit(function: Json, request_id: str, text: str, *arguments: Any, **options: Any) -> None:
        original(function, request_id, text, *arguments, **options)
        for line in text.splitlines():
            if '"_aws"' in line and line.startswith("{"):
                store_embedded_metrics(json_object(line.encode()))

    service._emit_lambda_logs = emit


def store_embedded_metrics(document: Json) -> None:
    """Store the metrics of one log line (CloudWatch, "Specification: Embedded metric format")."""
    store = _module("services.cloudwatch")._store_datum
    metadata = document.get("_aws", {})
    for directive in metadata.get("CloudWatchMetrics", []):
        for names in directive.get("Dimensions") or [[]]:
            dimensions = {name: str(document.get(name, "")) for name in names}
            for metric in directive.get("Metrics", []):
                given = document.get(metric["Name"])
                values = [float(value) for value in (given if isinstance(given, list) else [given])]
                when, unit = (
                    metadata.get("Timestamp", time.time() * 1000) / 1000,
                    metric.get("Unit", "None"),
                )
                store(
                    directive["Namespace"],
                    metric["Name"],
                    dimensions,
                    when,
                    unit,
                    None,
                    values,
                    None,
                    None,
                )


# ---- functions ------------------------------------------------------------------------------------------------------


def hook_function_workers(folder: Path) -> None:
    """Run functions on an interpreter without packages, and unpack each package once for all workers.

    AWS gives a function its code, its layers and nothing of the host's; here ministack's own packages would hide a
    dependency that a layer lacks. Unpacking a big layer anew for every worker would cost seconds and gigabytes.
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


def bare_interpreter(folder: Path) -> Path:
    """Make a virtual environment with nothing in it and return its interpreter."""
    interpreter = folder / "bin" / "python"
    if not interpreter.exists():
        interpreter.parent.mkdir(parents=True, exist_ok=True)
        base = Path(sys._base_executable).resolve()  # type: ignore[attr-defined]
        (folder / "pyvenv.cfg").write_text(
            f"home = {base.parent}\ninclude-system-site-packages = false\n"
        )
        interpreter.symlink_to(base)
    return interpreter


def warm_functions() -> None:
    """Start one worker of every function, one after another, so that the first event meets no cold start."""
    runtime, functions = _module("core.lambda_runtime"), _module("services.lambda_svc")._functions
    for (_, _, name), function in list(functions._data.items()):
        config, code = function["config"], function.get("code_zip")
        worker, _ = runtime.acquire_worker(name, config, code)
        try:
            runtime.ensure_spawned(worker)
        except RuntimeError as error:
            print(f"{name} does not start: {error}", file=sys.stderr)
        finally:
            runtime.release_worker(worker)


# ---- serving --------------------------------------------------------------------------------------------------------


def put_aws_events(entries: list[Json]) -> list[Json]:
    """Put entries on the default bus, `aws.*` sources included, ten at a time as PutEvents takes them."""
    events, responses = _module("services.eventbridge"), _module("core.responses")
    results: list[Json] = []
    with responses.request_scope(responses.get_account_id(), REGION):
        for start in range(0, len(entries), 10):
            _, _, body = events._put_events(
                {"Entries": entries[start : start + 10]}, allow_aws_source=True
            )
            results += json.loads(body)["Entries"]
    return results


async def save_in_quiet_moments(
    door: FrontDoor, *, quiet: float = 1.0, at_most: float = 20.0
) -> None:
    """Write the state down a second after traffic ends, and at least every 20 s while it goes on.

    ministack itself saves at a clean stop only. Objects in S3 are on disk at once; this covers all the rest. A write
    that meets a change half-way is logged by ministack and made good by the next.
    """
    application, persistence = _module("app"), _module("core.persistence")
    loop, saved_at, saved_requests = asyncio.get_running_loop(), 0.0, 0
    while True:
        await asyncio.sleep(quiet)
        now = loop.time()
        calm = now - door.last_request >= quiet or now - saved_at >= at_most
        if door.requests > saved_requests and calm:
            saved_requests, saved_at = door.requests, now
            await asyncio.to_thread(
                persistence.save_all, application._build_persistence_save_dict()
            )


async def serve(state: Path, port: int) -> None:
    """Serve until SIGINT or SIGTERM, save the state, and end every function's worker."""
    from hypercorn.asyncio import serve as serve_application
    from hypercorn.config import Config

    door = FrontDoor(
        _module("app").app,
        health_file=state / "health.json",
        put_events=put_aws_events,
        started=warm_functions,
    )
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.keep_alive_timeout = 75
    config.backlog = 512
    saver = asyncio.create_task(save_in_quiet_moments(door))
    try:
        await serve_application(door, config)  # type: ignore[arg-type]
    finally:
        saver.cancel()
        _module("core.lambda_runtime").reset()


def main() -> None:
    """Install every hook and serve; the settings come as environment variables from `local.cloud`."""
    state, port = Path(os.environ["BATON_STATE"]), int(os.environ["GATEWAY_PORT"])
    check_compatible()
    hook_sagemaker(int(os.environ["BATON_SAGEMAKER_PORT"]))
    hook_event_archive()
    hook_function_urls(f"http://127.0.0.1:{port}")
    hook_embedded_metrics()
    hook_function_workers(state / "functions")
    asyncio.run(serve(state, port))


if __name__ == "__main__":
    main()
