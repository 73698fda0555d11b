"""Tables become rows by a query that can do nothing but read them."""

import duckdb
import pytest

from science.databases.join import Table, join
from science.faults import UnusableData
from tests.unit.science.databases.dms_files import rows_of


@pytest.fixture
def tables(tmp_path):
    written = {
        "shop.customer": "SELECT 1::INT AS id, 'Ann' AS name UNION ALL SELECT 2, 'Bob'",
        "shop.invoice": "SELECT 1::INT AS customer, 1.25::DECIMAL(10,2) AS total "
        "UNION ALL SELECT 1, 2.50",
    }
    found = {}
    for number, (name, query) in enumerate(written.items()):
        path = tmp_path / f"{number}.parquet"
        duckdb.sql(f"COPY ({query}) TO '{path}'")
        found[name] = Table([path])
    return found


def test_a_query_joins_tables_into_rows_of_text(tmp_path, tables):
    query = """
        SELECT c.id, name, sum(total) AS spent
        FROM customer c LEFT JOIN shop.invoice i ON i.customer = c.id GROUP BY ALL ORDER BY 1;
    """
    out = tmp_path / "out" / "rows.parquet"
    out.parent.mkdir()

    made = join(tables, query, out)

    assert (made.rows, made.columns) == (2, 3)
    assert rows_of(out) == [("1", "Ann", "3.75"), ("2", "Bob", None)]


def test_one_table_needs_no_query(tmp_path, tables):
    only = {"shop.customer": tables["shop.customer"]}

    join(only, None, tmp_path / "rows.parquet")

    assert rows_of(tmp_path / "rows.parquet") == [("1", "Ann"), ("2", "Bob")]


def test_texts_without_types_are_numbers_and_dates_where_all_are_written_so(tmp_path):
    """And codes with leading zeros stay what they are."""
    path = tmp_path / "t.parquet"
    duckdb.sql(
        "COPY (SELECT '1' AS n, '2.5' AS x, '007' AS code, '2026-01-02' AS day UNION ALL "
        f"SELECT '2', '3', '010', NULL) TO '{path}'"
    )
    query = "SELECT sum(n) AS n, sum(x) AS x, max(code) AS code, max(year(day)) AS year FROM t"

    join({"t": Table([path], untyped=True)}, query, tmp_path / "rows.parquet")

    assert rows_of(tmp_path / "rows.parquet") == [("3", "5.5", "010", "2026")]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (None, "2 tables and no query that joins them: shop.customer, shop.invoice"),
        ("SELEC 1", "cannot be run: Parser Error"),
        ("SELECT nosuch FROM customer", "nosuch"),
        ("SELECT * FROM orders", "orders does not exist"),
        ("SELECT 1; SELECT 2", "not one SELECT"),
        ("DROP TABLE customer", "not one SELECT"),
        ("SELECT * FROM customer WHERE id > 5", "gives no rows"),
        ("SELECT CAST(name AS INT) FROM customer", "cannot be run: Conversion Error"),
    ],
)
def test_a_query_that_cannot_be_run_says_why(tmp_path, tables, query, said):
    with pytest.raises(UnusableData) as refused:
        join(tables, query, tmp_path / "rows.parquet")

    (fault,) = refused.value.faults
    assert said in fault.what
    assert fault.cure


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM glob('/etc/*')",
        "COPY customer TO '/tmp/stolen.csv'",
        "ATTACH '/tmp/other.db'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
    ],
)
def test_a_query_reads_nothing_but_its_tables(tmp_path, tables, query):
    with pytest.raises(UnusableData):
        join(tables, query, tmp_path / "rows.parquet")


def test_a_query_larger_than_its_memory_is_run(tmp_path):
    path = tmp_path / "big.parquet"
    duckdb.sql(f"COPY (SELECT i, md5(i::VARCHAR) AS h FROM range(1000000) r(i)) TO '{path}'")

    made = join(
        {"big": Table([path])},
        "SELECT a.h, count(*) AS n FROM big a JOIN big b USING (h) GROUP BY a.h",
        tmp_path / "rows.parquet",
        memory_limit="150MB",
    )

    assert made.rows == 1_000_000
