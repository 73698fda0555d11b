"""Durations as people write them: ``30s``, ``5m``, ``1h``, ``24h``, ``7d``."""

from __future__ import annotations

import re

PATTERN = re.compile(r"([0-9]{1,9})([smhd])")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(text: str) -> int:
    """The length of a written duration, in seconds.

    Args:
        text: a whole number and a unit, such as ``90s``, ``5m``, ``24h`` or ``7d``.

    Raises:
        ValueError: it is no such text.
    """
    match = PATTERN.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is no duration such as 30s, 5m, 1h or 7d")
    return int(match[1]) * UNITS[match[2]]
