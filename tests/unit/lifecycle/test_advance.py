"""Each effect happens once, whatever is delivered twice, and wherever a process ends."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from lifecycle.advance import ATTEMPTS, advance
from lifecycle.decision import ApiCall, Decision
from lifecycle.errors import ClaimedError, EventsNotAcceptedError, StaleRecordError
from lifecycle.events import TrainingStarted, TuningStarted
from lifecycle.requests.glue import start_job_run
from tests.builders import PROBLEM, RUN, cause_of, object_created, prepared_run, problem_record
from tests.fakes import FakeApi, FakeBus, FakeRecords, fake_ports
from tests.fakes.crashing import CrashError, CrashPoints, crashing

if TYPE_CHECKING:
    from collections.abc import Callable

    from lifecycle.cause import Cause
    from lifecycle.ports import Ports
    from lifecycle.records import HistoryRecord

STEPS = 2 * 4  # before and after each of: two calls, the transaction, the events
CALL = ApiCall(
    "sagemaker",
    "CreateTrainingJob",
    {"TrainingJobName": "churn-0123456"},
    exists=("ResourceInUse",),
)
ASKED_FIRST = ApiCall(
    "sagemaker",
    "CreateModel",
    {"ModelName": "churn-1"},
    unless=("DescribeModel", {"ModelName": "churn-1"}),
)


class Relay:
    """A leg that starts a job, moves a run and says two things, on doors that may fail."""

    def __init__(self) -> None:
        self.records = FakeRecords(problem_record(active_run=RUN), prepared_run())
        self.api = FakeApi()
        self.bus = FakeBus()
        self.ports = fake_ports(records=self.records, api=self.api, bus=self.bus)
        self.cause: Cause[Any] = cause_of(object_created("churn/data/a.csv") | {"id": "event-1"})
        self.decided = 0

    def decide(self) -> Decision:
        self.decided += 1
        run = self.records.run(PROBLEM, RUN)
        if run.stage != "prepared":
            return Decision("The run has moved on.", problem=PROBLEM, run=RUN)
        return Decision(
            "A job was started.",
            problem=PROBLEM,
            run=RUN,
            records=(run.moved("training", self.cause.time, training_job="churn-0123456"),),
            calls=(CALL, ASKED_FIRST),
            events=(
                TrainingStarted(problem=PROBLEM, run=RUN, job="churn-0123456"),
                TuningStarted(problem=PROBLEM, run=RUN, job="churn-0123456", jobs=2),
            ),
        )

    def deliver(self, ports: Ports | None = None) -> HistoryRecord:
        return advance("start_training", self.cause, self.decide, ports or self.ports)

    def deliver_crashing(self, survives: int) -> None:
        """Deliver to a process that ends after so many steps, if it takes so many."""
        points = CrashPoints(survives)
        try:
            self.deliver(crashing(self.ports, points))
        except CrashError:
            assert points.crashed

    def outcome(self) -> dict[str, Any]:
        """What the world has come to, without the times at which it did."""
        rows = [row.model_dump(exclude={"at", "announced"}) for row in self.records.rows.values()]
        return {
            "rows": sorted(rows, key=str),
            "operations": self.api.operations(),
            "events": [(item["id"], item["detail-type"]) for item in self.bus.envelopes],
            "data": [item["detail"]["data"] for item in self.bus.envelopes],
        }


@pytest.fixture
def undisturbed() -> dict[str, Any]:
    relay = Relay()
    relay.deliver()
    return relay.outcome()


def test_a_decision_is_carried_out(undisturbed: dict[str, Any]) -> None:
    """Calls were made, the run moved on, and both events were said."""
    assert undisturbed["operations"] == ["CreateTrainingJob", "CreateModel"]
    assert [name for _, name in undisturbed["events"]] == ["TrainingStarted", "TuningStarted"]
    (run,) = [row for row in undisturbed["rows"] if row.get("stage")]
    assert (run["stage"], run["version"]) == ("training", 2)


def test_a_second_delivery_changes_nothing(undisturbed: dict[str, Any]) -> None:
    """It only says the same again, under the same ids, which counts once."""
    relay = Relay()
    first = relay.deliver()
    assert relay.deliver() == first.model_copy(update={"version": 1})
    assert relay.outcome() == undisturbed
    assert len(relay.bus.entries) == 4
    assert relay.bus.entries[:2] == relay.bus.entries[2:]
    assert relay.decided == 1


@pytest.mark.parametrize("survived", range(STEPS + 1))
def test_a_crash_between_any_two_steps_is_cured_by_a_redelivery(
    survived: int, undisturbed: dict[str, Any]
) -> None:
    """Ended anywhere and delivered again, the world comes to the same."""
    relay = Relay()
    relay.deliver_crashing(survived)
    relay.deliver()
    assert relay.outcome() == undisturbed


def test_any_two_crashes_in_a_row_are_cured_too(undisturbed: dict[str, Any]) -> None:
    """The redelivery may end anywhere as well."""
    for first, second in product(range(STEPS + 1), repeat=2):
        relay = Relay()
        relay.deliver_crashing(first)
        relay.deliver_crashing(second)
        relay.deliver()
        assert relay.outcome() == undisturbed, (first, second)


def test_there_are_as_many_steps_as_these_tests_believe() -> None:
    """A process that survives one step less than all of them still crashes."""
    relay = Relay()
    with pytest.raises(CrashError):
        relay.deliver(crashing(relay.ports, CrashPoints(STEPS - 1)))
    Relay().deliver(crashing(relay.ports, CrashPoints(STEPS)))


class _Meanwhile:
    """A record table that something else writes to just before some of the commits."""

    def __init__(self, records: FakeRecords, meanwhile: list[Callable[[], None]]) -> None:
        self._records = records
        self._meanwhile = meanwhile

    def __getattr__(self, name: str) -> Any:
        return getattr(self._records, name)

    def commit(self, *arguments: Any) -> None:
        if self._meanwhile:
            self._meanwhile.pop(0)()
        self._records.commit(*arguments)


def _with_meanwhile(relay: Relay, *meanwhile: Callable[[], None]) -> Ports:
    records: Any = _Meanwhile(relay.records, list(meanwhile))
    return fake_ports(records=records, api=relay.api, bus=relay.bus)


def test_two_deliveries_at_once_answer_as_one(undisturbed: dict[str, Any]) -> None:
    """The one that commits second finds the other's history, and says what that one says."""
    relay = Relay()

    def the_other_delivery() -> None:
        relay.deliver()

    done = relay.deliver(_with_meanwhile(relay, the_other_delivery))
    assert done.reason == "A job was started."
    assert relay.outcome() == undisturbed


def test_a_row_that_moved_on_meanwhile_is_read_and_decided_anew() -> None:
    """The decision that is recorded rests on the rows as they are."""
    relay = Relay()

    def someone_else_fails_the_run() -> None:
        run = relay.records.run(PROBLEM, RUN)
        relay.records.rows[run.key] = run.model_copy(update={"stage": "failed", "version": 2})

    done = relay.deliver(_with_meanwhile(relay, someone_else_fails_the_run))
    assert done.reason == "The run has moved on."
    assert relay.bus.envelopes == []
    assert relay.decided == 2


def test_rows_that_never_rest_send_the_message_back() -> None:
    """After a few attempts the queue is the better place to wait."""
    relay = Relay()

    def touch() -> None:
        run = relay.records.run(PROBLEM, RUN)
        relay.records.rows[run.key] = run.model_copy(update={"version": run.version + 1})

    with pytest.raises(StaleRecordError):
        relay.deliver(_with_meanwhile(relay, *[touch] * ATTEMPTS))
    assert relay.decided == ATTEMPTS
    assert relay.bus.entries == []


class _RefusingBus(FakeBus):
    """Refuses everything, once."""

    refuse = True

    def put(self, entries: Any) -> None:
        if self.refuse:
            self.refuse = False
            raise EventsNotAcceptedError("throttled")
        super().put(entries)


def test_events_the_bus_refused_are_said_at_the_next_delivery(undisturbed: dict[str, Any]) -> None:
    """The record is there, nothing is done twice, and the events are not lost."""
    relay = Relay()
    relay.bus = _RefusingBus()
    relay.ports = fake_ports(records=relay.records, api=relay.api, bus=relay.bus)
    with pytest.raises(EventsNotAcceptedError):
        relay.deliver()
    relay.deliver()
    assert relay.outcome() == undisturbed


def test_answers_of_calls_fill_rows_and_events() -> None:
    """Where a record or an event says ``{{name}}``, the kept answer stands in the end."""
    relay = Relay()
    call = ApiCall("sagemaker", "CreateModel", {"ModelName": "m"}, keep={"arn": "ModelArn"})

    def decide() -> Decision:
        run = relay.records.run(PROBLEM, RUN)
        return Decision(
            "Registered.",
            records=(run.model_copy(update={"model_package": "{{arn}}"}),),
            calls=(call,),
            events=(TrainingStarted(problem=PROBLEM, run=RUN, job="{{arn}}"),),
        )

    advance("leg", relay.cause, decide, relay.ports)
    arn = "arn:aws:sagemaker:us-east-1:123456789012:model/m"
    assert relay.records.run(PROBLEM, RUN).model_package == arn
    assert relay.bus.said("TrainingStarted")[0]["job"] == arn


def test_history_tells_what_was_made_of_the_event() -> None:
    """Enough for ``baton why``, and for saying everything again."""
    done = Relay().deliver()
    assert (done.leg, done.heard, done.problem, done.run) == (
        "start_training",
        "ObjectCreated",
        PROBLEM,
        RUN,
    )
    assert done.calls == ("sagemaker:CreateTrainingJob", "sagemaker:CreateModel")


def test_events_name_their_cause() -> None:
    """The correlation is the chain's first event, the causation the event that was heard."""
    relay = Relay()
    relay.deliver()
    first, second = (item["detail"]["metadata"] for item in relay.bus.envelopes)
    assert first["causation_id"] == first["correlation_id"] == "event-1"
    assert first["event_id"] != second["event_id"]
    assert first["version"] == TrainingStarted.version


PUBLISH = ApiCall("sns", "Publish", {"TopicArn": "t", "Message": "m"}, alone=True)


JOB_RUN = start_job_run("baton-PrepareLarge", f"{PROBLEM}/{RUN}", {})


def alone(relay: Relay, call: ApiCall = PUBLISH) -> HistoryRecord:
    decision = Decision("Alerted.", problem=PROBLEM, calls=(call,))
    return advance("send_alert", relay.cause, lambda: decision, relay.ports)


@pytest.mark.parametrize("call", [PUBLISH, JOB_RUN], ids=["alert", "Glue job"])
def test_a_call_that_must_be_alone_waits_while_another_delivery_makes_it(call: ApiCall) -> None:
    relay = Relay()
    relay.records.claims.add((relay.cause.id, "send_alert"))

    with pytest.raises(ClaimedError):
        alone(relay, call)

    assert relay.api.calls == []
    assert relay.records.history(relay.cause.id, "send_alert") is None


def test_what_another_delivery_did_before_the_claim_is_not_done_again() -> None:
    """It was recorded after this delivery had looked for it."""
    relay = Relay()
    first = alone(relay)
    answers = [None, first]
    relay.records.history = lambda *_: answers.pop(0)  # type: ignore[method-assign]

    assert alone(relay) == first
    assert relay.api.calls == [PUBLISH]


def test_a_call_that_failed_gives_its_claim_up() -> None:
    relay = Relay()
    given_up: list[tuple[str, str]] = []
    relay.records.give_up = lambda *claim: given_up.append(claim)  # type: ignore[method-assign]

    with pytest.raises(CrashError):
        advance(
            "send_alert",
            relay.cause,
            lambda: Decision("Alerted.", problem=PROBLEM, calls=(PUBLISH,)),
            crashing(relay.ports, CrashPoints(0)),
        )

    assert given_up == [(relay.cause.id, "send_alert")]
