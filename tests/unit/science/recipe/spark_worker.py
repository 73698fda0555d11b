"""A process that keeps one Spark session and carries out the recipes it is sent.

Run by the Python that has PySpark; a request is a line of JSON on standard input, so is its answer
on standard output.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

SCIENCE = str(Path(__file__).parents[4] / "layers" / "science")
sys.path.insert(0, SCIENCE)

SQL_TYPES = {
    "text": "string",
    "number": "double",
    "date": "double",
    "whole": "bigint",
    "boolean": "boolean",
}


def session() -> Any:
    """One session on this machine alone, with as little as small tables need.

    What costs time with tables of twenty rows is Java's compiler and Spark's planner, not the rows:
    Java compiles quickly rather than well, and plans are not made anew half-way.
    """
    from pyspark.sql import SparkSession

    os.environ.update(PYSPARK_PYTHON=sys.executable, PYTHONPATH=SCIENCE)
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.session.timeZone": "UTC",
        "spark.python.worker.reuse": "true",
        "spark.sql.adaptive.enabled": "false",
        "spark.driver.memory": "1g",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }
    builder = SparkSession.builder.master("local[1]")
    for key, value in settings.items():
        builder = builder.config(key, value)
    made = builder.getOrCreate()
    made.sparkContext.setLogLevel("ERROR")
    return made


def compile_expressions(engine: Any, *, wanted: bool) -> None:
    """Have Spark compile each statement to Java, as it does with large tables, or interpret it.

    Both are Spark's own evaluations of one plan, and are to give the same; compiling a statement
    takes longer than it runs for over a small table.
    """
    engine.spark.conf.set("spark.sql.codegen.factoryMode", "FALLBACK" if wanted else "NO_CODEGEN")
    engine.spark.conf.set("spark.sql.codegen.wholeStage", "true" if wanted else "false")


def carried_out(engine: Any, asked: dict[str, Any]) -> dict[str, Any]:
    """A recipe's outcome: the fitted steps, the columns and the rows in order."""
    from science.recipe import documents
    from science.recipe.engines import carry_out, sound

    schema = asked["schema"]
    types = ", ".join(f"`{column}` {SQL_TYPES[kind]}" for column, kind in schema.items())
    frame = engine.spark.createDataFrame([tuple(row) for row in asked["rows"]], types)
    frame.createOrReplaceTempView("landed")
    relation = sound(engine, "landed", schema)
    outcome = carry_out(engine, relation, schema, documents.parse(asked["steps"]))
    rows = engine.query(f"SELECT * FROM {outcome.relation} ORDER BY `_row_`")
    engine.forget()
    return {
        "steps": [documents.written(step) for step in outcome.steps],
        "schema": outcome.schema,
        "rows": [list(row) for row in rows],
    }


def values(engine: Any, asked: dict[str, Any]) -> dict[str, Any]:
    """Expressions of the column ``cell`` of texts, as rows of values."""
    frame = engine.spark.createDataFrame([(cell,) for cell in asked["cells"]], "cell string")
    frame.createOrReplaceTempView("cells")
    listed = ", ".join(f"{each} AS c{at}" for at, each in enumerate(asked["expressions"]))
    return {"rows": [list(row) for row in engine.query(f"SELECT {listed} FROM cells")]}


def prepared(engine: Any, asked: dict[str, Any]) -> dict[str, Any]:
    """Landed files cleaned by Spark into a folder, or what is wrong with them."""
    from science import cleaned
    from science.faults import UnusableData
    from science.recipe.spark_clean import clean

    try:
        first = clean(engine.spark, asked["inputs"], asked["problem"], asked["out"])
    except UnusableData as error:
        return {"faults": [fault.what for fault in error.faults]}
    cleaned.write(first, Path(asked["out"]))
    return {"faults": []}


ANSWERS = {"carry_out": carried_out, "values": values, "clean": prepared}


def main() -> None:
    """Answer until standard input ends."""
    from science.recipe.spark_engine import SparkEngine

    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    engine = SparkEngine(session())
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            compile_expressions(engine, wanted=asked.get("compiled", asked["do"] == "clean"))
            told = ANSWERS[asked["do"]](engine, asked)
        except Exception as error:  # noqa: BLE001  (whatever goes wrong is the answer)
            told = {"error": f"{type(error).__name__}: {error}", "trace": traceback.format_exc()}
        answers.write(json.dumps(told) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
