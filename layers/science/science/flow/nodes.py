"""A flow's graph as the chain of transforms that a recipe can be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Mapping, Optional

from science.faults import Fault, UnusableData

if TYPE_CHECKING:
    from collections.abc import Sequence

LARGEST_BYTES = 20_000_000
"""Flows carry the reports of their analyses; one above this size is none that people drew."""
LOOKED_AT = ("VISUALIZATION", "DESTINATION", "DATASET")
"""Types of node that change nothing: analyses, where results go, names of results."""

Node = Mapping[str, Any]


class FlowRefused(UnusableData):
    """A flow cannot be carried out as it is; ``faults`` names every node that is in the way."""


def loads(text: str | bytes) -> list[Node]:
    """The transforms of a flow, in order.

    Args:
        text: the ``.flow`` file.

    Raises:
        FlowRefused: it is no flow, or no single chain from one source.
    """
    if len(text) > LARGEST_BYTES:
        cure = f"export the flow without its analyses: at most {LARGEST_BYTES:,} bytes are read"
        raise FlowRefused([Fault(f"it has {len(text):,} bytes", "flow", cure)])
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        cure = "save it from Data Wrangler again"
        raise FlowRefused([Fault(f"it is not JSON ({error})", "flow", cure)]) from error
    return chain(document)


def chain(document: Any) -> list[Node]:
    """The transforms of a flow that is already read, in order.

    Raises:
        FlowRefused: it is no flow, or no single chain from one source.
    """
    by_id = _checked(document)
    transforms = [node for node in by_id.values() if node["type"] == "TRANSFORM"]
    if not transforms:
        return []
    last = _last(by_id, transforms)
    found: list[Node] = []
    node: Optional[Node] = last
    while node is not None and node["type"] != "SOURCE":
        if node in found:
            raise FlowRefused([_fault(node, "it feeds itself", "save the flow again")])
        found.insert(0, node)
        node = _parent(by_id, node)
    reached = [each["node_id"] for each in found]
    aside = [each for each in transforms if each["node_id"] not in reached]
    if aside:
        cure = "keep one chain of transforms from one source, or export one branch"
        raise FlowRefused([_fault(each, "it lies on another branch", cure) for each in aside])
    return [each for each in found if each["type"] == "TRANSFORM"]


def _checked(document: Any) -> dict[str, Node]:
    """Nodes by id."""
    nodes = document.get("nodes") if isinstance(document, dict) else None
    if not isinstance(nodes, list):
        cure = "name a file that Data Wrangler saved: JSON with metadata and nodes"
        raise FlowRefused([Fault("it has no nodes", "flow", cure)])
    metadata = document.get("metadata")
    version = metadata.get("version", 1) if isinstance(metadata, dict) else 1
    if version != 1:
        cure = "save it in version 1"
        raise FlowRefused([Fault(f"its version is {version!r}", "flow: metadata.version", cure)])
    faults, by_id = [], {}
    for place, node in enumerate(nodes):
        whole = isinstance(node, dict) and all(
            isinstance(node.get(key), str) for key in ("node_id", "type", "operator")
        )
        if not whole:
            cure = "save the flow again"
            faults.append(
                Fault("it lacks node_id, type or operator", f"flow: nodes[{place}]", cure)
            )
        elif isinstance(node.get("parameters") or {}, dict):
            by_id[node["node_id"]] = node
        else:
            faults.append(_fault(node, "its parameters are no mapping", "save the flow again"))
    if faults:
        raise FlowRefused(faults)
    return by_id


def _last(by_id: Mapping[str, Node], transforms: Sequence[Node]) -> Node:
    """The transform at the end of the chain: the one that feeds no other."""
    feeding = {parent for node in transforms for parent in _ancestors_beside(by_id, node)}
    ends = [node for node in transforms if node["node_id"] not in feeding]
    if len(ends) != 1:
        cure = "keep one chain of transforms from one source, or export one branch"
        what = f"the flow has {len(ends)} ends"
        raise FlowRefused([_fault(each, what, cure) for each in ends or transforms])
    return ends[0]


def _ancestors_beside(by_id: Mapping[str, Node], node: Node) -> list[str]:
    """The transforms that feed a node, looking through nodes that change nothing."""
    found = []
    for each in _inputs(node):
        parent = by_id.get(each)
        steps = 0
        while parent is not None and parent["type"] in LOOKED_AT and steps < len(by_id):
            above = _inputs(parent)
            parent = by_id.get(above[0]) if above else None
            steps += 1
        if parent is not None:
            found.append(parent["node_id"])
    return found


def _inputs(node: Node) -> list[str]:
    listed = node.get("inputs")
    listed = listed if isinstance(listed, list) else []
    return [str(each.get("node_id")) for each in listed if isinstance(each, dict)]


def _parent(by_id: Mapping[str, Node], node: Node) -> Optional[Node]:
    """The node that feeds this one.

    Raises:
        FlowRefused: several do, or one that is not there.
    """
    above = _inputs(node)
    if len(above) > 1:
        cure = "join tables by a query under data.sources, and start the flow from its result"
        raise FlowRefused([_fault(node, f"it takes {len(above)} tables in", cure)])
    if above and above[0] not in by_id:
        raise FlowRefused([_fault(node, f"its input {above[0]} is not there", "save it again")])
    return by_id[above[0]] if above else None


def _fault(node: Node, what: str, cure: str) -> Fault:
    return Fault(what, where(node), cure)


def where(node: Node) -> str:
    """A node as people find it: its operator, what it does, and its id."""
    parameters = node.get("parameters")
    told = parameters.get("operator") if isinstance(parameters, dict) else None
    name = f"{node['operator']} ({told})" if isinstance(told, str) else node["operator"]
    return f"flow: {name}, node {node['node_id']}"
