"""Recipes in Spark SQL: the engine of tables that have outgrown one machine.

Spark is imported where it is used: no function on Lambda has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from science.dialects import SPARK, Dialect
from science.recipe import text_functions

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


class SparkEngine:
    """A Spark session that carries out recipes."""

    dialect: Dialect = SPARK

    def __init__(self, spark: Any) -> None:
        """Teach the session what no database does to texts alike."""
        from pyspark.sql.types import StringType

        self.spark = spark
        self.kept: set[str] = set()
        spark.udf.register("normal_text", text_functions.normal_text_or_none, StringType())
        spark.udf.register("number_text", text_functions.number_text_or_none, StringType())

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a SELECT."""
        return [tuple(row) for row in self.spark.sql(statement).collect()]

    def define(self, name: str, statement: str) -> None:
        """Keep what a SELECT gives as a view of that name, computed now.

        Tables are made of tables, so each is cut off from those it was made of: Spark would
        otherwise carry along, compare and write down plans that double with every join. Kept on
        the executors, or in the session's checkpoint directory where one is set, which outlives
        an executor.
        """
        frame = self.spark.sql(statement)
        lasting = self.spark.sparkContext.getCheckpointDir() is not None
        cut = frame.checkpoint() if lasting else frame.localCheckpoint()
        cut.createOrReplaceTempView(name)
        self.kept.add(name)

    def forget(self) -> None:
        """Let go of what ``define`` kept."""
        for name in self.kept:
            self.spark.catalog.dropTempView(name)
        self.kept.clear()

    def schema(self, relation: str) -> Schema:
        """The columns of a table and their types; other types of Spark count as text."""
        types = self.spark.sql(f"SELECT * FROM {relation}").dtypes
        return {column: TYPES.get(kind, "text") for column, kind in types}
