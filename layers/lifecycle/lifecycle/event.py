"""What all own events are made of; the events themselves are in ``events``.

The wire form is EventBridge's: ``source`` "baton", ``detail-type`` the name, and ``detail`` =
``{"data": …, "metadata": {"event_id", "version", "correlation_id", "causation_id",
"occurred_at"}}``. Fields that a newer writer added are tolerated on reading.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

SOURCE = "baton"

type Severity = Literal["info", "warning", "critical"]
type Origin = Literal["file", "stream", "database"]


class Model(BaseModel):
    """Frozen, and tolerant of fields that a newer version writes."""

    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())


class Fault(Model):
    """One thing that is wrong, where, and how to mend it."""

    path: str = ""
    message: str
    line: int | None = None
    accepted: tuple[str, ...] = ()
    cure: str = ""


class Event(Model):
    """What all own events carry: the problem, and the run where there is one."""

    detail_type: ClassVar[str]
    version: ClassVar[int] = 1
    severity: ClassVar[Severity | None] = None
    """Set where people want to hear of it: ``send_alert`` then tells them."""

    problem: str
    run: str | None = None
