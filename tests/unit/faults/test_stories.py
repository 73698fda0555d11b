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
