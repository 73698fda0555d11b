"""QueryLineage: what an entity came from, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ValidationException
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.lineage.lineage_entities import ASSOCIATION, Entity, all_entities, find_entity

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.sagemaker.platform import Platform

DEEPEST = 10
LARGEST_PAGE = 50


@operation("QueryLineage")
def query_lineage(request: Document, platform: Platform) -> Document:
    """Entities that edges lead to, up to a depth, and the edges on the way.

    Without IncludeEdges only what the filters name is returned; with it, the entities on the path
    to them too (QueryLineage: IncludeEdges).
    """
    starts = request.get("StartArns", [])
    if not starts:
        raise ValidationException("StartArns must name an entity.")
    for arn in starts:
        find_entity(platform, arn)
    entities, edges = all_entities(platform), platform.store.list(ASSOCIATION)
    steps = _walk(request, starts, edges)
    wanted = _filter(request.get("Filters", {}))
    matching = [arn for arn in steps if arn in entities and wanted(entities[arn])]
    included = request.get("IncludeEdges", False)
    shown = _with_paths(matching, steps) if included else matching
    vertices = [
        {
            "Arn": arn,
            "Type": entities[arn].vertex_type,
            "LineageType": entities[arn].lineage_type,
        }
        for arn in shown
    ]
    asked = {"MaxResults": LARGEST_PAGE, **request, "SortOrder": "Ascending"}
    answer = page(asked, vertices, name_member="Arn", answer_member="Vertices")
    kept = {vertex["Arn"] for vertex in vertices}
    answer["Edges"] = [
        edge
        for edge in edges
        if included and edge["SourceArn"] in kept and edge["DestinationArn"] in kept
    ]
    return answer


def _walk(request: Document, starts: list[str], edges: list[Document]) -> dict[str, list[str]]:
    """Breadth first: every ARN within MaxDepth, in order, with those it was reached from."""
    direction = request.get("Direction", "Both")
    reached: dict[str, list[str]] = {arn: [] for arn in starts}
    # A path that turned round would lead to siblings: each direction is walked by itself.
    ways = [("SourceArn", "DestinationArn")] if direction != "Ascendants" else []
    ways += [("DestinationArn", "SourceArn")] if direction != "Descendants" else []
    for begin, end in ways:
        following: dict[str, list[str]] = {}
        for edge in edges:
            following.setdefault(edge[begin], []).append(edge[end])
        known, border = set(starts), list(starts)
        for _ in range(request.get("MaxDepth", DEEPEST)):
            fresh: dict[str, None] = {}
            for arn in border:
                for other in following.get(arn, []):
                    if other not in known:
                        fresh[other] = None
                        reached.setdefault(other, []).append(arn)
            known.update(fresh)
            border = list(fresh)
    return reached


def _with_paths(matching: list[str], steps: dict[str, list[str]]) -> list[str]:
    kept, open_ones = set(matching), list(matching)
    while open_ones:
        for before in steps[open_ones.pop()]:
            if before not in kept:
                kept.add(before)
                open_ones.append(before)
    return [arn for arn in steps if arn in kept]


def _filter(filters: Document) -> Callable[[Entity], bool]:
    """Whether an entity is asked for; of several Properties one is enough (QueryFilters)."""

    def wanted(entity: Entity) -> bool:
        document = entity.document
        if (types := filters.get("Types")) and not {entity.vertex_type, entity.source_type} & {
            *types
        }:
            return False
        if (kinds := filters.get("LineageTypes")) and entity.lineage_type not in kinds:
            return False
        for word, member in (("Created", "CreationTime"), ("Modified", "LastModifiedTime")):
            when = document.get(member, 0.0)
            if when >= filters.get(f"{word}Before", float("inf")):
                return False
            if when <= filters.get(f"{word}After", float("-inf")):
                return False
        properties = document.get("Properties", {})
        asked = filters.get("Properties")
        return not asked or any(properties.get(key) == value for key, value in asked.items())

    return wanted
