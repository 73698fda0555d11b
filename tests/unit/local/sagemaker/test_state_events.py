"""State change events on their way to the bus."""

import http.server
import json
import threading

import pytest

from local.sagemaker.event_faults import EventFaults
from local.sagemaker.state_events import LOST, TWICE, StateEvents
from tests.conformance.sagemaker.laptop import until


@pytest.fixture
def door():
    """The inside door of a bus: its address, and the details that came in."""
    taken = []

    class Door(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.extend(json.loads(entry["Detail"])["n"] for entry in json.loads(body)["Entries"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", taken
    server.shutdown()
    server.server_close()


def send(url, count, faults):
    events = StateEvents(url, "us-east-1", faults=EventFaults.parse(faults))
    for number in range(count):
        events.emit("SageMaker Training Job State Change", "arn:x", {"n": number})
    return events


def test_events_arrive_once_and_in_order(door):
    url, taken = door
    events = send(url, 25, "")
    until(lambda: len(taken) == 25, "all events arrive", seconds=10)
    events.close()

    assert list(range(25)) == taken


def test_dropped_events_never_arrive_and_repeated_ones_arrive_twice(door):
    url, taken = door
    faults = EventFaults.parse("drop=0.3,repeat=0.5,seed=5")
    expected = sorted(n for n in range(20) for _ in faults.deliveries(n))
    events = send(url, 20, "drop=0.3,repeat=0.5,seed=5")
    until(lambda: len(taken) >= len(expected), "what is delivered arrives", seconds=10)
    events.close()

    assert expected == sorted(taken)
    assert len(set(taken)) < 20


def test_the_log_tells_what_was_lost_and_what_was_told_twice(door, caplog):
    url, _ = door
    faults = EventFaults.parse("drop=0.3,repeat=0.5,seed=5")
    fates = [len(faults.deliveries(number)) for number in range(20)]

    with caplog.at_level("INFO"):
        events = send(url, 20, "drop=0.3,repeat=0.5,seed=5")
        events.close()

    told = [text for text in caplog.messages if "Training Job State Change arn:x" in text]
    assert [text.startswith(LOST) for text in told] == [not n for n in fates if n != 1]
    assert [text.startswith(TWICE) for text in told] == [n == 2 for n in fates if n != 1]


def test_a_reordered_event_comes_after_those_behind_it(door):
    url, taken = door
    events = send(url, 12, "reorder=0.4,seed=2")
    until(lambda: len(taken) == 12, "all events arrive", seconds=10)
    events.close()

    assert list(range(12)) == sorted(taken)
    assert list(range(12)) != taken


def test_the_end_waits_for_no_late_event_but_sends_it(door):
    url, taken = door
    events = send(url, 3, "delay=600,seed=1")
    events.close()

    assert sorted(taken) == [0, 1, 2]
