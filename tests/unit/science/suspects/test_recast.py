"""Measures are written as their column's others are."""

import pytest

from science.suspects.recast import recast
from science.suspects.shapes import short_shape


@pytest.mark.parametrize(
    ("examples", "text", "made"),
    [
        (["2011-01-12", "2012-11-02"], "02/15/2011", "2011-02-15"),
        (["1/12/71", "11/2/03"], "1971-01-12", "1/12/71"),
        (["01/02/2011"], "3 Aug 2010", "08/03/2010"),
        (["13 Oct 1974", "2 May 1980"], "Aug 2, 1967", "2 Aug 1967"),
        (["2021-02-11 00:00:00", "2021-03-11 00:00:00"], "12/31/2021", "2021-12-31 00:00:00"),
        (["7:10 a.m."], "12/02/2011 6:55 a.m.", "6:55 a.m."),
        (["4.1", "12"], "8.9/10", "8.9"),
        (["4"], "8/9", None),
        (["2021-02-11 09:30", "2021-03-11 10:30"], "12/31/2021", None),
    ],
)
def test_the_usual_form_is_made_where_it_can_be_told(examples, text, made):
    assert recast(short_shape(examples[0]), examples, [*examples, text])(text) == made


def test_a_day_beyond_twelve_tells_that_days_come_first():
    to_usual = recast("9-9-9", ["2011-01-12"], ["2011-01-12", "31/01/2011", "05/06/2011"])
    assert to_usual("05/06/2011") == "2011-06-05"
