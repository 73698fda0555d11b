"""Hears: DataIngested of the stream. Says nothing: the rows are the same."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from gather_records import decide_gathered, decide_not_yet, due, gathered
from lifecycle.events import DataIngested
from lifecycle.leg import leg
from science.tables import unite

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports


@leg(DataIngested)
def lambda_handler(cause: Cause[DataIngested], ports: Ports) -> Decision:
    """Unite small stretches, if there are enough of them."""
    problem = cause.event.problem
    parts = due(ports.records.inputs(problem))
    if not parts:
        return decide_not_yet(problem)
    whole = gathered(parts)
    uri = ports.settings.lake(problem, "ingested", f"{whole.digest}.parquet")
    with tempfile.TemporaryDirectory() as folder:
        files = [
            ports.objects.download(str(part.uri), Path(folder, f"{number:03d}.parquet"))
            for number, part in enumerate(parts)
        ]
        made = unite(files, Path(folder, "rows.parquet"))
        ports.objects.upload(Path(folder, "rows.parquet"), uri)
    whole = whole.model_copy(
        update={"uri": uri, "rows": made.rows, "columns": made.columns, "bytes": made.bytes}
    )
    return decide_gathered(cause, parts, whole)
