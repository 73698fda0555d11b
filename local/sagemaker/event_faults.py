"""How unreliable events are made on purpose: AWS promises them best effort, in no order.

Page "Events from Amazon SageMaker AI" in the EventBridge reference: an event can be lost, and one
change can be told more than once. Whoever listens can try here whether it minds.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, fields

OVERTAKEN_SECONDS = 1.0
"""How long a reordered event is held, so that those behind it pass."""
REPEATED_WITHIN_SECONDS = 2.0


class EventFaultsError(ValueError):
    """The switch cannot be read; the message names every fault and what is accepted."""


@dataclass(frozen=True)
class EventFaults:
    """What befalls events on their way.

    Attributes:
        drop: The share of events that never arrive, 0 to 1.
        repeat: The share that arrives twice.
        reorder: The share that those behind them overtake.
        delay: Seconds that an event is late at most; each is late by an even draw up to it.
        seed: Where the draws begin; the same seed meets the same events with the same faults.
    """

    drop: float = 0.0
    repeat: float = 0.0
    reorder: float = 0.0
    delay: float = 0.0
    seed: int = 0

    @classmethod
    def parse(cls, text: str) -> EventFaults:
        """Read a switch such as `drop=0.1,repeat=0.5,delay=3`; empty for none.

        Raises:
            EventFaultsError: naming every part that is wrong.
        """
        names = {field.name for field in fields(cls)}
        chosen: dict[str, float] = {}
        wrong = []
        for part in filter(None, text.replace(" ", "").split(",")):
            name, _, value = part.partition("=")
            try:
                chosen[name] = float(value)
            except ValueError:
                wrong.append(f"{part}: the value is no number")
                continue
            if name not in names:
                wrong.append(f"{part}: known are {', '.join(sorted(names))}")
            elif not 0 <= chosen[name] <= (1 if name in {"drop", "repeat", "reorder"} else 2**31):
                wrong.append(f"{part}: shares are 0 to 1, seconds and seeds are not negative")
        if wrong:
            raise EventFaultsError("; ".join(wrong))
        return cls(**{**chosen, "seed": int(chosen.get("seed", 0))})  # type: ignore[arg-type]

    def deliveries(self, number: int) -> list[float]:
        """When the event of this number is delivered: seconds from now, once for each time.

        Args:
            number: How many events went before it.
        """
        draw = random.Random(f"{self.seed}:{number}")  # noqa: S311 -- no secret depends on it
        dropped, reordered, repeated, late, again = (draw.random() for _ in range(5))
        if dropped < self.drop:
            return []
        first = late * self.delay + (OVERTAKEN_SECONDS if reordered < self.reorder else 0.0)
        if repeated >= self.repeat:
            return [first]
        return [first, first + again * REPEATED_WITHIN_SECONDS]
