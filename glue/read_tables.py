"""Reads tables of a database over JDBC, whole or what is new, as Parquet in the lake.

A Glue job (``FetchTablesJob`` in template.yaml) whose runs are started by ``fetch_tables`` with
``--fetch``, the address of a JSON document in the fetch's folder:

``{"connection", "tables": [{"name", "key", "mark", "incremental": {"by", "column", "overlap"}}]}``

``mark`` is the highest value of the column that was fetched, as the database writes it; without
one the whole table is fetched. The folder then holds the tables' files and ``result.json``:

``{"tables": [{"name", "files", "rows", "key", "mark", "full"}]}``

or, when the job run fails, ``failure.json``: ``{"faults": [{"path", "message", "cure"}]}``. The
address, the user and the password come from the Glue connection, or from the secret that it names;
they are written nowhere. A read of a whole table is parted by its key, where that is one column of
whole numbers, so that several connections share it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyspark.sql import DataFrame, SparkSession

ROWS_A_PART = 250_000
MOST_PARTS = 16
"""Connections that a table may take at once; a database has few to give."""

FETCH_SIZE = 10_000
"""Rows that a driver asks for at once: MySQL's and PostgreSQL's otherwise take a whole table."""

MARK = re.compile(r"[0-9A-Za-z .:+-]{1,64}")
CONNECT_SECONDS = 30

GRANT = "Grant the connection's user SELECT on it."
RENAME = "Mend the name of the database in the Glue connection."
MISSING_CURE = "Name the table as the database has it, schema and case included."
AWAY = r"link failure|refused|Could not connect|attempt failed|UnknownHost|timed? ?out|I/O error"
FAULTS = (
    (
        r"password authentication failed|Access denied for user|28P01|no password was provided",
        "the database refused the user or the password",
        "Mend the password in the Glue connection or its secret.",
    ),
    (
        AWAY,
        "the database cannot be reached",
        "See that it runs, and that the job's network and the connection's address reach it.",
    ),
    (r"relation .* does not exist|Table '.*' doesn't exist", "the table is gone", MISSING_CURE),
    (r"permission denied|command denied", "the user may not read the table", GRANT),
    (r"database .* does not exist|Unknown database", "the database is not there", RENAME),
)
"""What drivers and servers say, in words that help."""


class FetchFault(Exception):  # noqa: N818  (named for what the user is told)
    """Something that is wrong with the source, and how to mend it."""

    def __init__(self, path: str, message: str, cure: str) -> None:
        self.path, self.message, self.cure = path, message, cure
        super().__init__(f"{path}: {message}")


@dataclass(frozen=True)
class Database:
    """How to reach the database: JDBC's address, who reads, and a password that is never shown."""

    url: str
    user: str
    password: str = field(repr=False)

    @property
    def mysql(self) -> bool:
        """Whether it speaks MySQL's language, as MariaDB does; otherwise PostgreSQL's."""
        return self.url.startswith("jdbc:mysql:")

    def quoted(self, title: str) -> str:
        """A name of a table or column, with each part quoted."""
        mark = "`" if self.mysql else '"'
        return ".".join(mark + part.replace(mark, mark * 2) + mark for part in title.split("."))


class Lake:
    """Objects in S3; Spark on the laptop writes local files, which are then uploaded."""

    def __init__(self, folder: Path) -> None:
        """Take an empty local folder."""
        import boto3

        self._client, self._folder = boto3.client("s3"), folder
        self._staged = bool(os.environ.get("AWS_ENDPOINT_URL"))

    def read(self, uri: str) -> Any:
        """A JSON document."""
        bucket, key = _place(uri)
        return json.loads(self._client.get_object(Bucket=bucket, Key=key)["Body"].read())

    def write(self, uri: str, document: Any) -> None:
        """Make or replace a JSON document."""
        (bucket, key), body = _place(uri), json.dumps(document).encode()
        self._client.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json")

    def save(self, rows: DataFrame, uri: str) -> tuple[list[str], int]:
        """Write rows as Parquet files into a folder; their addresses, and how many rows."""
        local = self._folder / uuid.uuid4().hex
        written = str(local) if self._staged else uri
        rows.write.parquet(written)
        count = rows.sparkSession.read.parquet(written).count()
        if not self._staged:
            return self._listed(uri), count
        bucket, key = _place(uri)
        files = sorted(local.glob("*.parquet"))
        for file in files:
            self._client.upload_file(str(file), bucket, f"{key}/{file.name}")
        return [f"{uri}/{file.name}" for file in files], count

    def _listed(self, uri: str) -> list[str]:
        bucket, key = _place(uri)
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=f"{key}/"
        )
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        return [f"s3://{bucket}/{each}" for each in keys if each.endswith(".parquet")]


def _place(uri: str) -> tuple[str, str]:
    bucket, _, key = uri[len("s3://") :].partition("/")
    return bucket, key


def connect(name: str) -> Database:
    """What the Glue connection says, with its secret looked up (Glue API, "Connection")."""
    import boto3
    from botocore.exceptions import ClientError

    try:
        found = boto3.client("glue").get_connection(Name=name, HidePassword=False)["Connection"]
        properties = dict(found.get("ConnectionProperties") or {})
        authentication = found.get("AuthenticationConfiguration") or {}
        secret = authentication.get("SecretArn") or properties.get("SECRET_ID")
        if secret:
            answer = boto3.client("secretsmanager").get_secret_value(SecretId=secret)
            told = {
                key.upper(): str(value) for key, value in json.loads(answer["SecretString"]).items()
            }
            properties.update({key: told[key] for key in ("USERNAME", "PASSWORD") if key in told})
    except ClientError as error:
        said = f"the connection cannot be read ({error.response['Error']['Code']})"
        cure = f"Make a Glue connection {name}, and let the job's role read it and its secret."
        raise FetchFault(name, said, cure) from error
    return Database(
        _url(name, found.get("ConnectionType", ""), properties),
        properties.get("USERNAME", ""),
        properties.get("PASSWORD", ""),
    )


def _url(name: str, kind: str, properties: dict[str, str]) -> str:
    """JDBC's address: the connection's own, or made of a host, a port and a database."""
    url = properties.get("JDBC_CONNECTION_URL") or ""
    if not url and "HOST" in properties:
        place = f"{properties['HOST']}:{properties.get('PORT', '')}".rstrip(":")
        url = f"jdbc:{kind.lower()}://{place}/{properties.get('DATABASE', '')}"
    url = url.replace("jdbc:mariadb:", "jdbc:mysql:", 1)
    if not url.startswith(("jdbc:mysql:", "jdbc:postgresql:")):
        cure = "PostgreSQL, MySQL and MariaDB are read: jdbc:postgresql://… or jdbc:mysql://…"
        raise FetchFault(name, "the connection is of another kind of database", cure)
    return url


class Fetcher:
    """Reads one database."""

    def __init__(self, spark: SparkSession, database: Database) -> None:
        """Take Spark, which has the drivers."""
        self._spark, self.database = spark, database

    def _read(self, **options: Any) -> DataFrame:
        database = self.database
        settled = {
            "url": database.url,
            "user": database.user,
            "password": database.password,
            "driver": self._driver(),
            "fetchsize": FETCH_SIZE,
            "preferTimestampNTZ": "true",
            "connectTimeout": CONNECT_SECONDS * (1000 if database.mysql else 1),
        }
        return self._spark.read.format("jdbc").options(**settled, **options).load()

    def _driver(self) -> str:
        """The first driver of the database's kind that is there: AWS's, or the laptop's."""
        names = ["org.postgresql.Driver"]
        if self.database.mysql:
            names = ["com.mysql.cj.jdbc.Driver", "com.mysql.jdbc.Driver", "org.mariadb.jdbc.Driver"]
        jvm: Any = self._spark._jvm  # noqa: SLF001  the one door to Java
        for name in names:
            try:
                jvm.java.lang.Class.forName(name)
            except Exception:  # noqa: BLE001, S112  py4j wraps ClassNotFoundException
                continue
            return name
        cure = "Install Debian's libpostgresql-jdbc-java and libmariadb-java, or run on AWS Glue."
        raise FetchFault("driver", f"no JDBC driver is there: {', '.join(names)}", cure)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a small query."""
        return [tuple(row) for row in self._read(query=query).collect()]

    def key(self, table: str) -> list[str]:
        """The columns of the primary key, which need no more rights than reading the table."""
        schema, _, name = table.rpartition(".")
        if self.database.mysql:
            place = _literal(schema) if schema else "database()"
            query = (
                "SELECT column_name AS c, seq_in_index AS n FROM information_schema.statistics "
                f"WHERE index_name = 'PRIMARY' AND table_schema = {place} "
                f"AND table_name = {_literal(name)}"
            )
        else:
            quoted = _literal(self.database.quoted(table))
            query = (
                "SELECT a.attname::text AS c, array_position(i.indkey::int2[], a.attnum) AS n "
                "FROM pg_index i JOIN pg_attribute a "
                "ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) "
                f"WHERE i.indisprimary AND i.indrelid = to_regclass({quoted})"
            )
        return [column for column, _ in sorted(self.ask(query), key=lambda row: int(row[1]))]

    def fetch(self, asked: dict[str, Any], lake: Lake, folder: str) -> dict[str, Any]:
        """Fetch one table; what ``result.json`` says of it."""
        table, incremental = asked["name"], asked.get("incremental")
        schema = self._read(query=f"SELECT * FROM {self.database.quoted(table)} WHERE 1 = 0").schema
        names = {field.name.lower(): field for field in schema.fields}
        key = asked.get("key") or self.key(table)
        if incremental and incremental["by"] == "key":
            key = key or [incremental["column"]]
        mark = self._mark(table, incremental, names) if incremental else None
        rows = self._rows(asked, key, names)
        files, count = lake.save(rows, f"{folder}/{re.sub('[^A-Za-z0-9_.-]', '_', table)}")
        return {
            "name": table,
            "files": files,
            "rows": count,
            "key": key,
            "mark": mark if mark is not None else asked.get("mark"),
            "full": not (incremental and asked.get("mark")),
        }

    def _mark(self, table: str, incremental: dict[str, Any], names: dict[str, Any]) -> str | None:
        """The highest value there is, as the database writes it; taken before the rows are."""
        column = incremental["column"]
        if column.lower() not in names:
            cure = f"Name one of: {', '.join(field.name for field in names.values())}."
            raise FetchFault(table, f"it has no column {column} to tell what is new", cure)
        kind = "char" if self.database.mysql else "text"
        quoted = self.database.quoted(column)
        ((high,),) = self.ask(
            f"SELECT CAST(max({quoted}) AS {kind}) AS high FROM {self.database.quoted(table)}"
        )
        if high is not None and not MARK.fullmatch(high):
            cure = "Use a column of times or numbers."
            raise FetchFault(table, f"the column {column} holds no times and no numbers", cure)
        return None if high is None else str(high)

    def _rows(self, asked: dict[str, Any], key: Sequence[str], names: dict[str, Any]) -> DataFrame:
        quoted = self.database.quoted
        table, incremental, mark = asked["name"], asked.get("incremental"), asked.get("mark")
        if incremental and mark:
            column = quoted(incremental["column"])
            least = self._least(mark, int(incremental.get("overlap") or 0))
            compared = ">=" if incremental["by"] == "watermark" else ">"
            return self._read(
                query=f"SELECT * FROM {quoted(table)} WHERE {column} {compared} {least}"
            )
        parting = self._parts(table, key, names)
        return self._read(dbtable=f"(SELECT * FROM {quoted(table)}) AS t", **parting)

    def _least(self, mark: str, overlap: int) -> str:
        """The lowest value to fetch, as an expression of the database."""
        if not MARK.fullmatch(mark):
            raise FetchFault("mark", f"{mark!r} is no mark", "Fetch the table whole.")
        number = re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", mark)
        literal = mark if number else _literal(mark)
        if not overlap:
            return literal
        if number:
            return f"{mark} - {overlap}"
        if self.database.mysql:
            return f"{literal} - INTERVAL {overlap} SECOND"
        return f"CAST({literal} AS timestamptz) - INTERVAL '{overlap} seconds'"

    def _parts(self, table: str, key: Sequence[str], names: dict[str, Any]) -> dict[str, Any]:
        """How a whole table is parted among connections."""
        field = names.get(key[0].lower()) if len(key) == 1 else None
        if field is None or field.dataType.typeName() not in {"integer", "long", "short"}:
            return {}
        column = self.database.quoted(field.name)
        ((low, high),) = self.ask(
            f"SELECT min({column}) AS low, max({column}) AS high FROM {self.database.quoted(table)}"
        )
        parts = 1 if low is None else min(MOST_PARTS, (int(high) - int(low)) // ROWS_A_PART + 1)
        if parts == 1:
            return {}
        return {
            "partitionColumn": field.name if self.database.mysql else column,
            "lowerBound": int(low),
            "upperBound": int(high),
            "numPartitions": parts,
        }


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def fault_of(error: Exception, path: str, database: Database | None) -> FetchFault:
    """What an error means, without anything secret in it."""
    if isinstance(error, FetchFault):
        return error
    said = str(getattr(error, "java_exception", None) or error)
    for pattern, message, cure in FAULTS:
        if re.search(pattern, said, re.IGNORECASE):
            return FetchFault(path, message, cure)
    line = next((each for each in said.splitlines() if each.strip()), type(error).__name__)
    for secret in (database.password, database.user) if database else ():
        line = line.replace(secret, "…") if secret else line
    line = re.sub(r"(?i)(password|user)=[^&;\s]*", r"\1=…", line)[:300]
    return FetchFault(path, line, "Read the job run's log, and mend the cause.")


def run(uri: str, start: Callable[[], SparkSession], lake: Lake) -> list[FetchFault]:
    """Fetch what the document asks for; all that went wrong, table by table.

    ``start`` starts Spark, and is not called where there is no connection to read by.
    """
    asked, folder = lake.read(uri), uri.rsplit("/", 1)[0]
    try:
        database = connect(asked["connection"])
    except FetchFault as fault:
        faults, done = [fault], []
    else:
        fetcher = Fetcher(start(), database)
        each = [_attempt(fetcher, table, lake, folder) for table in asked["tables"]]
        faults = [one for one in each if isinstance(one, FetchFault)]
        done = [one for one in each if not isinstance(one, FetchFault)]
    if not faults:
        lake.write(f"{folder}/result.json", {"tables": done})
        return []
    lake.write(f"{folder}/failure.json", {"faults": [vars(one) for one in faults]})
    return faults


def _attempt(
    fetcher: Fetcher, table: dict[str, Any], lake: Lake, folder: str
) -> dict[str, Any] | FetchFault:
    """Fetch one table into a folder that no other job run has; what came of it."""
    try:
        return fetcher.fetch(table, lake, f"{folder}/{uuid.uuid4().hex}")
    except Exception as error:  # noqa: BLE001  py4j, Spark and the driver raise all kinds
        return fault_of(error, table["name"], fetcher.database)


def session() -> SparkSession:
    """Spark, with times as they are written."""
    from pyspark.sql import SparkSession

    builder: Any = SparkSession.builder.appName("read-tables")
    builder.config("spark.sql.session.timeZone", "UTC")
    builder.config("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
    found: SparkSession = builder.getOrCreate()
    return found


def main(arguments: Sequence[str]) -> None:
    """Fetch, or end with what is wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fetch", required=True)
    given, _ = parser.parse_known_args(arguments)
    with tempfile.TemporaryDirectory(prefix="fetch-") as folder:
        faults = run(given.fetch, session, Lake(Path(folder)))
    if faults:
        sys.exit("; ".join(str(fault) for fault in faults))


if __name__ == "__main__":
    main(sys.argv[1:])
