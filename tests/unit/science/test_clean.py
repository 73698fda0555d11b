"""A whole file cleaned by its recipe, without a model in mind."""

import duckdb

from science.clean import clean_file

ROWS = "a,b\n1,x\n1,x\n,y\n3,\n3,x\n1000000,x\n" + "".join(f"{i % 7},x{i}\n" for i in range(2000))


def test_copies_go_gaps_are_filled_and_far_values_clipped(tmp_path):
    """A gap becomes the median, also in a column whose values are clipped."""
    source, target = tmp_path / "rows.csv", tmp_path / "rows.parquet"
    source.write_text(ROWS)

    done = clean_file(source, target, {"missing": "median", "outliers": "clip"})

    cells = duckdb.sql(f"SELECT a, b FROM '{target}'").fetchall()
    assert [each.step.kind for each in done][:1] == ["drop_duplicates"]
    assert len(cells) == ROWS.count("\n") - 2  # the header, and one copy
    assert cells[1] == (3.0, "y")
    assert cells[2][1] == "x"
    assert cells[4][0] < 1_000_000
