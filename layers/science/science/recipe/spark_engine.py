"""Recipes in Spark SQL: the engine of tables that have outgrown one machine.

Spark is imported where it is used: no function on Lambda has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from science.dialects import SPARK, Dialect
from science.recipe import pieces, text_functions

if TYPE_CHECKING:
    from science.recipe.plans import Schema

TYPES = {
    "string": "text",
    "double": "number",
    "float": "number",
    "bigint": "whole",
    "int": "whole",
    "smallint": "whole",
    "tinyint": "whole",
    "boolean": "boolean",
}
"""The types of Spark that a recipe takes as they are."""


SETTINGS = {
    # Java never compiles a method of more bytes than this; Spark splits what is longer.
    "spark.sql.codegen.hugeMethodLimit": "8000",
    # Spark's UI need not be told each plan in full: some have hundreds of long expressions.
    "spark.sql.ui.explainMode": "simple",
    "spark.sql.maxPlanStringLength": "4096",
    # Each row's number and part go to the rows, not the rows to them, while they fit in memory.
    "spark.sql.autoBroadcastJoinThreshold": str(64 * 1024 * 1024),
    # Looking for what compresses a column best takes longer than keeping it as it is.
    "spark.sql.inMemoryColumnarStorage.compressed": "false",
}
"""How a session plans the statements of a recipe; no result hangs on it."""


class SparkEngine:
    """A Spark session that carries out recipes."""

    dialect: Dialect = SPARK

    def __init__(self, spark: Any) -> None:
        """Teach the session what no database does to texts alike."""
        from pyspark.sql.types import StringType

        self.spark = spark
        self.kept: dict[str, Any] = {}
        for name, value in SETTINGS.items():
            spark.conf.set(name, value)
        spark.udf.register("normal_text", text_functions.normal_text_or_none, StringType())
        spark.udf.register("number_text", text_functions.number_text_or_none, StringType())

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a SELECT."""
        return [tuple(row) for row in self.spark.sql(statement).collect()]

    def define(self, name: str, statement: str) -> None:
        """Keep what a SELECT gives as a view of that name, computed now.

        Tables are made of tables, so each is cut off from the plans of those it was made of: Spark
        would otherwise carry along, compare and write down plans that double with every join. What
        is kept is kept by columns, so that a statement about one reads that one alone; an executor
        that is lost takes nothing along, since the rows themselves know what they are made of.
        """
        self._keep(name, self.spark.sql(statement))

    def define_by_rows(self, name: str, relation: str, statement: str) -> None:
        """Keep what DuckDB gives for each piece of a table (``science.recipe.pieces``)."""
        frame = self.spark.table(relation)
        told, schema = pieces.carried(statement, relation, frame.dtypes)
        rows = pieces.rows_of_a_piece(max(len(frame.columns), len(schema)))
        self.spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", str(rows))
        types = ", ".join(f"{self.dialect.name(column)} {kind}" for column, kind in schema)
        self._keep(name, frame.mapInArrow(pieces.by_pieces(told, relation), types))

    def _keep(self, name: str, frame: Any) -> None:
        cut = self._cut(frame).cache()
        cut.count()
        cut.createOrReplaceTempView(name)
        before, self.kept[name] = self.kept.get(name), cut
        if before is not None:
            before.unpersist()

    def show(self, name: str, statement: str) -> None:
        """Call a SELECT by a name, computed anew wherever it is read."""
        self.spark.sql(statement).createOrReplaceTempView(name)

    def _cut(self, frame: Any) -> Any:
        """The rows of a frame without its plan (``SparkSession.internalCreateDataFrame``)."""
        from pyspark.sql import DataFrame

        # There is no public way to do this but copying every row.
        java, session = frame._jdf, self.spark._jsparkSession  # noqa: SLF001
        rows = java.queryExecution().toRdd()
        streamed = False
        return DataFrame(session.internalCreateDataFrame(rows, java.schema(), streamed), self.spark)

    def forget(self) -> None:
        """Let go of what ``define`` kept."""
        for name, frame in self.kept.items():
            self.spark.catalog.dropTempView(name)
            frame.unpersist()
        self.kept.clear()

    def schema(self, relation: str) -> Schema:
        """The columns of a table and their types; other types of Spark count as text."""
        types = self.spark.sql(f"SELECT * FROM {relation}").dtypes
        return {column: TYPES.get(kind, "text") for column, kind in types}
