"""The first half of preparing in Spark: landed files as typed rows that know their part.

The very statements that DuckDB runs on a small table (``science.clean_rows``), in Spark's dialect.
What it leaves in a folder is what ``science.prepare.prepare_cleaned`` takes up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from science import sql_values
from science.clean_rows import clean_rows
from science.faults import Fault, UnusableData
from science.landed import Landed
from science.recipe.plans import ROW
from science.recipe.spark_engine import SparkEngine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from science.cleaned import Cleaned

ROWS_A_FILE = 250_000
"""A file is written by one core."""


def clean(spark: Any, inputs: Sequence[Any], problem: dict[str, Any], out: Any) -> Cleaned:
    """Clean landed files into a folder, see ``science.cleaned``; its document is the caller's.

    Args:
        spark: a session.
        inputs: Parquet files of texts as ``science.tables.ingest`` writes them, in their order:
            paths or addresses that Spark reads.
        problem: the resolved definition, plain JSON.
        out: a folder or an address.

    Returns:
        What was found out; ``science.cleaned.write`` puts it beside the rows.

    Raises:
        UnusableData: no model can learn from these rows; every fault found is told.
    """
    engine = SparkEngine(spark)
    try:
        landed, file_rows = load(engine, [str(each) for each in inputs])
        cleaned = clean_rows(landed, problem)
        tables = ["typed", "held"]
        if (problem.get("features") or {}).get("store", True):
            _keep(engine)
            tables.append("kept")
            cleaned.file_rows = file_rows
        for table in tables:
            write(engine, table, f"{out}/{table}")
    finally:
        engine.forget()
    return cleaned


def _keep(engine: SparkEngine) -> None:
    """Make ``kept``: the cells and the time of every row that is left."""
    row = engine.dialect.name(ROW)
    moment = engine.dialect.name("_moment_")
    names = [each for each in engine.schema("cells") if each != ROW]
    listed = ", ".join(f"cells.{engine.dialect.name(each)}" for each in names)
    engine.define(
        "kept",
        f"SELECT cells.{row}, keys.moment AS {moment}, {listed} FROM cells "
        f"JOIN keys ON keys.row = cells.{row} "
        f"LEFT SEMI JOIN typed ON typed.{row} = cells.{row}",
    )


def load(engine: SparkEngine, inputs: Sequence[str]) -> tuple[Landed, list[int]]:
    """Unite files by column name into ``raw`` and ``cells``, rows numbered in the files' order.

    Returns:
        The tables, and how many rows each file has.
    """
    if not inputs:
        raise UnusableData([Fault("there are no files", "data", "drop a file with rows")])
    read = engine.spark.read.option("mergeSchema", "true").parquet(*inputs)
    names = read.columns
    read.selectExpr(
        "*", "_metadata.file_path AS `_file_`", "_metadata.row_index AS `_place_`"
    ).createOrReplaceTempView("files")
    counted = engine.query("SELECT `_file_`, count(*) FROM files GROUP BY 1")
    starts = _starts(inputs, {str(path): int(rows) for path, rows in counted})
    engine.spark.createDataFrame(
        list(starts.items()), "path string, start bigint"
    ).createOrReplaceTempView("starts")
    name = engine.dialect.name
    as_text = ", ".join(f"CAST({name(each)} AS STRING) AS {name(each)}" for each in names)
    # Shown, not kept: the files hold it by columns already, and it is read twice.
    engine.show(
        "raw",
        f"SELECT /*+ BROADCAST(starts) */ start + `_place_` AS {name(ROW)}, {as_text} FROM files "
        "JOIN starts ON path = `_file_`",
    )
    cells = ", ".join(f"{sql_values.cell(each)} AS {sql_values.name(each)}" for each in names)
    engine.define_by_rows("cells", "raw", f"SELECT {ROW}, {cells} FROM raw")
    rows = {_bare(unquote(str(path))): int(found) for path, found in counted}
    file_rows = [rows.get(_bare(each), 0) for each in inputs]
    return Landed(engine, names, ROW, ROW, names), file_rows


def _starts(inputs: Sequence[str], counted: dict[str, int]) -> dict[str, int]:
    """The number of each file's first row; Spark tells paths as addresses, encoded."""
    found, start = {}, 0
    plain = {_bare(unquote(path)): path for path in counted}
    for each in inputs:
        path = plain.get(_bare(each))
        if path is not None:
            found[path] = start
            start += counted[path]
    if len(found) != len(counted):
        lost = sorted(set(counted) - set(found))
        raise ValueError(f"files are read that were not asked for: {', '.join(lost[:3])}")
    return found


def _bare(path: str) -> str:
    """An address or a path without its scheme."""
    return path.rsplit("://", maxsplit=1)[-1].replace("file:", "").lstrip("/")


def write(engine: SparkEngine, table: str, target: str) -> None:
    """Write a table as Parquet files whose names and rows are in the order of ``_row_``."""
    frame = engine.spark.table(table)
    ((rows,),) = engine.query(f"SELECT count(*) FROM {table}")
    files = max(1, -(-rows // ROWS_A_FILE))
    ordered = frame.repartitionByRange(files, ROW) if files > 1 else frame.coalesce(1)
    ordered.sortWithinPartitions(ROW).write.mode("overwrite").parquet(target)
