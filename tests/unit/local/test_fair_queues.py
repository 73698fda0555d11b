"""Whose message the laptop's queues hand out next."""

import time

from local.ministack_hooks.queues import in_turn

NOW = 1000.0


def waiting(name, group=None):
    return {"id": name, "group_id": group, "visible_at": NOW - 1, "receive_count": 0}


def in_flight(name, group=None):
    return {"id": name, "group_id": group, "visible_at": NOW + 30, "receive_count": 1}


def handed_out(messages, most=10):
    return [message["id"] for message in in_turn(messages, most, NOW)]


def test_a_single_message_passes_a_flood_of_which_some_are_in_flight():
    flood = [in_flight("n0", "noisy"), *(waiting(f"n{i}", "noisy") for i in range(1, 500))]

    assert handed_out([*flood, waiting("q", "quiet")], most=2) == ["q", "n1"]


def test_groups_take_turns_within_one_batch():
    messages = [waiting("a1", "a"), waiting("a2", "a"), waiting("a3", "a"), waiting("b1", "b")]

    assert handed_out(messages) == ["a1", "b1", "a2", "a3"]


def test_of_two_floods_the_one_with_fewer_messages_in_flight_goes_first():
    flying = [in_flight("a1", "a"), in_flight("a2", "a"), in_flight("b1", "b")]

    assert handed_out([*flying, waiting("a3", "a"), waiting("b2", "b")]) == ["b2", "a3"]


def test_a_message_without_a_group_is_a_group_of_its_own():
    messages = [in_flight("x1"), in_flight("a1", "a"), waiting("a2", "a"), waiting("x2")]

    assert handed_out(messages) == ["x2", "a2"]


def test_without_groups_the_order_is_that_of_sending():
    assert handed_out([waiting("a"), in_flight("b"), waiting("c")], most=1) == ["a"]


def test_what_is_hidden_before_it_was_ever_received_is_not_in_flight():
    """It was sent with a delay."""
    delayed = in_flight("a1", "a") | {"receive_count": 0}

    assert handed_out([delayed, waiting("a2", "a"), waiting("b1", "b")], most=1) == ["a2"]


def test_a_message_that_another_service_put_there_is_handed_out():
    """Some fields come only when it is first received."""
    assert handed_out([{"id": "a", "body": "{}"}]) == ["a"]


def test_ten_thousand_waiting_messages_are_looked_through_quickly():
    """Once for each message that is handed out; ministack's own look takes as long."""
    messages = [waiting(str(i), f"g{i % 7}") for i in range(10_000)]
    began = time.process_time()

    in_turn(messages, 1, NOW)

    assert time.process_time() - began < 0.1
