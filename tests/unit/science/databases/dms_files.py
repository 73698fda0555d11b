"""Files as DMS writes them, for tests."""

import csv
import gzip
import io

import duckdb

from science.databases.merge import Incoming


def csv_file(folder, name, rows, header=None):
    """Rows as CSV, NULL for None; with a header where the endpoint's AddColumnName is set."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    if header:
        writer.writerow(header)
    writer.writerows([["NULL" if cell is None else cell for cell in row] for row in rows])
    body = text.getvalue().encode()
    path = folder / name
    path.write_bytes(gzip.compress(body) if name.endswith(".gz") else body)
    return Incoming(path, name)


def parquet_file(folder, name, query):
    """The rows of a query as Parquet."""
    path = folder / name
    duckdb.sql(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return Incoming(path, name)


def rows_of(path):
    """All rows of a Parquet file, in order."""
    return duckdb.sql(f"FROM read_parquet('{path}')").fetchall()
