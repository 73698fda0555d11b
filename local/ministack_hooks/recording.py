"""Every call that IAM judged, written down: who, what, on what, and whether it was allowed."""

from __future__ import annotations

import functools
import json
import threading
from typing import TYPE_CHECKING, Any

from local.ministack_hooks.inside import module

if TYPE_CHECKING:
    from pathlib import Path


def role_of(caller: str) -> str | None:
    """The name of the role whose session a caller's ARN is; None of users and the root."""
    kind, _, rest = caller.rpartition(":")[2].partition("/")
    return rest.partition("/")[0] if kind == "assumed-role" else None


def hook_call_record(file: Path) -> None:
    """Append each kind of call that a role makes to a file, once, as one JSON object a line.

    A line has `role`, `action` and `resource` as policies spell them, and `allowed`. It is written
    as soon as the call was judged, so that a cloud that is killed loses none.

    Args:
        file: Where to; lines that are there already are not written again.
    """
    evaluator = module("core.iam_evaluator")
    original = evaluator.enforce
    lock = threading.Lock()
    file.touch()
    written = set(file.read_text("utf-8").splitlines())

    def write(line: str) -> None:
        with lock:
            if line not in written:
                written.add(line)
                with file.open("a", encoding="utf-8") as stream:
                    stream.write(f"{line}\n")

    @functools.wraps(original)
    def enforce(key: str, action: str, *place: Any, **about: Any) -> Any:
        denied = original(key, action, *place, **about)
        if isinstance(denied, evaluator.AuthError):
            return denied  # nobody: the request was not signed by whom it named
        caller = evaluator.resolve_caller_identity(key or "") or {}
        role = role_of(caller.get("userArn", ""))
        if role:
            resource = about.get("resource_arn", "*")
            allowed = denied is None
            write(
                json.dumps(
                    {"role": role, "action": action, "resource": resource, "allowed": allowed}
                )
            )
        return denied

    evaluator.enforce = enforce
