"""The databases of a definition, as legs ask for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lifecycle.names import digest
from lifecycle.problem.sources import Source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lifecycle.settings import Settings


@dataclass(frozen=True, slots=True)
class SqliteSource:
    """How SQLite files that land are read: the tables, all when none are named, and the query."""

    tables: tuple[str, ...] = ()
    query: str | None = None


def sources_of(definition: Mapping[str, Any]) -> list[Source]:
    """The databases of a resolved definition."""
    listed = definition.get("data", {}).get("sources", [])
    return [Source.model_validate(each) for each in listed]


def source_called(definition: Mapping[str, Any], name: str) -> Source | None:
    """The database of that name, if the definition still has it."""
    return next((each for each in sources_of(definition) if each.called == name), None)


def sqlite_source(definition: Mapping[str, Any]) -> SqliteSource:
    """What the definition says of SQLite files."""
    for source in sources_of(definition):
        if source.through == "sqlite":
            return SqliteSource(tuple(table.name for table in source.tables), source.query)
    return SqliteSource()


def fingerprint(source: Source) -> str:
    """Changes with whatever decides which rows come: all but when they are fetched."""
    return digest(source.model_dump_json(exclude={"schedule"}))


def fetch_uri(problem: str, source: str, fetch: str, settings: Settings) -> str:
    """The folder of one fetch, in the landing bucket: its rows are as the database has them."""
    return settings.landing(problem, "sources", source, "fetches", fetch)


def dms_prefix(problem: str, source: Source, table: str) -> str:
    """Where in the landing bucket DMS writes a table's files (its endpoint's ``BucketFolder``)."""
    folder = (source.dms.folder,) if source.dms.folder else ()
    return "/".join((problem, "dms", *folder, *table.split("."), ""))


def table_of_key(problem: str, source: Source, key: str) -> str | None:
    """The table of a database that a landed file belongs to, if it is one of DMS's."""
    if source.through != "dms":
        return None
    names = (table.name for table in source.tables)
    return next((name for name in names if key.startswith(dms_prefix(problem, source, name))), None)
