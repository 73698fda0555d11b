"""The files of a database's tables: fetched from S3, merged by the science, and put back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lifecycle.change_files import Plan, mark, plan
from lifecycle.events import Fault
from lifecycle.names import digest
from lifecycle.personal import personal_data, protection
from lifecycle.records import TableRecord
from lifecycle.sources import dms_prefix
from merge_tables import AWAITED, AWAITED_CURE, Outcome, Rows
from science.databases.change_files import Layout, is_changes, is_csv, is_load
from science.databases.join import Table as Relation
from science.databases.join import join
from science.databases.merge import Incoming, Merged, merge
from science.faults import UnusableData
from science.personal import protect
from science.readers.unreadable import UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lifecycle.ports import Ports, StoredObject
    from lifecycle.problem.sources import Source, Table


class Tables:
    """The tables of one database of one problem."""

    def __init__(self, problem: str, source: Source, ports: Ports, folder: Path) -> None:
        """Take a local folder for what is fetched."""
        self._problem, self._source, self._ports, self._folder = problem, source, ports, folder
        self._count = 0

    def row(self, table: str) -> TableRecord:
        """The table's row, new or as it is recorded."""
        row = TableRecord(problem=self._problem, source=self._source.called, table=table)
        return self._ports.records.get(row) or row

    def merge_changes(self, table: Table, *, again: bool) -> Outcome:
        """Merge what DMS wrote of a table since.

        Args:
            table: the table as the definition has it.
            again: whether a file that could not be merged is tried once more.
        """
        row = self.row(table.name)
        prefix = dms_prefix(self._problem, self._source, table.name)
        stored = self._ports.objects.stored(f"s3://{self._ports.settings.landing_bucket}/{prefix}")
        loads = [item for item in stored if is_load(item.name)]
        changes = [item for item in stored if is_changes(item.name)]
        what = plan(loads, changes, row)
        if what.awaits_load:
            return self._awaits(row)
        if what.idle or (not again and not what.loads and mark(what.changes[0]) == row.stopped):
            return Outcome(row, row)
        return self._merge(row, table, what)

    @staticmethod
    def _awaits(row: TableRecord) -> Outcome:
        now = row.model_copy(update={"awaits_load": True})
        told = (
            () if row.awaits_load else (Fault(path=row.table, message=AWAITED, cure=AWAITED_CURE),)
        )
        return Outcome(row, now, doubts=told)

    def _merge(self, row: TableRecord, table: Table, what: Plan) -> Outcome:
        dms = self._source.dms
        layout = Layout(table.columns, dms.timestamp_column, dms.null_text, dms.delimiter)
        out = self._path("state.parquet")
        try:
            merged = merge(
                out,
                state=() if what.loads else self._fetched(row.files),
                loads=self._incoming(what.loads),
                changes=self._incoming(what.changes),
                key=table.key or (() if what.loads else row.tells_apart),
                layout=layout,
            )
        except UnreadableFile as error:
            first = (*what.loads, *what.changes)[0]
            fault = Fault(path=first.name, message=error.reason, line=error.line, cure=error.cure)
            now = row.model_copy(update={"stopped": mark(first)})
            return Outcome(row, now, stopped=fault, file=_key(first))
        done = what.merged(row, merged.taken)
        identity = digest(*map(str, (row.table, done, merged.key)))
        changed = {
            **done,
            "files": self._put(out, row.table, identity)
            if merged.taken or what.loads
            else row.files,
            "rows": merged.rows,
            "tells_apart": merged.key,
            "untyped": any(is_csv(item.name) for item in (*what.loads, *what.changes)),
        }
        stop = what.changes[merged.taken] if merged.stopped else None
        return Outcome(
            row,
            row.model_copy(update=changed),
            doubts=_faults(merged),
            stopped=_stopped(merged),
            file=_key(stop) if stop else "",
        )

    def take_in(self, told: dict[str, Any], fetch: str) -> Outcome:
        """Take in what a job fetched of a table: in the place of what was, or merged into it.

        Args:
            told: what the job's result says of the table.
            fetch: the fetch's folder.
        """
        row = self.row(told["name"])
        files, key = tuple(told["files"]), tuple(told["key"])
        changed: dict[str, Any] = {"mark": told["mark"], "tells_apart": key, "untyped": False}
        if told["full"] or not row.files:
            now = row.model_copy(update={**changed, "files": files, "rows": told["rows"]})
            return Outcome(row, now)
        if not told["rows"]:
            return Outcome(row, row.model_copy(update={"mark": told["mark"]}))
        out = self._path("state.parquet")
        try:
            merged = merge(
                out,
                state=self._fetched(row.files),
                changes=self._incoming_parts(files),
                key=key or row.tells_apart,
                layout=Layout(plain=True),
            )
        except UnreadableFile as error:
            fault = Fault(path=row.table, message=error.reason, cure=error.cure)
            return Outcome(row, row, stopped=fault)
        if merged.stopped:
            cure = "Fetch the table whole: `baton fetch PROBLEM --full`."
            fault = Fault(path=row.table, message=merged.stopped.what, cure=cure)
            return Outcome(row, row, stopped=fault)
        place = self._put(out, row.table, digest(fetch, row.table))
        changed |= {"files": place, "rows": merged.rows, "tells_apart": merged.key}
        return Outcome(row, row.model_copy(update=changed), doubts=_faults(merged))

    def join(self, outcomes: Sequence[Outcome]) -> Rows | None:
        """What the query makes of all tables; None while one of them is not there."""
        newest = {outcome.now.table: outcome.now for outcome in outcomes}
        rows = [newest.get(each.name) or self.row(each.name) for each in self._source.tables]
        if not all(row.files for row in rows):
            return None
        relations = {row.table: Relation(self._fetched(row.files), row.untyped) for row in rows}
        out = self._path("rows.parquet")
        try:
            made = join(relations, self._source.query, out)
        except UnusableData as error:
            return Rows(
                faults=tuple(
                    Fault(path=fault.where, message=fault.what, cure=fault.cure)
                    for fault in error.faults
                )
            )
        problem = self._ports.records.problem(self._problem)
        definition = problem.definition if problem else {}
        protect(out, *personal_data(self._problem, definition, self._ports))
        treated = protection(definition)
        name = digest(self._problem, self._source.called, made.fingerprint, treated)
        uri = self._ports.settings.lake(self._problem, "ingested", f"{name}.parquet")
        self._ports.objects.upload(out, uri)
        return Rows(uri, made.rows, made.columns, made.bytes, made.fingerprint, protection=treated)

    def _path(self, name: str) -> Path:
        self._count += 1
        folder = self._folder / f"{self._count:06d}"
        folder.mkdir()
        return folder / name

    def _fetched(self, uris: Sequence[str]) -> list[Path]:
        return [
            self._ports.objects.download(uri, self._path(uri.rsplit("/", 1)[-1])) for uri in uris
        ]

    def _incoming(self, items: Sequence[StoredObject]) -> list[Incoming]:
        return [
            Incoming(self._ports.objects.download(item.uri, self._path(item.name)), item.name)
            for item in items
        ]

    def _incoming_parts(self, uris: Sequence[str]) -> list[Incoming]:
        return [Incoming(path, path.name) for path in self._fetched(uris)]

    def _put(self, path: Path, table: str, identity: str) -> tuple[str]:
        """Keep a table's state in the landing bucket, under a name that its making gives."""
        place = (self._problem, "sources", self._source.called, "tables")
        uri = self._ports.settings.landing(*place, table, f"{identity}.parquet")
        self._ports.objects.upload(path, uri)
        return (uri,)


def _key(item: StoredObject) -> str:
    return item.uri.split("/", 3)[3]


def _faults(merged: Merged) -> tuple[Fault, ...]:
    return tuple(
        Fault(path=each.where, message=each.what, cure=each.cure) for each in merged.doubts
    )


def _stopped(merged: Merged) -> Fault | None:
    stop = merged.stopped
    return Fault(path=stop.where, message=stop.what, cure=stop.cure) if stop else None
