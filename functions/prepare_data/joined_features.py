"""Features of other problems, fetched from their offline stores and joined to a run's inputs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from lifecycle.problem.durations import seconds
from lifecycle.problem_scope import with_features_of
from lifecycle.records import FeatureGroupRecord
from science.point_in_time import Group, join

if TYPE_CHECKING:
    from pathlib import Path

    from lifecycle.ports import Ports

THREADS = 16


def wanted(definition: dict[str, Any]) -> list[dict[str, Any]]:
    """The definition's joins; runs of before the key was there have none."""
    return definition["features"].get("join") or []


def joined(
    inputs: list[Path], definition: dict[str, Any], folder: Path, ports: Ports
) -> tuple[list[Path], dict[str, Any]]:
    """The inputs with the features of other problems that are asked for, and what was joined.

    Raises:
        UnusableData: a problem keeps no such features.
    """
    if not wanted(definition):
        return inputs, {}
    groups = [
        _group(number, each, definition, folder, ports)
        for number, each in enumerate(wanted(definition))
    ]
    written, told = join(inputs, groups, definition, folder / "joined")
    return written, {"joined": told}


def _group(
    number: int, asked: dict[str, Any], definition: dict[str, Any], folder: Path, ports: Ports
) -> Group:
    """Another problem's features, from the offline stores of its groups, old and new."""
    problem = asked["group"]
    ports = with_features_of(problem, ports)
    row = ports.records.get(FeatureGroupRecord(problem=problem, group=problem))
    stores = row.stores if row else ()
    uris = [uri for store in stores for uri in ports.objects.list(f"{store}/")]
    place = folder / f"store{number}"
    place.mkdir()
    files = [place / f"{index:06d}.parquet" for index in range(len(uris))]
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(ports.objects.download, uris, files))
    return Group(
        problem,
        files,
        on=asked["on"] or definition["columns"]["id"],
        columns=asked["columns"],
        mended=row.mended if row else {},
        within=seconds(asked["within"]) if asked["within"] else None,
    )
