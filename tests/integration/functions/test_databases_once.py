"""The legs of databases, each killed at every point and told again: it all happens once."""

from __future__ import annotations

import pytest

from handle_fetch_tables import lambda_handler as fetch_tables
from handle_merge_tables import lambda_handler as merge_tables
from handle_schedule_fetches import lambda_handler as schedule_fetches
from lifecycle.records import HistoryRecord
from tests.builders import object_created, own_event, problem_record
from tests.fakes.crashing import CrashError, CrashPoints, crashing
from tests.integration.functions.databases import (
    CHANGE,
    CUSTOMERS,
    ONE,
    Databases,
    defined,
    definition,
)

INCREMENTAL = definition(
    tables="customer",
    query="FROM customer ORDER BY id",
    more="connection: crm\n      incremental: {by: watermark, column: at}",
)
MOST_POINTS = 8


class Killed(Databases):
    """Every first delivery of an event ends after so many steps."""

    survives: int | None = None
    crashes = 0

    def deliver(self, leg, event):
        if self.survives is not None:
            try:
                leg.answer(event, crashing(self.ports, CrashPoints(self.survives)))
            except CrashError:
                self.crashes += 1
        return super().deliver(leg, event)

    def outcome(self):
        """What the world has come to, without the times of our own clock."""
        rows = [
            row.model_dump(mode="json")
            for row in self.records.rows.values()
            if not isinstance(row, HistoryRecord)
        ]
        said = sorted((each["id"], each["detail-type"]) for each in self.bus.envelopes)
        return sorted(rows, key=str), said, sorted(self.objects.bodies)


def fetched(survives, folder):
    """Defined, fetched whole, then fetched for what is new."""
    world = Killed(problem_record(INCREMENTAL))
    world.survives = survives
    event = defined() | {"id": "defined"}
    event["detail"]["metadata"] |= {"event_id": "defined", "correlation_id": "c"}
    ((name, request),) = world.deliver(schedule_fetches, event) or _said(world, "FetchRequested")
    for number, query in enumerate((CUSTOMERS, "SELECT 2 AS id, 'Bo' AS name")):
        identity = {"event_id": f"request-{number}", "correlation_id": "c"}
        world.deliver(fetch_tables, own_event(name, request, **identity))
        more = {"mark": f"2026-01-0{number + 1}", "full": number == 0}
        world.finish(folder, {"customer": query}, **more)
    return world


def _said(world, name):
    return [(name, data) for data in world.bus.said(name)]


def changed(survives, folder):
    """Loaded, then changed, by DMS."""
    world = Killed(problem_record(ONE))
    world.survives = survives
    for number, (name, query) in enumerate(
        (
            ("LOAD00000001", CUSTOMERS),
            (CHANGE.format(1), "SELECT 'U' AS Op, 2 AS id, 'Bo' AS name"),
        )
    ):
        key = f"churn/dms/shop/customer/{name}.parquet"
        world.put(f"s3://landing/{key}", query, folder)
        world.deliver(merge_tables, object_created(key) | {"id": f"landed-{number}"})
    return world


@pytest.fixture(scope="module", params=[fetched, changed])
def flow(request, tmp_path_factory):
    """A way for rows to come, and what it comes to undisturbed."""
    folder = tmp_path_factory.mktemp("flow")
    return request.param, folder, request.param(None, folder).outcome()


@pytest.mark.parametrize("survived", range(MOST_POINTS + 1))
def test_killed_anywhere_and_told_again_it_comes_to_the_same(flow, survived):
    """No row is lost and none doubled, no mark is ahead of its rows, no job is started twice."""
    run, folder, undisturbed = flow

    world = run(survived, folder)

    assert world.outcome() == undisturbed
    assert world.api.operations().count("StartJobRun") in {0, 2}
    assert world.rows(world.input().uri) == [("1", "Ann"), ("2", "Bo")]


def test_the_flows_are_disturbed(tmp_path):
    """Else the tests above would prove nothing."""
    assert fetched(1, tmp_path).crashes > 3
    assert changed(1, tmp_path).crashes == 2
