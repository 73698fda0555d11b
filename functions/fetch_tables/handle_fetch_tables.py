"""Hears: FetchRequested, of databases that Glue reaches. Says: FetchStarted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetch_tables import decide
from lifecycle.events import FetchRequested
from lifecycle.leg import leg
from lifecycle.source_records import SourceRecord, TableRecord
from lifecycle.sources import source_called

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports


@leg(FetchRequested)
def lambda_handler(cause: Cause[FetchRequested], ports: Ports) -> Decision:
    """Load the database's row, and those of its tables."""
    name, called = cause.event.problem, cause.event.source
    problem = ports.records.problem(name)
    source = source_called(problem.definition, called) if problem else None
    row = SourceRecord(problem=name, source=called)
    row = ports.records.get(row) or row
    tables = {}
    for table in source.tables if source else ():
        known = ports.records.get(TableRecord(problem=name, source=called, table=table.name))
        if known:
            tables[table.name] = known
    return decide(cause, source, row, tables, ports.settings)
