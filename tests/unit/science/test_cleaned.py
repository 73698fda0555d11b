"""The seam: rows cleaned in one place are finished in another."""

from __future__ import annotations

from science import cleaned
from science.cleaned import Cleaned
from science.database import connect, write_parquet
from science.prepare import clean, prepare, prepare_cleaned
from tests.unit.science.data_builders import ingested, problem, table


def handed_over(inputs, definition, folder):
    """The first half's rows in a folder, as another engine would leave them."""
    with connect() as connection:
        first = clean(connection, inputs, definition)
        for view in ("typed", "held"):
            query = f'SELECT * FROM {view} ORDER BY "_row_"'
            write_parquet(connection, query, folder / view / "part-0.parquet")
    cleaned.write(first, folder)
    return first


def files_of(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_both_halves_apart_write_what_they_write_together(tmp_path):
    inputs, definition = [ingested(tmp_path, table())], problem()
    folder, whole, apart = (tmp_path / name for name in ("seam", "whole", "apart"))
    for each in (folder, whole, apart):
        each.mkdir()

    handed_over(inputs, definition, folder)
    summary = prepare_cleaned(folder, definition, apart).summary

    assert summary == prepare(inputs, definition, whole).summary
    assert files_of(apart) == files_of(whole)


def test_what_is_known_of_the_rows_is_read_back_as_it_was(tmp_path):
    first = handed_over([ingested(tmp_path, table())], problem(), tmp_path)

    read = Cleaned.of(first.document())

    assert read == first
    assert read.aim.column in read.columns
