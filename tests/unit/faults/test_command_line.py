"""What is asked of the matrix in words it does not know is refused, with those it knows."""

import pytest

from faults.__main__ import parse
from faults.points import ALL_WAYS
from faults.stories import STORIES


def test_everything_is_tried_unless_told_otherwise():
    chosen = parse([])

    assert (chosen.stories, chosen.ways) == (list(STORIES), list(ALL_WAYS))


def test_stories_and_ways_are_chosen_by_their_names():
    chosen = parse(["--stories", "batch,realtime", "--ways", "all dropped, late"])

    assert (chosen.stories, chosen.ways) == (["batch", "realtime"], ["all dropped", "late"])


@pytest.mark.parametrize("option", ["--stories", "--ways"])
def test_a_name_that_is_not_known_is_refused(option, capsys):
    with pytest.raises(SystemExit):
        parse([option, "nothing of ours"])

    assert "nothing of ours: not among" in capsys.readouterr().err
