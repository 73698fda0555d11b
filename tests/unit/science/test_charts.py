"""Pictures: well formed, inside their frame, and harmless whatever the names say."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from science import charts

EVIL = '<script>alert("x")</script>&'
PICTURES = {
    "lines": charts.lines({EVIL: [[0, 0], [1, 1]], "b": [[0, 1]]}, EVIL, EVIL, diagonal=True),
    "dots": charts.lines({"a": [[0, 0.5], [1, 0.5]]}, "x", "y", dots=True, level=0.5),
    "bars": charts.bars([(EVIL, 3.0, EVIL), ("b", -1.0, "-1")], EVIL),
    "no bars": charts.bars([], "none"),
    "matrix": charts.matrix([EVIL, "b"], [[3, 1], [0, 0]]),
    "histogram": charts.histogram([0.0, 0.5, 1.0], {EVIL: [1, 2], "b": [0, 0]}, EVIL),
    "pairs": charts.pairs([EVIL, "b"], [0.2, 0.8], [0.5, 0.5]),
    "scatter": charts.scatter([[1.0, 2.0], [3.0, 3.0]], EVIL, EVIL),
    "no points": charts.scatter([], "x", "y"),
    "spark": charts.spark([0, 3, 1]),
}  # fmt: skip


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_well_formed_and_holds_no_script(name):
    """XML, whatever the texts are."""
    root = ET.fromstring(f"<div>{PICTURES[name]}</div>")

    assert not [node for node in root.iter() if node.tag.endswith("script")]


@pytest.mark.parametrize("name", PICTURES)
def test_everything_drawn_is_inside_the_frame(name):
    """Bars have no negative size, and no coordinate leaves the view."""
    root = ET.fromstring(f"<div>{PICTURES[name]}</div>")
    width, height = map(float, root[0].attrib["viewBox"].split()[2:])
    for node in root.iter():
        if node.tag.endswith("rect"):
            x, y, wide, high = (float(node.attrib[key]) for key in ("x", "y", "width", "height"))
            assert wide >= 0
            assert high >= 0
            assert -0.1 <= x <= x + wide <= width + 0.1
            assert -0.1 <= y <= y + high <= height + 0.1


@given(low=st.floats(-1e6, 1e6), span=st.floats(1e-6, 1e7))
def test_ticks_are_few_round_and_within(low, span):
    """Some of them, and not a crowd."""
    found = charts.ticks(low, low + span)

    assert 2 <= len(found) <= 12
    assert all(low - span * 0.01 <= value <= low + span * 1.01 for value in found)


def test_numbers_on_axes_are_short():
    """Thousands have a suffix."""
    assert [charts.short_number(value) for value in (12_000, 3_500_000, 0.25)] == [
        "12k",
        "3.5M",
        "0.25",
    ]
