"""SQLite files, made by SQLite itself."""

import sqlite3
from contextlib import closing

import duckdb
import pytest

from science.databases.sqlite_file import read_tables, table_names
from science.readers.unreadable import UnreadableFile
from tests.unit.science.databases.dms_files import rows_of


@pytest.fixture
def shop(tmp_path):
    path = tmp_path / "shop.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.executescript("""
            CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT, born DATE, code TEXT);
            CREATE TABLE invoice (id INTEGER, total NUMERIC(10,2), weight REAL, scan BLOB, mixed);
            INSERT INTO customer VALUES (1, 'Ann', '1990-01-02', '007'), (2, NULL, NULL, '7');
            INSERT INTO invoice VALUES (1, 1.98, 0.1, x'00ff', 1), (2, 2, NULL, NULL, 'two');
        """)
    return path


def test_tables_are_read_with_the_types_of_their_values(tmp_path, shop):
    written = read_tables(shop, tmp_path)

    assert list(written) == ["customer", "invoice"]
    kinds = {
        column: kind
        for path in written.values()
        for column, kind, *_ in duckdb.sql(f"DESCRIBE FROM '{path}'").fetchall()
    }
    assert kinds == {
        "id": "BIGINT",
        "name": "VARCHAR",
        "born": "DATE",
        "code": "VARCHAR",
        "total": "DECIMAL(10,2)",
        "weight": "DOUBLE",
        "scan": "VARCHAR",
        "mixed": "VARCHAR",
    }


def test_values_come_as_they_are(tmp_path, shop):
    written = read_tables(shop, tmp_path, ["Invoice"])

    first, second = rows_of(written["Invoice"])
    assert (first[0], str(first[1]), first[2:]) == (1, "1.98", (0.1, "00ff", "1"))
    assert (str(second[1]), second[4]) == ("2.00", "two")


def test_the_file_is_never_written(tmp_path, shop):
    before = shop.read_bytes()

    read_tables(shop, tmp_path)

    assert shop.read_bytes() == before
    assert not list(tmp_path.glob("shop.sqlite-*"))


def test_a_table_that_is_not_there_is_refused_with_those_that_are(tmp_path, shop):
    with pytest.raises(UnreadableFile, match=r"no table orders.*customer, invoice"):
        read_tables(shop, tmp_path, ["orders"])


def test_a_file_that_is_cut_off_is_refused(tmp_path, shop):
    shop.write_bytes(shop.read_bytes()[:5000])

    with pytest.raises(UnreadableFile, match="damaged"):
        read_tables(shop, tmp_path)


def test_a_file_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "shop.db"
    path.write_bytes(b"id,name\n1,Ann\n")

    with pytest.raises(UnreadableFile, match="it is none"):
        table_names(path)


def test_a_database_without_tables_is_refused(tmp_path):
    path = tmp_path / "empty.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 1")

    with pytest.raises(UnreadableFile, match="no tables"):
        read_tables(path, tmp_path)


def test_many_rows_are_read_in_pieces(tmp_path):
    path = tmp_path / "many.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE t (n INTEGER)")
        database.executemany("INSERT INTO t VALUES (?)", ((n,) for n in range(45_000)))
        database.commit()

    written = read_tables(path, tmp_path)

    assert duckdb.sql(f"SELECT count(*), sum(n) FROM '{written['t']}'").fetchall() == [
        (45_000, 45_000 * 44_999 // 2)
    ]
