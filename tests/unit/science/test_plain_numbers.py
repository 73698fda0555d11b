"""A column of plain numbers is read at once, and exactly as cell by cell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from science.values import number_of, numbers

CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**6), 10**6),
    st.floats(),
    st.floats().map(repr),
    st.text("0123456789.,eE+-_ \t٣xnaif", max_size=6),
    st.sampled_from(["1_000", "inf", "nan", "1e400", " 7 ", "٣", "\x1c5", "0x10", "", "NA", "1,5"]),
)


@settings(max_examples=300, deadline=None)
@given(cells=st.lists(CELLS, max_size=6), decimal=st.sampled_from([None, ".", ","]))
def test_a_column_is_its_cells(cells, decimal):
    """Whatever stands beside each other in it."""
    column = np.empty(len(cells), dtype=object)
    column[:] = cells
    expected = [number_of(cell, decimal) for cell in cells]

    assert numbers(column, decimal).tolist() == pytest.approx(expected, nan_ok=True, rel=0)


def test_what_no_number_type_holds_is_missing():
    """Too large for a float, or a list: neither fails the column."""
    column = np.empty(3, dtype=object)
    column[:] = [10**400, [1], "2"]

    assert numbers(column).tolist() == pytest.approx([np.nan, np.nan, 2.0], nan_ok=True)
