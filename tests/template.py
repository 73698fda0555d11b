"""The real template.yaml, read for tests."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

TEMPLATE = Path(__file__).parent.parent / "template.yaml"
TABLE_PROPERTIES = (
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "BillingMode",
)


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms (``!Ref``, ``!Sub`` …) as ``{tag: value}``."""


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        return {suffix: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {suffix: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {suffix: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _short_form)


@cache
def template() -> dict[str, Any]:
    """The whole template."""
    # _Loader is a SafeLoader; it only adds the short forms.
    document: dict[str, Any] = yaml.load(TEMPLATE.read_text("utf-8"), Loader=_Loader)
    return document


def record_table_schema() -> dict[str, Any]:
    """What CreateTable needs to know of the record table: its keys and its index."""
    tables = [
        resource["Properties"]
        for resource in template()["Resources"].values()
        # A Fn::ForEach among the resources is a list; the table is written out.
        if isinstance(resource, dict) and resource["Type"] == "AWS::DynamoDB::Table"
    ]
    (table,) = tables
    return {name: table[name] for name in TABLE_PROPERTIES if name in table}
