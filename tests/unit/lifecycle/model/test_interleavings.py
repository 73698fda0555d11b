"""Every order in which the deliveries of two runs of one problem can come, as far as there is time.

A depth-first search over whole states: from each, every message that waits is delivered, every
job and every change of the endpoint ends. States that are alike are looked at once. Alerts, which
touch nothing else, are answered at once. ``BATON_MODEL_STATES`` asks for more states than a test
run has time for.
"""

import os
from hashlib import sha256

import pytest

from events.wiring import functions
from tests.unit.lifecycle.model.promises import hold_always, hold_at_rest
from tests.unit.lifecycle.model.relay import Relay

STATES = int(os.environ.get("BATON_MODEL_STATES", "2000"))
REST_EVERY = 25
"""From one state in so many everything is brought to rest, which takes as long as looking at it."""

TIMES = {"at", "stage_at", "started_at", "deployed_at", "defined_at", "retrained_at"}
TEXTS = {}
ALERTS = next(name for name, each in functions().items() if each.folder == "send_alert")


def state_of(relay):
    """A digest of all that decides what can happen next."""
    rows = sorted(_text(row) for row in relay.records.rows.values())
    # Of what SageMaker has, the status alone changes after it was made.
    things = sorted(
        (*key, str([value for name, value in thing.items() if name.endswith(("Status", "Name"))]))
        for key, thing in relay.api.things.items()
    )
    waiting = sorted(f"{message.function} {message.text}" for message in relay.pending)
    whole = (rows, things, sorted(relay.objects.etags.items()), waiting)
    return sha256(repr(whole).encode()).digest()


def _text(row):
    """A row as text; rows never change, and are shared by most states."""
    if id(row) not in TEXTS:
        left_out = TIMES | {"announced", "expires_at"}
        TEXTS[id(row)] = (row, f"{row.key} {row.model_dump_json(exclude=left_out)}")
    return TEXTS[id(row)][1]


def next_states(relay):
    """Every state that one thing more leads to."""
    for index in range(len(relay.pending)):
        other = relay.copied()
        if other.deliver(index):
            yield other
    for noun, name in relay.api.running():
        other = relay.copied()
        other.end(noun, name)
        yield other
    for name in relay.api.moving():
        other = relay.copied()
        other.settle(name)
        yield other


def answer_alerts(relay):
    """Let people be told at once: no other order of it makes a difference."""
    while index := [i for i, message in enumerate(relay.pending) if message.function == ALERTS]:
        assert relay.deliver(index[0])


def two_runs():
    """A problem with one file is defined; a second file has landed and nobody has heard of it."""
    relay = Relay()
    relay.define("deploy: {mode: batch}\ntune: {strategy: none}\n")
    relay.land("data/first.csv", b"first")
    relay.land("data/second.csv", b"second")
    return relay


def explore(start, most):
    """Walk all orders, depth first, until so many states were looked at.

    Returns:
        How many states were looked at, how many of them are ends, and how many runs these have.
    """
    seen, ends, runs = {state_of(start)}, 0, set()
    waiting = [(start, {})]
    looked_at = 0
    while waiting and looked_at < most:
        relay, stages = waiting.pop()
        looked_at += 1
        stages = hold_always(relay, stages)
        before = len(waiting)
        for other in next_states(relay):
            answer_alerts(other)
            state = state_of(other)
            if state not in seen:
                seen.add(state)
                hold_always(other, stages)
                waiting.append((other, stages))
        at_end = not relay.pending and not relay.api.running() and not relay.api.moving()
        if at_end:
            ends += 1
            runs.add(len(relay.runs()))
            hold_at_rest(relay)
        elif looked_at % REST_EVERY == 0 and len(waiting) > before:
            rested = relay.copied()
            rested.rest()
            hold_at_rest(rested)
    return looked_at, ends, runs


@pytest.mark.parametrize("start", [two_runs])
def test_all_orders_of_two_runs_keep_every_promise(start):
    looked_at, ends, runs = explore(start(), STATES)
    assert looked_at == STATES or ends
    assert runs <= {1, 2}
