"""What is in the journal is there after a kill, in order and whole."""

import multiprocessing
import os
import signal

import pytest

from local.journal import Journal


def kept(folder):
    return [entry for _, entry in Journal(folder).entries()]


def test_entries_come_back_in_order_with_growing_numbers(tmp_path):
    """Also over several starts."""
    for start in range(3):
        journal = Journal(tmp_path)
        journal.begin()
        for number in range(4):
            journal.write([start, number])
        journal.close()

    found = list(Journal(tmp_path).entries())

    assert [number for number, _ in found] == list(range(1, 13))
    assert [entry for _, entry in found] == [[start, n] for start in range(3) for n in range(4)]


def _write_for_ever(folder):
    journal = Journal(folder)
    while True:
        journal.write({"text": "x" * 200})


def test_a_killed_writer_leaves_whole_entries(tmp_path):
    """SIGKILL in the middle of writing: all that was written comes back."""
    writer = multiprocessing.get_context("spawn").Process(target=_write_for_ever, args=(tmp_path,))
    writer.start()
    while not (files := list(tmp_path.glob("*.jsonl"))) or files[0].stat().st_size < 100_000:
        assert writer.is_alive()
    os.kill(writer.pid, signal.SIGKILL)
    writer.join()

    journal = Journal(tmp_path)
    journal.write("after")
    journal.close()

    found = list(Journal(tmp_path).entries())
    assert [number for number, _ in found] == list(range(1, len(found) + 1))
    assert found[-1][1] == "after"


@pytest.mark.parametrize("cut", [2, 5, 20])
def test_a_line_that_was_cut_off_counts_as_never_written(tmp_path, cut):
    """Nobody was told that it was."""
    journal = Journal(tmp_path)
    for text in ("first", "second is a longer line"):
        journal.write(text)
    journal.close()
    (file,) = tmp_path.glob("*.jsonl")
    with file.open("rb+") as stream:
        stream.truncate(file.stat().st_size - cut)

    again = Journal(tmp_path)
    again.write("third")
    again.close()

    assert kept(tmp_path) == ["first", "third"]


def test_what_is_forgotten_is_whole_files_before_an_entry(tmp_path):
    """The file that goes on behind the entry stays."""
    journal = Journal(tmp_path)
    for start in range(3):
        journal.begin()
        journal.write([start, "a"])
        journal.write([start, "b"])

    journal.forget(3)
    assert kept(tmp_path) == [[1, "a"], [1, "b"], [2, "a"], [2, "b"]]
    journal.forget(6)
    assert kept(tmp_path) == [[2, "a"], [2, "b"]]
    journal.write("next")
    journal.close()

    assert [number for number, _ in Journal(tmp_path).entries()] == [5, 6, 7]
