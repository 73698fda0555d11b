"""Transforms of categories: encoders, fitted anew from the training rows."""

from __future__ import annotations

from typing import Any, Mapping

from science.flow.refused import Refused, choice_refused, chosen, columns_of, part

KEPT = ("Keep", "Replace with NaN", None)
"""How a category never seen is taken: it has 0 in all columns, or is missing as ordinal."""


def encode(parameters: Mapping[str, Any], _trained: Mapping[str, Any]) -> list[dict[str, Any]]:
    """``encode_categorical``."""
    told, _ = chosen(parameters)
    known = {
        "One-hot encode": ("one_hot_encode_parameters", "one_hot"),
        "Ordinal encode": ("ordinal_encode_parameters", "ordinal"),
    }
    if told not in known:
        instead = "use One-hot encode, or leave the column as it is: training encodes it"
        raise choice_refused(told, known, instead)
    key, method = known[told]
    settings = part(parameters, key)
    invalid = settings.get("invalid_handling_strategy")
    if invalid not in KEPT:
        cure = "choose Keep, or Replace with NaN: a record that is served cannot be skipped"
        raise Refused(f"invalid values are handled by {invalid!r}", cure)
    if method == "one_hot" and settings.get("drop_last"):
        raise Refused("the last category gets no column", "turn drop_last off")
    return [{"step": "encode", "columns": columns_of(settings), "method": method}]
