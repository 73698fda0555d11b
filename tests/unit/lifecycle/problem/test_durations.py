"""Durations as people write them."""

from __future__ import annotations

import pytest

from lifecycle.problem import seconds


@pytest.mark.parametrize(
    ("text", "length"),
    [("0s", 0), ("30s", 30), ("5m", 300), ("1h", 3600), ("24h", 86400), ("7d", 604800)],
)
def test_a_duration_is_a_number_and_a_unit(text: str, length: int) -> None:
    """Seconds, minutes, hours and days."""
    assert seconds(text) == length


@pytest.mark.parametrize("text", ["", "5", "m", "1 h", "1.5h", "-1h", "1H", "1h30m", "٣h", "1w"])
def test_anything_else_is_refused(text: str) -> None:
    """No fractions, no spaces, no sums: there is one way to write it."""
    with pytest.raises(ValueError, match="no duration"):
        seconds(text)
