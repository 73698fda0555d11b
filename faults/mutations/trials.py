"""Ways to disturb a life, each the same at every repetition.

A fault meets each message once: what is brought back afterwards is left in peace, as the rule is
with real crashes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from faults.mutations.relay import Message, Relay

    type Request = Callable[[], Any]

RECORDING, ANNOUNCING = "TransactWriteItems", "PutEvents"


class Killed(BaseException):
    """The process ended here; like KeyboardInterrupt, it is no error to be handled."""


class Trial:
    """Nothing disturbs; the others change one thing.

    Attributes:
        second: whether a second file lands while the first run is under way.
        lost: whether SageMaker's events never come.
        doubled: whether they come twice, under ids of their own.
        reversed: whether the newest message is always delivered first.
        copies: how often each message is delivered.
        fails: purposes whose jobs fail.
        takes_back: whether the second deployment is rolled back.
        bar: the metric from which a candidate is approved.
        alerts_may_repeat: whether an alert is sent and its sender is kept from noting it.
    """

    second = False
    lost = False
    doubled = False
    reversed = False
    copies = 1
    fails: frozenset[str] = frozenset()
    takes_back = False
    bar = 0.8
    alerts_may_repeat = False

    def around(self, _relay: Relay, _message: Message, _operation: str, request: Request) -> Any:
        """Carry out a request of the leg that answers a message, or do not."""
        return request()


class SecondFile(Trial):
    """Another file lands while the first run is under way; its run follows."""

    second = True


class DeliveredTwice(Trial):
    """Every message comes twice, one delivery after the other."""

    copies = 2


class NewestFirst(Trial):
    """Messages are delivered in reverse order."""

    reversed = True


class EventsLost(Trial):
    """No event of SageMaker's ever comes; only the schedule ticks."""

    lost = True


class EventsDoubled(Trial):
    """Every event of SageMaker's comes in two copies with ids of their own."""

    doubled = True


class TrainingFails(Trial):
    """The training job fails."""

    fails = frozenset({"train"})


class TooWeak(Trial):
    """No candidate is as good as the problem asks for."""

    bar = 0.99


class RolledBack(SecondFile):
    """The second model's deployment is taken back by its alarm."""

    takes_back = True


class _Once(Trial):
    """Meets each message at most once."""

    def __init__(self) -> None:
        self.met: set[int] = set()

    def first(self, message: Message) -> bool:
        """Whether the message was not met yet; it is now."""
        if message.number in self.met:
            return False
        self.met.add(message.number)
        return True


class KilledBeforeRecording(_Once):
    """Each leg is killed when everything is started and nothing recorded."""

    alerts_may_repeat = True

    def around(self, _relay: Relay, message: Message, operation: str, request: Request) -> Any:
        """End the process before its transaction."""
        if operation == RECORDING and self.first(message):
            raise Killed
        return request()


class KilledAfterRecording(_Once):
    """Each leg is killed when everything is recorded and nothing said."""

    def around(self, _relay: Relay, message: Message, operation: str, request: Request) -> Any:
        """End the process after its transaction."""
        answer = request()
        if operation == RECORDING and self.first(message):
            raise Killed
        return answer


class KilledAfterAnnouncing(_Once):
    """Each leg is killed when all is done and its queue does not know it."""

    def around(self, _relay: Relay, message: Message, operation: str, request: Request) -> Any:
        """End the process after its events."""
        answer = request()
        if operation == ANNOUNCING and self.first(message):
            raise Killed
        return answer


class RequestsFail(_Once):
    """Each leg's transaction is refused once, beyond what botocore's own retries bear."""

    alerts_may_repeat = True

    def around(self, _relay: Relay, message: Message, operation: str, request: Request) -> Any:
        """Refuse the first transaction of a message."""
        if operation == RECORDING and self.first(message):
            error = {"Error": {"Code": "InternalServerError", "Message": "try again"}}
            raise ClientError(error, operation)  # type: ignore[arg-type]
        return request()


class BusRefuses(_Once):
    """The bus answers 200 and takes none of the first events of each leg (PutEvents)."""

    def around(self, _relay: Relay, message: Message, operation: str, request: Request) -> Any:
        """Refuse the first events of a message."""
        if operation == ANNOUNCING and self.first(message):
            refused = {"ErrorCode": "InternalFailure", "ErrorMessage": "try again"}
            return {"FailedEntryCount": 10, "Entries": [refused] * 10}
        return request()


class AtOnce(_Once):
    """Each message comes twice at once: the second is done before the first records."""

    def around(self, relay: Relay, message: Message, operation: str, request: Request) -> Any:
        """Let the second delivery come between decision and transaction of the first."""
        if operation == RECORDING and self.first(message):
            relay.deliver_copy(message)
        return request()


class Interleaved(_Once):
    """Between each leg's decision and its transaction all other messages are answered."""

    second = True

    def around(self, relay: Relay, message: Message, operation: str, request: Request) -> Any:
        """Let everything else that waits come between decision and transaction."""
        if operation == RECORDING and self.first(message):
            relay.deliver_others()
        return request()


TRIALS: dict[str, type[Trial]] = {
    "undisturbed": Trial,
    "second file": SecondFile,
    "delivered twice": DeliveredTwice,
    "newest first": NewestFirst,
    "events lost": EventsLost,
    "events doubled": EventsDoubled,
    "training fails": TrainingFails,
    "candidate too weak": TooWeak,
    "rolled back": RolledBack,
    "killed before recording": KilledBeforeRecording,
    "killed after recording": KilledAfterRecording,
    "killed after announcing": KilledAfterAnnouncing,
    "requests fail": RequestsFail,
    "bus refuses": BusRefuses,
    "at once": AtOnce,
    "interleaved": Interleaved,
}
"""Every way, by its name."""

SAME_END = frozenset(TRIALS) - {"training fails", "candidate too weak", "rolled back"}
"""Ways that must not change where a life ends."""
