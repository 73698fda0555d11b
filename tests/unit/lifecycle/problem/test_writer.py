"""``problem.resolved.yaml``."""

from __future__ import annotations

from lifecycle.problem import to_yaml
from tests.unit.lifecycle.problem.helpers import resolved


def test_it_says_what_it_is_and_keeps_the_contracts_order() -> None:
    """People open it."""
    text = to_yaml(resolved())
    assert text.startswith("# The definition in force")
    assert text.index("\nname:") < text.index("\ntarget:") < text.index("\nalerts:")


def test_it_is_written_alike_each_time_and_without_aliases() -> None:
    """So that a difference is a change; and problem.yaml refuses aliases."""
    document = resolved("columns: {sensitive: [age]}\n")
    document["evaluate"]["bias"]["facets"] = document["columns"]["sensitive"]
    assert to_yaml(document) == to_yaml(document)
    assert "&" not in to_yaml(document)


def test_unicode_stays_readable() -> None:
    """No escapes."""
    assert "objective: Größe schätzen" in to_yaml(resolved("objective: Größe schätzen\n"))
