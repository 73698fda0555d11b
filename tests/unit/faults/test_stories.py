"""A life waits for what it has begun, and for no longer than is of use."""

import time

from faults.stories import Life


class Folder:
    """Says after so many looks that no leg has a message of the life."""

    def __init__(self, looks):
        self.looks = looks
        self.looked = []

    def is_settled(self, life, since):
        self.looked.append((life, since))
        return len(self.looked) > self.looks


def test_a_life_rests_until_two_looks_found_nothing_to_do():
    """What moves from queue to queue is in neither for a moment."""
    folder = Folder(looks=1)

    Life("fm1", None, folder).rest(60)

    assert [life for life, _ in folder.looked] == ["fm1"] * 3
    assert folder.looked[0][1] == folder.looked[1][1] <= folder.looked[2][1]


def test_a_life_whose_message_a_fault_holds_back_goes_on():
    begin = time.monotonic()

    Life("fm1", None, Folder(looks=10**6)).rest(0.2)

    assert time.monotonic() - begin < 30


class Silent:
    """A stack on which nothing is heard of jobs; each strike of the clock finds one more ended."""

    def __init__(self, *chain):
        self.left, self.said, self.bus = list(chain), [], self

    def tick(self, _leg, _name):
        self.said.append({"detail-type": self.left.pop(0), "detail": {"data": {}}})

    def wait(self, _life, matches, _seconds):
        return next((event for event in self.said if matches(event)), None)


class Quiet:
    """The folder of a life of which nothing was noted for long."""

    def __init__(self):
        self.released = []

    def last_note(self, _life):
        return 0.0

    def release(self, life):
        self.released.append(life)


def test_the_clock_strikes_until_a_chain_of_missed_events_is_at_its_end(monkeypatch):
    """Each strike takes it one step further: what is started then ends unheard as well."""
    monkeypatch.setattr("faults.stories.QUIET_SECONDS", 0.0)
    stack = Silent("TrainingFinished", "CandidateEvaluated", "ModelDeployed")
    life = Life("fm1", stack, folder := Quiet())

    assert life.hear("ModelDeployed") == {}

    assert (life.ticks, stack.left) == (3, [])
    assert folder.released == ["fm1"] * 3
