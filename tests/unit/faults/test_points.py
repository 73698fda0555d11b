"""Points are counted from what an undisturbed life's cloud noted, and dealt out to lives."""

import pytest

from faults.points import (
    ALL_WAYS,
    ANY,
    BUS,
    CLAIMS,
    RECORDS,
    Point,
    count_points,
    sample,
    share_lives,
)
from local.call_faults import FOR_GOOD, KILL_AFTER, KILL_BEFORE, THROTTLE, TIMEOUT
from local.call_faults import WAYS as CALL_WAYS
from local.ministack_hooks.planned_faults import (
    ALL_DROPPED,
    EVENT_WAYS,
    LATE,
    MESSAGE_WAYS,
    REVERSED,
)

START = {"life": "fm1", "function": "baton-StartRun", "heard": "DataIngested", "occurrence": 1}
JOB_ENDED = "SageMaker Training Job State Change Completed"


def note(invocation, **more):
    return {"invocation": invocation, **START, **more}


NOTES = [
    note("a", begins=True),
    note("a", call=1, operation="dynamodb:GetItem"),
    note("a", call=2, operation="events:PutEvents"),
    note("a", ends=True, failed=False),
    note("b", begins=True),
    note("b", call=1, operation="dynamodb:GetItem"),
    note("b", call=3, operation="s3:GetObject"),
    {**note("e", begins=True), "heard": JOB_ENDED},
    {"life": "fm1", "sent": JOB_ENDED, "number": 1},
    {"life": "fm1", "sent": "SageMaker Model State Change", "number": 1},
    {**note("c", call=1, operation="s3:GetObject"), "life": "fm2"},
    {**note("d", call=1, operation="s3:GetObject"), "heard": "request"},
]


def points():
    return count_points("batch", "fm1", NOTES)


def test_every_call_of_the_first_invocation_has_every_way():
    calls = [point for point in points() if point.call]

    assert {(point.call, point.operation) for point in calls} == {
        (1, "dynamodb:GetItem"),
        (2, "events:PutEvents"),
    }
    assert [point.way for point in calls if point.call == 1] == list(CALL_WAYS)


def test_what_was_decided_anew_by_chance_counts_once():
    """Other messages moved the rows on; a life in which they do not makes these calls once."""
    operations = ("s3:GetObject", RECORDS, "s3:GetObject", RECORDS, "events:PutEvents")
    notes = [note("a", call=number, operation=each) for number, each in enumerate(operations, 1)]

    found = count_points("batch", "fm1", notes)

    assert sorted({(point.call, point.operation) for point in found if point.call}) == [
        (1, "s3:GetObject"),
        (2, RECORDS),
        (3, "events:PutEvents"),
    ]


def test_every_message_and_every_event_has_every_way():
    messages = [point for point in points() if not point.call and point.function != BUS]
    events = [point for point in points() if point.function == BUS]

    assert {point.way for point in messages} == set(MESSAGE_WAYS)
    assert [(point.heard, point.way) for point in events] == [
        *((JOB_ENDED, way) for way in EVENT_WAYS),
        (ANY, ALL_DROPPED),
    ]


def test_a_life_that_hears_no_service_has_no_events_to_lose():
    unheard = [note for note in NOTES if note.get("heard") != JOB_ENDED]

    assert not [point for point in count_points("batch", "fm1", unheard) if point.function == BUS]


def test_the_end_of_a_glue_run_is_heard_though_its_message_names_no_life():
    told = {"life": "fm1", "sent": "Glue Job State Change", "number": 1}

    found = count_points("databases", "fm1", [note("a", begins=True), told])

    ways = [point.way for point in found if point.heard == "Glue Job State Change"]
    assert ways == list(EVENT_WAYS)
    assert (ANY, ALL_DROPPED) in {(point.heard, point.way) for point in found}


def test_a_point_has_the_same_name_in_every_counting():
    assert [point.id for point in points()] == [point.id for point in points()]
    assert len({point.id for point in points()}) == len(points())


def test_a_plan_names_the_call_only_where_the_fault_is_in_one():
    by_call = {bool(point.call): point.planned("fm1") for point in points()}

    assert by_call[True]["call"] >= 1
    assert "call" not in by_call[False]
    assert by_call[True]["id"].startswith("fm1-")


def many():
    return [
        Point("batch", f"baton-F{leg}", "E", number, call, "s3:GetObject", way)
        for leg in range(3)
        for number in (1, 2)
        for call in (1, 2)
        for way in CALL_WAYS
    ] + [
        Point("stream", "baton-F0", "any", 1, 0, "", way)
        for way in (*MESSAGE_WAYS, *EVENT_WAYS, ALL_DROPPED)
    ]


def test_a_sample_has_every_way_and_is_the_same_for_its_seed():
    drawn = sample(many(), len(ALL_WAYS), 3)

    assert {point.way for point in drawn} == set(ALL_WAYS)
    assert drawn == sample(many(), len(ALL_WAYS), 3)
    assert drawn != sample(many(), len(ALL_WAYS), 4)
    assert len(sample(many(), 10_000, 3)) == len(many())


@pytest.mark.parametrize("apart", [False, True])
def test_every_fault_is_dealt_out_once_and_shares_its_life_with_so_many(apart):
    lives = share_lives(many(), 4, apart=apart)

    assert sorted(map(str, many())) == sorted(str(point) for life in lives for point in life)
    for life in lives:
        assert len(life) <= 4
        assert len({point.story for point in life}) == 1
    if apart:
        assert all(len({point.place for point in life}) == len(life) for life in lives)


def call(number, way, operation="s3:GetObject"):
    return Point("batch", "baton-A", "E", 1, number, operation, way)


RECORDING = call(4, THROTTLE, RECORDS)


@pytest.mark.parametrize(
    ("points", "together"),
    [
        ([call(1, THROTTLE), call(2, KILL_BEFORE), call(3, THROTTLE + FOR_GOOD), RECORDING], True),
        ([call(1, THROTTLE), call(1, KILL_BEFORE)], False),
        ([call(3, KILL_AFTER), RECORDING, call(5, THROTTLE), call(6, KILL_BEFORE)], True),
        ([RECORDING, call(5, KILL_BEFORE), call(6, THROTTLE)], False),
        ([RECORDING, call(5, KILL_BEFORE), call(6, KILL_BEFORE)], False),
        ([RECORDING, *(call(number, KILL_BEFORE) for number in (1, 2, 3))], True),
        ([call(0, LATE, ""), call(1, THROTTLE)], False),
        ([call(1, KILL_BEFORE), call(2, THROTTLE)], False),
    ],
    ids=[
        "each is followed by the next",
        "two at one call",
        "a failure after what was made of the message is recorded comes last",
        "after such a failure the message takes another way",
        "as it does after the first of two",
        "it may fail several times",
        "held back and throttled",
        "not known when it is recorded",
    ],
)
def test_a_message_meets_several_faults_only_where_each_leaves_the_next_its_call(points, together):
    assert (len(share_lives(points, 8)) == 1) == together
    assert len(share_lives(points, 8, apart=True)) == len(points)


def test_a_message_does_not_fail_until_it_is_a_dead_letter():
    """It would after the fifth time."""
    failing = [call(number, KILL_BEFORE) for number in (1, 2, 3, 4, 5)]
    recording = call(9, THROTTLE, RECORDS)

    lives = share_lives([*failing, recording], 8)

    assert [len([p for p in life if p.way == KILL_BEFORE]) for life in lives] == [4, 1]


CLAIMING = call(2, THROTTLE, CLAIMS)
PUBLISH = "sns:Publish"
ASKED_ONCE = call(7, THROTTLE, PUBLISH)
GOOD, NO_ANSWER = THROTTLE + FOR_GOOD, TIMEOUT + FOR_GOOD


@pytest.mark.parametrize(
    ("points", "together"),
    [
        ([call(1, KILL_BEFORE), call(1, KILL_AFTER), CLAIMING, call(3, KILL_BEFORE)], False),
        ([call(1, KILL_BEFORE), CLAIMING, call(3, KILL_BEFORE), call(4, GOOD)], True),
        ([CLAIMING, call(3, KILL_BEFORE), call(4, KILL_AFTER)], True),
        ([CLAIMING, call(3, KILL_BEFORE), call(4, KILL_BEFORE), call(5, GOOD)], False),
        ([call(2, KILL_AFTER, CLAIMS), call(3, KILL_AFTER), call(4, GOOD)], False),
        ([call(2, KILL_BEFORE, CLAIMS), call(3, KILL_AFTER), call(4, GOOD)], True),
        ([call(2, NO_ANSWER, CLAIMS), call(3, GOOD), call(4, GOOD)], True),
        ([call(2, NO_ANSWER, CLAIMS), *(call(n, GOOD) for n in (3, 4, 5))], False),
        ([CLAIMING, *(call(number, GOOD) for number in (3, 4, 5, 6))], True),
        ([CLAIMING, *(call(number, GOOD) for number in (3, 4, 5)), ASKED_ONCE], True),
        ([CLAIMING, *(call(number, GOOD) for number in (3, 4, 5, 6)), ASKED_ONCE], False),
    ],
    ids=[
        "two at one call",
        "a kill that leaves a claim, and two failures",
        "two such kills",
        "two such kills, and a failure",
        "killed after it claimed",
        "killed before it claimed",
        "claimed, and not told so",
        "and failures until there is no try left",
        "failures that give the claim up",
        "a call that is asked once as the fourth",
        "and as the fifth",
    ],
)
def test_a_message_that_waits_for_a_dead_deliverys_claim_keeps_a_try(points, together):
    recording = call(9, THROTTLE, RECORDS)

    assert (len(share_lives([*points, recording], 8)) == 1) == together


def test_a_life_waits_only_a_few_times():
    late = [Point("batch", "baton-A", "E", number, 0, "", LATE) for number in range(6)]

    assert [len(life) for life in share_lives(late, 8)] == [4, 2]


def test_a_leg_whose_messages_are_reversed_meets_no_other_fault():
    order = Point("batch", "baton-A", "any", 1, 0, "", REVERSED)
    call = Point("batch", "baton-A", "E", 1, 1, "s3:GetObject", CALL_WAYS[0])

    assert share_lives([order, call], 8) == [[order], [call]]
    assert share_lives([call, order], 8) == [[call], [order]]


def test_a_life_without_events_meets_no_other_fault():
    """None is left for them to befall, and the life waits for each as it is."""
    none = Point("batch", BUS, ANY, 1, 0, "", ALL_DROPPED)
    call = Point("batch", "baton-A", "E", 1, 1, "s3:GetObject", CALL_WAYS[0])

    assert share_lives([none, call], 8) == [[none], [call]]
    assert share_lives([call, none], 8) == [[call], [none]]
    assert share_lives([call, none], 8, apart=True) == [[call], [none]]
