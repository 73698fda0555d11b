"""Where data goes that cannot be used: unchanged, beside the reason and the cure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lifecycle.events import Fault
    from lifecycle.ports import Ports


def reason_document(source: str, faults: tuple[Fault, ...]) -> bytes:
    """The ``.reason.json`` beside a quarantined object: what, where, and how to mend it."""
    document = {
        "source": source,
        "faults": [fault.model_dump(mode="json") for fault in faults],
        "then": "Mend the cause and drop the file again under its name.",
    }
    return json.dumps(document, indent=2, ensure_ascii=False).encode()


def set_aside(
    ports: Ports,
    problem: str,
    source: str,
    key: str,
    faults: tuple[Fault, ...],
    *,
    personal: bool = False,
) -> str:
    """Copy an object, unchanged, to the problem's quarantine; the address where it lies then.

    Args:
        ports: the doors to the world.
        problem: the problem it was meant for.
        source: the object's address.
        key: its key in the landing bucket, kept whole.
        faults: why it cannot be used.
        personal: whether the problem has personal data, which never leaves the landing bucket: the
            object stays where it is, and only the reason is written.
    """
    target = ports.settings.lake(problem, "quarantine", key)
    if not personal:
        ports.objects.copy(source, target)
    reason = reason_document(source, faults)
    ports.objects.write(f"{target}.reason.json", reason, "application/json")
    return source if personal else target
