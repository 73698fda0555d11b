"""Transforms of rows: duplicates, empty rows, order."""

from __future__ import annotations

from typing import Any, Mapping

from science.flow.refused import choice_refused, chosen

_MANAGE: dict[str, list[dict[str, Any]]] = {
    "Drop duplicates": [{"step": "drop_duplicates"}],
    "Drop empty": [{"step": "drop_missing", "when": "all"}],
    "Sort": [],
    "Shuffle": [],
}
"""The order of the rows tells a model nothing."""


def manage(parameters: Mapping[str, Any], _trained: Mapping[str, Any]) -> list[dict[str, Any]]:
    """``manage_rows``."""
    told, _ = chosen(parameters)
    if told not in _MANAGE:
        raise choice_refused(told, _MANAGE, "use the step filter_rows under prepare.steps")
    return [dict(step) for step in _MANAGE[told]]
