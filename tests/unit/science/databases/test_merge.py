"""The current state of a table out of DMS's files."""

import csv

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from science.databases.change_files import Layout
from science.databases.merge import merge
from science.readers.unreadable import UnreadableFile
from tests.unit.science.databases.dms_files import csv_file, parquet_file, rows_of

HEADER = ["id", "name", "total"]
CHANGE_HEADER = ["Op", *HEADER]
LOADED = [["1", "Ann", "10.5"], ["2", "Bob", "7"], ["3", None, "0.25"]]
FIRST, SECOND, THIRD = (f"20260203-1011120{n}0.csv" for n in (1, 2, 3))


@pytest.fixture
def load(tmp_path):
    return csv_file(tmp_path, "LOAD00000001.csv", LOADED, HEADER)


def changes(folder, name, *rows, header=CHANGE_HEADER):
    return csv_file(folder, name, rows, header)


def test_a_full_load_is_the_table(tmp_path, load):
    """Its first column tells rows apart, and is the key."""
    merged = merge(tmp_path / "out", loads=[load])

    assert rows_of(tmp_path / "out") == [tuple(row) for row in LOADED]
    assert (merged.rows, merged.columns, merged.key) == (3, 3, ("id",))


def test_a_cell_may_be_longer_than_pythons_reader_takes_at_first(tmp_path):
    """A large object; whether anybody has raised the limit in this process before is chance."""
    csv.field_size_limit(131_072)
    text = "x" * 200_000
    load = csv_file(tmp_path, "LOAD00000001.csv", [["1", text, "2"]], HEADER)
    bare = csv_file(tmp_path, "LOAD00000002.csv", [["2", text, "2"]])

    merge(tmp_path / "out", loads=[load])
    merge(tmp_path / "bare", loads=[bare], layout=Layout(columns=tuple(HEADER)))

    assert rows_of(tmp_path / "out") == [("1", text, "2")]
    assert rows_of(tmp_path / "bare") == [("2", text, "2")]


def test_a_cell_that_never_ends_is_refused(tmp_path):
    load = csv_file(tmp_path, "LOAD00000001.csv", [])
    load.path.write_text('"' + "x" * 17_000_000)

    with pytest.raises(UnreadableFile, match="LOAD00000001"):
        merge(tmp_path / "out", loads=[load])


def test_files_of_a_load_are_one_table(tmp_path, load):
    more = csv_file(tmp_path, "LOAD0000000A.csv.gz", [["4", "Dan", "1"]], HEADER)

    assert merge(tmp_path / "out", loads=[load, more]).rows == 4


def test_changes_are_made_in_the_order_of_commit(tmp_path, load):
    """Also when one key changes several times, across files and within one."""
    first = changes(
        tmp_path, FIRST, ["I", "4", "Dan", "1"], ["U", "4", "Dan", "2"], ["D", "1", "Ann", "10.5"]
    )
    second = changes(
        tmp_path, SECOND, ["I", "1", "Eva", "3"], ["U", "2", "Bo", "8"], ["D", "4", "Dan", "2"]
    )

    merged = merge(tmp_path / "out", loads=[load], changes=[first, second])

    assert rows_of(tmp_path / "out") == [("1", "Eva", "3"), ("2", "Bo", "8"), ("3", None, "0.25")]
    assert (merged.inserted, merged.updated, merged.deleted) == (2, 2, 2)
    assert (merged.taken, merged.doubts, merged.stopped) == (2, (), None)


def test_merging_file_by_file_is_merging_them_at_once(tmp_path, load):
    first = changes(tmp_path, FIRST, ["U", "1", "Ann", "11"], ["I", "4", "Dan", "1"])
    second = changes(tmp_path, SECOND, ["D", "4", "Dan", "1"])
    merge(tmp_path / "once", loads=[load], changes=[first, second])

    merge(tmp_path / "a", loads=[load])
    merge(tmp_path / "b", state=[tmp_path / "a"], changes=[first], key=["id"])
    merge(tmp_path / "c", state=[tmp_path / "b"], changes=[second], key=["id"])

    assert rows_of(tmp_path / "c") == rows_of(tmp_path / "once")


def test_a_file_delivered_twice_changes_nothing(tmp_path, load):
    """Its inserts meet rows that are there, and replace them by themselves."""
    first = changes(tmp_path, FIRST, ["I", "4", "Dan", "1"], ["U", "1", "Ann", "11"])
    merge(tmp_path / "once", loads=[load], changes=[first])

    merged = merge(tmp_path / "twice", loads=[load], changes=[first, first])

    assert rows_of(tmp_path / "twice") == rows_of(tmp_path / "once")
    assert merged.doubts == ()


def test_an_update_of_a_row_never_inserted_is_taken_and_told(tmp_path, load):
    first = changes(tmp_path, FIRST, ["U", "2", "Bob", "9"], ["U", "9", "Ida", "5"])

    merged = merge(tmp_path / "out", loads=[load], changes=[first])

    assert ("9", "Ida", "5") in rows_of(tmp_path / "out")
    (doubt,) = merged.doubts
    assert doubt.what.startswith("1 updates of rows that were never inserted")
    assert doubt.where == f"row 2 of {FIRST}"


def test_a_delete_of_an_absent_row_does_nothing_and_is_told(tmp_path, load):
    """Also when an earlier change had deleted the row already."""
    first = changes(tmp_path, FIRST, ["D", "1", "Ann", "1"], ["D", "1", "Ann", "1"])
    second = changes(tmp_path, SECOND, ["D", "77", "Zoe", "1"])

    merged = merge(tmp_path / "out", loads=[load], changes=[first, second])

    assert [row[0] for row in rows_of(tmp_path / "out")] == ["2", "3"]
    (doubt,) = merged.doubts
    assert doubt.what.startswith("2 deletes")
    assert doubt.where == f"row 2 of {FIRST}; row 1 of {SECOND}"


def test_a_column_that_changes_its_type_midway_stops_the_table_there(tmp_path, load):
    """What came before is merged; what comes after waits."""
    first = changes(tmp_path, FIRST, ["I", "4", "Dan", "1"])
    second = changes(tmp_path, SECOND, ["I", "5", "Eva", "a lot"])
    third = changes(tmp_path, THIRD, ["I", "6", "Fay", "2"])

    merged = merge(tmp_path / "out", loads=[load], changes=[first, second, third])

    assert [row[0] for row in rows_of(tmp_path / "out")] == ["1", "2", "3", "4"]
    assert (merged.taken, merged.stopped.where) == (1, SECOND)
    assert merged.stopped.what == "the column total held numbers until now and holds other text"


def test_a_type_of_parquet_may_widen_and_not_change(tmp_path):
    load = parquet_file(tmp_path, "LOAD00000001.parquet", "SELECT 1::INT AS id, 2::INT AS n")
    wide = "SELECT 'I' AS Op, 2::BIGINT AS id, 3000000000::BIGINT AS n"
    other = "SELECT 'I' AS Op, 3::BIGINT AS id, 'three' AS n"

    merged = merge(
        tmp_path / "out",
        loads=[load],
        changes=[
            parquet_file(tmp_path, "20260203-101112010.parquet", wide),
            parquet_file(tmp_path, "20260203-101112020.parquet", other),
        ],
    )

    assert rows_of(tmp_path / "out") == [(1, 2), (2, 3_000_000_000)]
    assert merged.stopped.what == "the column n was a number (BIGINT) and is text (VARCHAR)"


def test_a_column_that_is_added_midway_is_missing_in_the_rows_before(tmp_path, load):
    first = changes(tmp_path, FIRST, ["I", "4", "Dan", "1", "red"], header=[*CHANGE_HEADER, "hue"])

    merge(tmp_path / "out", loads=[load], changes=[first])

    assert [row[3] for row in rows_of(tmp_path / "out")] == [None, None, None, "red"]


def test_half_written_parquet_stops_the_table_there(tmp_path):
    load = parquet_file(tmp_path, "LOAD00000001.parquet", "SELECT 1 AS id, 2 AS n")
    cut = parquet_file(tmp_path, "20260203-101112010.parquet", "SELECT 'I' AS Op, 2 AS id, 3 AS n")
    cut.path.write_bytes(cut.path.read_bytes()[:-100])

    merged = merge(tmp_path / "out", loads=[load], changes=[cut])

    assert rows_of(tmp_path / "out") == [(1, 2)]
    assert merged.stopped.what == "20260203-101112010.parquet is damaged or cut off."


def test_a_half_written_load_is_refused(tmp_path):
    load = parquet_file(tmp_path, "LOAD00000001.parquet", "SELECT 1 AS id, 2 AS n")
    load.path.write_bytes(load.path.read_bytes()[:50])

    with pytest.raises(UnreadableFile, match=r"LOAD00000001.parquet is damaged"):
        merge(tmp_path / "out", loads=[load])


def test_csv_without_a_header_takes_its_columns_from_the_definition(tmp_path):
    """As DMS writes it unless told otherwise, the operation first and no names."""
    load = csv_file(tmp_path, "LOAD00000001.csv", LOADED)
    first = csv_file(tmp_path, FIRST, [["U", "2", "Bob", "8"]])

    merge(tmp_path / "out", loads=[load], changes=[first], layout=Layout(columns=tuple(HEADER)))

    assert rows_of(tmp_path / "out")[1] == ("2", "Bob", "8")


def test_csv_without_a_header_or_columns_says_how_to_have_them(tmp_path):
    load = csv_file(tmp_path, "LOAD00000001.csv", LOADED)

    with pytest.raises(UnreadableFile, match="AddColumnName"):
        merge(tmp_path / "out", loads=[load])


@pytest.mark.parametrize("at", [1, 4])
def test_the_timestamp_column_is_left_out_wherever_it_stands(tmp_path, at):
    row, loaded = ["U", "2", "Bob", "8"], ["2", "Bob", "7"]
    row.insert(at, "2026-02-03 10:11:12.000000")
    loaded.insert(at - 1, "2026-02-03 10:11:12.000000")
    layout = Layout(columns=tuple(HEADER), timestamp="committed")

    merge(
        tmp_path / "out",
        loads=[csv_file(tmp_path, "LOAD00000001.csv", [loaded])],
        changes=[csv_file(tmp_path, FIRST, [row])],
        layout=layout,
    )

    assert rows_of(tmp_path / "out") == [("2", "Bob", "8")]


def test_a_load_may_carry_operations_too(tmp_path):
    """IncludeOpForFullLoad."""
    rows = [["I", *row] for row in LOADED]

    merged = merge(
        tmp_path / "out", loads=[csv_file(tmp_path, "LOAD00000001.csv", rows, CHANGE_HEADER)]
    )

    assert (merged.rows, merged.columns) == (3, 3)


def test_a_key_of_two_columns_is_found(tmp_path):
    rows = [["1", "1", "x"], ["1", "2", "x"], ["2", "1", "x"]]
    header = ["playlist", "track", "x"]

    merged = merge(tmp_path / "out", loads=[csv_file(tmp_path, "LOAD001.csv", rows, header)])

    assert merged.key == ("playlist", "track")


@pytest.mark.parametrize(
    ("key", "said"),
    [(["nosuch"], "no column nosuch"), (["name"], "1 rows share their key"), ([], "No leading")],
)
def test_a_key_that_tells_no_rows_apart_is_refused(tmp_path, key, said):
    rows = [["1", "Ann", "1"], ["1", "Ann", "1"], ["2", "Bob", "2"]]
    load = csv_file(tmp_path, "LOAD00000001.csv", rows, HEADER)

    with pytest.raises(UnreadableFile, match=said):
        merge(tmp_path / "out", loads=[load], key=key)


@pytest.mark.parametrize(
    ("row", "said"), [(["X", "1", "a", "1"], "another operation"), (["U", None, "a", "1"], "lack")]
)
def test_a_change_that_says_nothing_stops_the_table(tmp_path, load, row, said):
    merged = merge(tmp_path / "out", loads=[load], changes=[changes(tmp_path, FIRST, row)])

    assert said in merged.stopped.what
    assert merged.rows == 3


def test_quotes_commas_line_breaks_and_null_survive(tmp_path):
    rows = [["1", 'say "hi", twice', "a\nb"], ["2", "NULLABLE", None], ["3", "", "é"]]
    load = csv_file(tmp_path, "LOAD00000001.csv", rows, ["id", "a", "b"])

    merge(tmp_path / "out", loads=[load])

    assert rows_of(tmp_path / "out") == [tuple(row) for row in rows]


operations = st.lists(
    st.tuples(st.sampled_from("IUD"), st.integers(1, 6), st.integers(0, 99)), max_size=30
)


@settings(max_examples=40, deadline=None)
@given(loaded=st.sets(st.integers(1, 6), min_size=1), stream=operations, cut=st.integers(0, 30))
def test_any_changes_leave_what_a_database_would_hold(tmp_path_factory, loaded, stream, cut):
    """Held against a dictionary that lives through the same changes one by one."""
    folder = tmp_path_factory.mktemp("any")
    table = dict.fromkeys(loaded, 0)
    orphans = 0
    for operation, key, value in stream:
        orphans += operation != "I" and key not in table
        if operation == "D":
            table.pop(key, None)
        else:
            table[key] = value
    load = csv_file(folder, "LOAD00000001.csv", [[key, 0] for key in loaded], ["id", "v"])
    parts = [
        csv_file(folder, name, part, ["Op", "id", "v"])
        for name, part in ((FIRST, stream[:cut]), (SECOND, stream[cut:]))
        if part
    ]

    merged = merge(folder / "out", loads=[load], changes=parts, key=["id"])

    found = {int(key): int(value) for key, value in rows_of(folder / "out")}
    assert found == table
    assert sum(int(doubt.what.split()[0]) for doubt in merged.doubts) == orphans


def test_a_table_larger_than_its_memory_is_merged(tmp_path):
    """What does not fit is spilled to disk."""
    rows = "SELECT i AS id, md5(i::VARCHAR) AS a, md5((i + 1)::VARCHAR) AS b FROM range({}) r(i)"
    load = parquet_file(tmp_path, "LOAD00000001.parquet", rows.format(600_000))
    change = parquet_file(
        tmp_path,
        "20260203-101112010.parquet",
        "SELECT 'U' AS Op, i AS id, 'x' AS a, 'y' AS b FROM range(0, 600000, 2) r(i)",
    )

    merged = merge(
        tmp_path / "out", loads=[load], changes=[change], key=["id"], memory_limit="120MB"
    )

    written = f"read_parquet('{tmp_path / 'out'}')"
    changed = duckdb.sql(f"SELECT count(*) FROM {written} WHERE a = 'x'").fetchall()
    assert (merged.rows, changed) == (600_000, [(300_000,)])
