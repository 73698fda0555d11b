"""The inside of ministack: which names of it are used, and how they are reached."""

from __future__ import annotations

import importlib
import importlib.metadata
from typing import Any

PINNED_VERSION = "1.5.33"
#: module → the names in it that are used or replaced
NAMES = {
    "app": "app SERVICE_HANDLERS _build_persistence_save_dict _load_persisted_state load_state",
    "core.concurrency": "esm_wake spawn_background",
    "core.iam_actions": "SERVICE_TO_IAM_NAMESPACE _BOTOCORE_SERVICE_MAP access_denied_response "
    "extract_resource_arn",
    "core.iam_evaluator": "AuthError enforce evaluate_trust_policy is_root_access_key "
    "resolve_caller_identity",
    "core.lambda_runtime": "_PYTHON_WORKER_SCRIPT _detect_runtime_binary acquire_worker "
    "ensure_spawned invalidate_worker kill_workers release_worker reset zipfile _lock",
    "core.persistence": "STATE_DIR _json_default _json_object_hook save_state",
    "core.responses": "StreamingResponse error_response_json get_account_id get_region "
    "request_scope",
    "core.router": "extract_access_key_id extract_region",
    "services.cloudformation.provisioners": "_RESOURCE_HANDLERS _glue_job_fields _physical_name",
    "services.dynamodb": "_batch_write_item _execute_transaction _remove_item _set_item _tables "
    "_transact_write_items _txn_token_lookup",
    "services.kinesis": "_put_record _put_records _resolve_stream _resolve_stream_by_arn",
    "services.cloudwatch": "_alarms _dims_key _dims_from_list _dispatch_alarm_actions "
    "_evaluate_alarm _evaluate_all_alarms _evaluate_parent_alarms _metrics _record_history "
    "_store_datum record_metric",
    "services.eventbridge": "_archives _create_archive _delete_archive _put_events _update_archive",
    "services.cloudwatch_logs": "_create_log_group _create_log_stream _log_groups _put_log_events",
    "services.glue": "_batch_stop_job_run _create_job _job_runs _jobs _start_job_run _update_job",
    "services.iam": "_access_keys _create_user _put_user_policy _roles",
    "services.lambda_svc": "_ESM_IDLE_WAKE_GAP_SECONDS _create_function_url_config "
    "_emit_lambda_logs _ensure_poller _esm_backoff_until _esms _execute_function "
    "_function_url_id _function_urls _functions _kinesis_positions _poll_kinesis _poll_sqs "
    "_poller_started _run_sqs_batch esm_wake invalidate_worker release_worker",
    "services.s3": "_fire_s3_event _resolve_sse_write_headers threading",
    "services.sqs": "_HANDLERS _collect_msgs _dlq_sweep _ensure_msg_fields "
    "_expire_retained _get_q _queue_by_arn _queues _queues_lock _receive_messages_for_esm "
    "_refresh_counts",
    "services.sts": "is_root_access_key register_session",
}
Json = dict[str, Any]
Response = tuple[int, dict[str, str], Any]


class IncompatibleError(Exception):
    """The installed ministack is not the one these hooks were written for."""


def check_compatible() -> None:
    """Look up every name used.

    Raises:
        IncompatibleError: naming the version and each missing name.
    """
    version = importlib.metadata.version("ministack")
    missing = [
        f"{name}.{each}"
        for name, names in NAMES.items()
        for each in names.split()
        if not hasattr(module(name), each)
    ]
    if version != PINNED_VERSION or missing:
        raise IncompatibleError(
            f"ministack {version} is installed, these hooks are for {PINNED_VERSION}; "
            f"missing in it: {', '.join(missing) or 'nothing'}"
        )


def module(name: str) -> Any:
    """Return a module of ministack."""
    return importlib.import_module(f"ministack.{name}")


def application() -> Any:
    """Return ministack as an ASGI application."""
    return module("app").app
