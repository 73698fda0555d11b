"""Events that are lost, doubled, late and out of order on purpose."""

import pytest

from local.sagemaker.event_faults import EventFaults, EventFaultsError


def test_without_a_switch_every_event_is_delivered_once_at_once():
    faults = EventFaults.parse("")

    assert [faults.deliveries(number) for number in range(50)] == [[0.0]] * 50


def test_shares_are_kept_to():
    """Of 2,000 events about a tenth is lost and half of the others come twice."""
    faults = EventFaults.parse("drop=0.1, repeat=0.5, seed=3")
    delivered = [faults.deliveries(number) for number in range(2_000)]

    assert 150 < sum(not each for each in delivered) < 250
    assert 800 < sum(len(each) == 2 for each in delivered) < 1_000


def test_a_reordered_event_is_overtaken_and_a_late_one_is_late_within_bounds():
    reordered = EventFaults.parse("reorder=1").deliveries(0)
    late = [EventFaults.parse("delay=3").deliveries(number)[0] for number in range(100)]

    assert reordered == [1.0]
    assert 0 <= min(late) < 1
    assert 2 < max(late) <= 3


def test_the_same_seed_meets_the_same_events():
    first, second = EventFaults.parse("drop=0.5,seed=1"), EventFaults.parse("drop=0.5,seed=1")
    other = EventFaults.parse("drop=0.5,seed=2")

    assert [first.deliveries(n) for n in range(30)] == [second.deliveries(n) for n in range(30)]
    assert [first.deliveries(n) for n in range(30)] != [other.deliveries(n) for n in range(30)]


def test_every_part_that_is_wrong_is_named():
    with pytest.raises(EventFaultsError) as raised:
        EventFaults.parse("drop=2,lose=0.5,delay=soon")

    for part in ("drop=2", "lose=0.5", "delay=soon"):
        assert part in str(raised.value)
