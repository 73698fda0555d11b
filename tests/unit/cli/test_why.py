"""`baton why` tells in sentences what happened, and what the problem waits for."""

from __future__ import annotations

from typing import Any

from cli.queues import DeadLetters
from cli.waiting import Facts, events, state, waits
from lifecycle.events import Fault
from tests.builders import RUN, input_record, job_record, problem_record, run_record


def test_a_run_under_way_is_told_with_its_stage_and_its_job() -> None:
    """What is under way, why it began, and the job that it waits for."""
    facts = Facts(
        "churn",
        problem_record(active_run=RUN, last_run=RUN),
        run_record(stage="training", because="drift"),
        jobs=[job_record("training-job", "baton-churn-1", run=RUN)],
    )

    assert f"Run {RUN} is under way because traffic drifted: training" in " ".join(state(facts))
    told = " ".join(waits(facts))
    assert "It waits for its training to end." in told
    assert "The training job baton-churn-1 began" in told


def test_a_rejected_run_tells_why_and_that_nothing_serves() -> None:
    """The reasons against a candidate are in the sentence about it."""
    facts = Facts(
        "churn",
        problem_record(last_run=RUN),
        run_record(stage="rejected", reason="roc_auc 0.71 is below approve_at 0.8"),
    )

    told = " ".join(state(facts))

    assert "was rejected" in told
    assert "roc_auc 0.71 is below approve_at 0.8." in told
    assert "No model serves yet." in told


def test_the_champion_is_told_when_another_run_failed() -> None:
    """An older model keeps serving when a newer run fails, and the sentence says which."""
    facts = Facts(
        "churn",
        problem_record(last_run=RUN, champion="20250101T000000-aaaaaa"),
        run_record(stage="failed", reason="no memory"),
    )

    assert "The model of run 20250101T000000-aaaaaa serves." in state(facts)


def test_data_before_its_problem_waits_for_problem_yaml() -> None:
    """Files that came first are named, and what they wait for."""
    facts = Facts("churn", None, None, inputs=[input_record(waiting=True, uri=None, rows=0)])

    assert state(facts) == ["churn is not defined yet."]
    assert "1 file waits for churn/problem.yaml: first.csv." in waits(facts)


def test_a_file_set_aside_is_told_with_its_fault_and_cure() -> None:
    """What is wrong with a file, and how to mend it, stand in one sentence."""
    fault = Fault(message="line 7 has 3 values, not 5", cure="Quote the commas.", line=7)
    facts = Facts("churn", problem_record(), None, inputs=[input_record(rejected=(fault,))])

    assert (
        "churn/data/first.csv was set aside: line 7 has 3 values, not 5. Quote the commas."
        in waits(facts)
    )


def test_dead_letters_are_told_with_the_command_that_tries_again() -> None:
    """What a leg gave up on is never hidden."""
    queue = DeadLetters("prepare_data", "dead", "live", 2)
    facts = Facts("churn", problem_record(), None, dead=[queue])

    assert any("`baton redrive prepare_data`" in sentence for sentence in waits(facts))


def test_the_whole_story_is_told_from_the_table(cloud: Any, baton: Any) -> None:
    """On the command line: state, every leg's reason in order, and what it waits for."""
    cloud.write(
        problem_record(active_run=RUN, last_run=RUN),
        run_record(stage="waiting_for_approval", model_package="arn:package/3"),
    )
    cloud.happened("start_run", "2026-02-03T10:11:13.000Z", run=RUN, reason="Run started.")
    cloud.happened("judge_candidate", "2026-02-03T10:12:13.000Z", run=RUN, reason="Good enough.")
    cloud.happened("start_run", "2026-02-03T10:00:00.000Z", run="another", reason="Old.")

    text = baton("why", "churn").stdout
    document = baton.json("why", "churn")

    assert text.index("Run started.") < text.index("Good enough.")
    assert "Old." not in text
    assert "It waits for a person to approve model package arn:package/3." in text
    assert document["stage"] == "waiting_for_approval"
    assert [event["leg"] for event in document["events"]] == ["start_run", "judge_candidate"]


def test_too_few_rows_are_told_in_the_words_of_the_leg(cloud: Any, baton: Any) -> None:
    """Before a first run, the leg that starts runs says what is missing."""
    reason = "300 of at least 500 rows are there; waiting for 200 more."
    cloud.write(problem_record())
    cloud.happened("start_run", "2026-02-03T10:11:13.000Z", reason=reason)

    assert reason in baton.json("why", "churn")["waits_for"]


def test_a_refused_definition_is_told_by_line(cloud: Any, baton: Any) -> None:
    """An undefined problem whose problem.yaml was refused tells every fault."""
    faults = [{"line": 3, "path": "tune.jobs", "message": "0 is too small"}]
    cloud.happened(
        "define_problem",
        "2026-02-03T10:11:13.000Z",
        ("ProblemRejected", {"key": "churn/problem.yaml", "faults": faults}),
    )

    told = " ".join(baton.json("why", "churn")["waits_for"])

    assert "problem.yaml was refused: line 3: tune.jobs: 0 is too small." in told


def test_an_unknown_problem_is_told_with_those_that_are_known(cloud: Any, baton: Any) -> None:
    """A slip of the pen is met with the names that exist."""
    cloud.write(problem_record())

    result = baton("why", "chrun")

    assert result.exit_code == 1
    assert "There is no problem named chrun." in result.stderr
    assert "Known problems: churn." in result.stderr


def test_what_landed_a_moment_ago_is_known(cloud: Any, baton: Any) -> None:
    """Between a put and the first leg's answer, nobody is told that the name is unknown."""
    cloud.stack.client("s3").put_object(Bucket="landing", Key="churn/problem.yaml", Body=b"")

    assert "no leg has answered yet" in baton("why", "churn").stdout
    assert baton("watch", "churn", "--once").exit_code == 0
    assert baton.json("alerts", "churn") == {"alerts": []}


def test_events_without_a_run_are_all_that_there_is() -> None:
    """Before a run starts, everything heard so far is the story."""
    assert events(Facts("churn", problem_record(), None)) == []
