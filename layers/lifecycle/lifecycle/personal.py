"""Columns of personal data, and the secret under which a problem's are hashed.

The stack has one secret, which CloudFormation makes up; a problem's own follows from it and from
the problem's name, so that nothing has to be made, kept or paid for with each problem.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from lifecycle.ports import Ports

_stack_secrets: dict[str, bytes] = {}
"""By ARN. A function asks once in its life: the secret never changes, or persons would."""


def personal_columns(definition: dict[str, Any]) -> tuple[str, ...]:
    """The columns that ``compliance.pii`` names."""
    return tuple(definition.get("compliance", {}).get("pii") or ())


def protection(definition: dict[str, Any]) -> str:
    """What is done to a definition's personal data, as one text: rows keep how they were treated.

    Empty where there is none.
    """
    columns = personal_columns(definition)
    if not columns:
        return ""
    return f"{definition['compliance']['pii_action']}:{','.join(sorted(columns))}"


def personal_key(problem: str, ports: Ports) -> bytes:
    """The secret of a problem, 32 bytes: HMAC-SHA-256 of its name under the stack's secret."""
    name = ports.settings.personal_secret
    if name not in _stack_secrets:
        found = ports.api.describe("secretsmanager", "GetSecretValue", {"SecretId": name})
        if found is None:
            raise LookupError(f"the secret {name} is gone; restore it, or hashed persons change")
        _stack_secrets[name] = found["SecretString"].encode()
    return hmac.new(_stack_secrets[name], problem.encode(), hashlib.sha256).digest()


class PersonalData(NamedTuple):
    """What ``science.personal.protect`` needs to know besides the file; no columns, nothing done.

    Every leg that writes rows outside the landing bucket calls it first.
    """

    columns: tuple[str, ...]
    action: str
    key: bytes


def personal_data(problem: str, definition: dict[str, Any], ports: Ports) -> PersonalData:
    """What is personal in a problem's rows, and what becomes of it."""
    columns = personal_columns(definition)
    if not columns:
        return PersonalData((), "", b"")
    action = definition["compliance"]["pii_action"]
    return PersonalData(columns, action, personal_key(problem, ports))
