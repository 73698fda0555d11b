"""`baton watch`, `status` and `alerts` read the table's history, and keep its order."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from cli.story import Follower, Story, iso
from tests.builders import RUN, problem_record, run_record


def test_watch_shows_each_leg_with_its_time_and_what_it_said(cloud: Any, baton: Any) -> None:
    """One line a leg: when, how long after the one before, who, what was heard and said, why."""
    cloud.write(problem_record())
    cloud.happened(
        "start_run", "2026-02-03T10:11:13.000Z", ("RunStarted", {"run": RUN}), reason="Run started."
    )
    cloud.happened(
        "prepare_data",
        "2026-02-03T10:11:15.500Z",
        ("DataPrepared", {"run": RUN}),
        heard="RunStarted",
        reason="1,000 rows.",
    )

    lines = baton("watch", "churn", "--once").stdout.splitlines()

    assert len(lines) == 4
    assert "start_run" in lines[0]
    assert "DataIngested → RunStarted" in lines[0]
    assert lines[1].strip() == "Run started."
    assert "+2.50 s" in lines[2]


def test_watch_prints_one_object_a_line_for_programs(cloud: Any, baton: Any) -> None:
    """With --json every step is a line that parses by itself."""
    cloud.write(problem_record())
    cloud.happened("start_run", "2026-02-03T10:11:13.000Z", ("RunStarted", {"run": RUN}))

    lines = baton("watch", "--once", "--json").stdout.splitlines()

    assert len(lines) == 1
    step = json.loads(lines[0])
    assert (step["problem"], step["leg"], step["run"]) == ("churn", "start_run", RUN)
    assert step["said"][0]["event"] == "RunStarted"


def test_watch_ends_when_the_wanted_event_comes(cloud: Any, baton: Any) -> None:
    """--until stops at an event of now; one from long ago does not count."""
    cloud.write(problem_record())
    cloud.happened("deploy", "2026-02-03T10:11:13.000Z", ("ModelDeployed", {}))

    late = baton("watch", "churn", "--until", "ModelDeployed", "--timeout", "0.1")
    cloud.happened("deploy", "2999-02-03T10:11:13.000Z", ("ModelDeployed", {}))
    found = baton("watch", "churn", "--until", "ModelDeployed", "--timeout", "5")

    assert late.exit_code == 1
    assert "ModelDeployed did not come within 0.1 s." in late.stderr
    assert found.exit_code == 0


def test_a_follower_yields_every_step_once_however_late_it_is_listed(cloud: Any) -> None:
    """A row that appears after a younger one is still shown; none is shown twice."""
    looks = [
        lambda: cloud.happened("late", "2026-02-03T10:11:10.000Z"),
        lambda: cloud.happened("last", "2026-02-03T10:11:20.000Z"),
    ]

    def pause() -> bool:
        looks.pop(0)()
        return bool(looks)

    cloud.happened("first", "2026-02-03T10:11:13.000Z")
    follower = Follower(Story(cloud.stack), "churn", "", pause)

    assert [step.leg for step in follower] == ["first", "late", "last"]


def test_looks_at_traffic_that_found_nothing_are_left_out(cloud: Any, baton: Any) -> None:
    """What happens every second and says nothing is shown with --all only."""
    cloud.write(problem_record())
    cloud.happened("watch_traffic", "2026-02-03T10:11:13.000Z", reason="80 rows, as ever.")
    cloud.happened("watch_traffic", "2026-02-03T10:11:14.000Z", ("DriftDetected", {}))

    assert "80 rows" not in baton("watch", "--once").stdout
    assert "DriftDetected" in baton("watch", "--once").stdout
    assert "80 rows" in baton("watch", "--once", "--all").stdout


def test_watching_an_unknown_problem_is_told(cloud: Any, baton: Any) -> None:
    """Nobody waits for ever for a name that was misspelled."""
    result = baton("watch", "nothing", "--once")

    assert result.exit_code == 1
    assert "no problem named nothing" in result.stderr


def test_status_shows_run_stage_and_champion(cloud: Any, baton: Any) -> None:
    """One row a problem; for programs the same with stable keys."""
    old = run_record(run="20260101T000000-aaaaaa", stage="deployed", metric="roc_auc", score=0.84)
    cloud.write(
        problem_record(active_run=RUN, last_run=RUN, champion=old.run, deployed_at=old.started_at),
        run_record(stage="training"),
        old,
    )

    text = baton("status").stdout
    found = baton.json("status")["problems"][0]

    assert "training" in text
    assert "roc_auc 0.8400" in text
    assert found["active_run"] == RUN
    assert found["last_run"]["stage"] == "training"
    assert found["champion"]["score"] == 0.84


def test_status_of_nothing_says_how_to_begin(cloud: Any, baton: Any) -> None:
    """An empty stack is no error."""
    assert "baton init" in baton("status").stdout
    assert baton.json("status") == {"stack": "baton", "problems": [], "dead_letters": {}}


def test_alerts_are_the_events_that_people_want_to_hear_of(cloud: Any, baton: Any) -> None:
    """Only events with a severity are alerts, from the asked severity on."""
    now = iso(datetime.now(UTC))
    cloud.write(problem_record())
    cloud.happened("start_run", now, ("RunStarted", {"run": RUN}))
    cloud.happened("confirm", now, ("ModelDeployed", {"run": RUN}), reason="It serves.")
    cloud.happened("watch_traffic", now, ("DriftDetected", {"rows": 9}), reason="temp moved.")

    everything = baton.json("alerts", "churn")["alerts"]
    warnings = baton.json("alerts", "--severity", "warning")["alerts"]
    text = baton("alerts").stdout

    assert {alert["event"] for alert in everything} == {"ModelDeployed", "DriftDetected"}
    assert [alert["message"] for alert in warnings] == ["temp moved."]
    assert "DriftDetected: temp moved." in text
    assert "RunStarted" not in text


def test_alerts_of_long_ago_are_left_out(cloud: Any, baton: Any) -> None:
    """Looking back ends after --hours."""
    cloud.write(problem_record())
    cloud.happened("watch_traffic", "2020-02-03T10:11:13.000Z", ("DriftDetected", {}))

    assert baton.json("alerts")["alerts"] == []
    assert "No alerts" in baton("alerts").stdout
