"""Prepares the rows of a run with Spark, where they outgrow a function.

A Glue job (``PrepareLarge`` in template.yaml) whose runs are started by ``prepare_data`` with:

- ``--run-uri``: the run's folder in the lake; it holds ``inputs.json`` and ``definition.json``
- ``--baton-run``: ``<problem>/<run>``, by which a second start finds the first
- ``--extra-py-files``: ``code/glue.zip`` of that folder, with the science that this imports

It writes the same files as the function does, and then ``preparation.json``: the summary, or the
faults that make the rows unusable. Whatever else goes wrong fails the job run.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from object_files import ObjectFiles
from science import cleaned
from science.database import connect
from science.faults import UnusableData
from science.prepare import finish
from science.recipe import spark_clean
from science.run_files import placed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import SparkSession

SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "false",
}
"""What the rows' values hang on, whatever the job's own settings say."""

TAG = "retention-days"
"""By which S3's lifecycle rules find a run's rows, as in ``lifecycle.retention``."""

DATABASE_MEMORY = "2GB"
"""What DuckDB may take beside Spark's driver; the rest is spilled to disk."""


def main(arguments: Sequence[str]) -> None:
    """Prepare one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run-uri", required=True)
    given, _ = parser.parse_known_args(arguments)
    with tempfile.TemporaryDirectory(prefix="prepare-") as folder:
        answer = prepare(given.run_uri, ObjectFiles(Path(folder)), Path(folder))
        print(json.dumps(answer))


def prepare(run_uri: str, objects: ObjectFiles, folder: Path) -> dict[str, Any]:
    """Clean with Spark, finish with DuckDB, and put everything into the run's folder.

    Args:
        run_uri: the run's folder.
        objects: S3.
        folder: a local folder for all that comes and goes.

    Returns:
        ``preparation.json``: ``{"summary": …}`` or ``{"faults": [{path, message, cure}, …]}``.
    """
    listing = json.loads(objects.read(f"{run_uri}/inputs.json"))
    problem = json.loads(objects.read(f"{run_uri}/definition.json"))
    work, out = f"{run_uri}/work", folder / "out"
    out.mkdir()
    try:
        first = _clean(objects, listing["inputs"], problem, work)
    except UnusableData as error:
        faults = [
            {"path": fault.where, "message": fault.what, "cure": fault.cure}
            for fault in error.faults
        ]
        answer: dict[str, Any] = {"faults": faults}
    else:
        rows = objects.fetched(work)
        cleaned.write(first, rows)
        with connect(memory_limit=DATABASE_MEMORY) as connection:
            done = finish(connection, cleaned.read(connection, rows), problem, out)
        aged = f"{TAG}={problem['compliance']['retention_days']}"
        for file in placed(out):
            tagging = aged if file.where.endswith(".parquet") else ""
            objects.upload(file.path, f"{run_uri}/{file.where}", file.content_type, tagging)
        answer = {"summary": done.summary}
    objects.forget(work)
    body = json.dumps(answer).encode()
    objects.write(f"{run_uri}/preparation.json", body, "application/json")
    return answer


def _clean(
    objects: ObjectFiles, inputs: Sequence[str], problem: dict[str, Any], work: str
) -> cleaned.Cleaned:
    """The first half, in Spark; its memory is free again for the second."""
    spark = session()
    try:
        sources = objects.for_spark(inputs)
        return spark_clean.clean(spark, sources, problem, objects.spark_folder(work))
    finally:
        spark.stop()


def session() -> SparkSession:
    """Spark as this machine has it, with the settings that results hang on."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("prepare-large")
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    spark: SparkSession = builder.getOrCreate()
    return spark


if __name__ == "__main__":
    main(sys.argv[1:])
