"""Hears: every own event with a severity. Says it to people, through SNS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lifecycle.events import CATALOGUE
from lifecycle.leg import leg
from send_alert import decide

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.events import Event
    from lifecycle.ports import Ports


@leg(*(event for event in CATALOGUE.values() if event.severity))
def lambda_handler(cause: Cause[Event], ports: Ports) -> Decision:
    """Nothing to load: the event says it all."""
    return decide(cause, ports.settings)
