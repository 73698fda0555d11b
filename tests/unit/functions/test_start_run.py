"""When a run is due, and what holds it back."""

from __future__ import annotations

import json

import pytest

from lifecycle.events import BudgetExceeded, RunStarted
from lifecycle.records import MonthRecord
from lifecycle.settings import Settings
from start_run import decide
from tests.builders import PROBLEM, cause_of, input_record, own_event, problem_record

SETTINGS = Settings(lake_bucket="lake")
MONTH = MonthRecord(problem=PROBLEM, month="2026-02")
INGESTED = {
    "problem": PROBLEM,
    "origin": "file",
    "source": "churn/data/first.csv",
    "uri": "s3://lake/x.parquet",
    "rows": 1000,
    "columns": 8,
}


def settled(**changes):
    values = {
        "last_run": "r0",
        "last_run_rows": 1000,
        "used_files": 1,
        "used_inputs": 1,
        "used_definition": 1,
    }
    return problem_record(**(values | changes))


def ingested():
    return cause_of(own_event("DataIngested", INGESTED))


def test_the_first_file_with_enough_rows_starts_a_run():
    """The run, the problem under way, the list of inputs and the event come in one decision."""
    cause = ingested()
    decision = decide(cause, problem_record(version=3), [input_record()], MONTH, SETTINGS)

    problem, run = decision.records
    assert problem.active_run == run.run
    assert problem.version == 3
    assert (run.stage, run.rows, run.because) == ("started", 1000, "data")
    listing = json.loads(decision.calls[0].request["Body"])
    assert listing["inputs"] == [input_record().uri]
    assert [file["source"] for file in listing["files"]] == [input_record().source]
    assert decision.events == (
        RunStarted(problem=PROBLEM, run=run.run, because="data", inputs=1, rows=1000),
    )


def test_a_run_reads_its_files_by_their_names_whichever_was_there_first():
    """Sums of rows in another order differ in their last digits."""
    inputs = [input_record(name) for name in ("b", "a", "c")]

    listings = [
        json.loads(
            decide(ingested(), problem_record(), some, MONTH, SETTINGS).calls[0].request["Body"]
        )
        for some in (inputs, inputs[::-1])
    ]

    assert listings[0] == listings[1]
    sources = [file["source"] for file in listings[0]["files"]]
    assert sources == sorted(sources)
    assert [uri for name in "abc" for uri in listings[0]["inputs"] if name in uri]


def test_the_same_event_always_names_the_same_run():
    """Deciding anew after a crash must not invent another run."""
    cause = ingested()
    first, second = (
        decide(cause, problem_record(), [input_record()], MONTH, SETTINGS) for _ in range(2)
    )

    assert first == second


@pytest.mark.parametrize(
    ("problem", "inputs", "says"),
    [
        (None, [input_record()], "wait until churn/problem.yaml lands"),
        (problem_record(active_run="r1"), [input_record()], "Run r1 is under way"),
        (problem_record(), [input_record(rows=499)], "waiting for 1 more"),
        (problem_record(), [], "nothing new"),
        (problem_record(), [input_record(uri=None, waiting=True)], "nothing new"),
        (
            settled(),
            [input_record()],
            "nothing new",
        ),
    ],
)
def test_without_something_new_and_enough_of_it_there_is_no_run(problem, inputs, says):
    """Each reason is a normal decision, told in words."""
    decision = decide(ingested(), problem, inputs, MONTH, SETTINGS)

    assert says in decision.reason
    assert decision.records == ()
    assert decision.events == ()


@pytest.mark.parametrize(
    ("problem", "inputs", "because"),
    [
        (settled(), [input_record(), input_record("data/second.csv")], "data"),
        (settled(definition_version=2), [input_record()], "redefined"),
        (settled(retrain_because="drift", champion="r0"), [input_record()], "drift"),
        (settled(), [input_record(), input_record("s", origin="stream")], "data"),
    ],
)
def test_whatever_is_new_makes_a_run_due(problem, inputs, because):
    """A file nobody used, another definition, a wish to retrain, a stream that doubled the rows."""
    decision = decide(ingested(), problem, inputs, MONTH, SETTINGS)

    assert decision.records[1].because == because
    assert decision.records[0].retrain_because is None


def test_newer_rows_of_a_database_ask_for_a_run_and_the_same_do_not():
    """They stand in the same row; its fingerprint tells whether they are others."""
    database = input_record("crm", origin="database", renewed="1000-aa")
    first = decide(ingested(), problem_record(), [database], MONTH, SETTINGS).records[0]
    rested = first.model_copy(update={"active_run": None})
    newer = database.model_copy(update={"renewed": "1002-bb", "rows": 1002})

    again = decide(ingested(), rested, [database], MONTH, SETTINGS)
    other = decide(ingested(), rested, [newer], MONTH, SETTINGS)

    assert again.records == ()
    assert (other.records[1].because, other.records[1].rows) == ("data", 1002)


def test_streamed_rows_alone_do_not_replace_a_model_that_serves():
    """With a champion, the stream gathers rows until drift, quality or a file asks for a run."""
    inputs = [input_record(), input_record("s", origin="stream", rows=9000)]

    decision = decide(ingested(), settled(champion="r0"), inputs, MONTH, SETTINGS)

    assert decision.records == ()


def test_a_month_that_has_spent_its_budget_gets_no_run():
    """The event names the limit and what would have been needed."""
    month = MONTH.model_copy(update={"usd": 99.999})
    problem = problem_record("budget: {usd_per_month: 100}\n")

    decision = decide(ingested(), problem, [input_record()], month, SETTINGS)

    (event,) = decision.events
    assert isinstance(event, BudgetExceeded)
    assert event.limit == "usd_per_month"
    assert event.needed_usd > event.allowed_usd == 100
    assert decision.records == ()
