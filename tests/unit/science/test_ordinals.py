"""Texts that have an order."""

from __future__ import annotations

import pytest

from science.ordinals import order_of


@pytest.mark.parametrize(
    ("levels", "order"),
    [
        (["high", "low", "medium"], ["low", "medium", "high"]),
        (["mar", "jan", "dec"], ["jan", "mar", "dec"]),
        (["25-34", "<18", "18-24", "65+"], ["<18", "18-24", "25-34", "65+"]),
        (["3+", "0", "2", "1"], ["0", "1", "2", "3+"]),
        (["over 100", "50 to 100", "under 50"], ["under 50", "50 to 100", "over 100"]),
    ],
)
def test_an_order_is_seen(levels, order):
    assert order_of(levels) == order


@pytest.mark.parametrize(
    "levels",
    [["red", "green", "blue"], ["high", "low"], ["1", "2", "3"], ["low", "high", "purple"], []],
)
def test_no_order_is_made_up(levels):
    assert order_of(levels) == []
