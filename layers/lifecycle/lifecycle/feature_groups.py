"""Which feature groups a model's rows can be looked up in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lifecycle.records import FeatureGroupRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lifecycle.ports import Records


def online_groups(problem: str, definition: Mapping[str, Any], records: Records) -> dict[str, str]:
    """The group of the problem, and of each whose features it joins, that has an online store.

    Args:
        problem: the problem's name.
        definition: its resolved definition.
        records: the record table.
    """
    features = definition["features"]
    names = [problem] if features.get("online") else []
    names += [join["group"] for join in features.get("join") or []]
    rows = [records.get(FeatureGroupRecord(problem=name, group=name)) for name in names]
    return {row.problem: row.group for row in rows if row is not None and row.online}
