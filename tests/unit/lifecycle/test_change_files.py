"""Which landed files are to be merged: nothing twice, nothing out of order, nothing lost."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle.change_files import mark, plan
from lifecycle.ports import StoredObject
from lifecycle.source_records import TableRecord

TABLE = TableRecord(problem="churn", source="crm", table="shop.customer")


def stored(name: str, content: str = "", at: int = 0) -> StoredObject:
    etag = sha256(content.encode()).hexdigest()
    return StoredObject(f"s3://landing/{name}", etag, f"2026-02-03T10:00:{at:02d}+00:00")


LOAD = stored("LOAD00000001.csv", at=5)
FIRST, SECOND, THIRD = (stored(f"20260203-10111200{n}.csv", at=6 + n) for n in (1, 2, 3))


def merged(row: TableRecord, loads: list[StoredObject], changes: list[StoredObject]) -> TableRecord:
    """The table's row after everything that is due was merged."""
    what = plan(loads, changes, row)
    if what.idle:
        return row
    return row.model_copy(
        update={**what.merged(row, len(what.changes)), "files": ("s3://lake/state",)}
    )


def test_a_load_takes_all_changes_after_it() -> None:
    what = plan([LOAD], [SECOND, FIRST], TABLE)

    assert (what.loads, what.changes) == ((LOAD,), (FIRST, SECOND))


def test_changes_without_a_load_wait_for_it() -> None:
    what = plan([], [FIRST], TABLE)

    assert what.awaits_load
    assert what.idle
    assert plan([LOAD], [FIRST], TABLE).changes == (FIRST,)


def test_nothing_at_all_waits_for_nothing() -> None:
    assert not plan([], [], TABLE).awaits_load


def test_only_what_is_new_is_merged() -> None:
    row = merged(TABLE, [LOAD], [FIRST])

    what = plan([LOAD], [FIRST, SECOND], row)

    assert (what.loads, what.changes) == ((), (SECOND,))
    assert plan([LOAD], [FIRST], row).idle


@pytest.mark.parametrize(
    "changes", [[FIRST, SECOND, THIRD], [stored(SECOND.name, "mended", 8), THIRD]]
)
def test_a_late_or_replaced_change_makes_the_table_anew(changes: list[StoredObject]) -> None:
    row = merged(TABLE, [LOAD], [SECOND, THIRD])

    what = plan([LOAD], changes, row)

    assert (what.loads, what.changes) == ((LOAD,), tuple(changes))


def test_a_load_that_grew_is_loaded_with_all_changes() -> None:
    more = stored("LOAD00000002.csv", at=9)
    row = merged(TABLE, [LOAD], [FIRST])

    what = plan([LOAD, more], [FIRST], row)

    assert (what.loads, what.changes) == ((LOAD, more), (FIRST,))


def test_a_load_written_anew_contains_the_changes_before_it() -> None:
    row = merged(TABLE, [LOAD], [FIRST])
    again = stored(LOAD.name, "anew", at=8)

    what = plan([again], [FIRST, SECOND, THIRD], row)

    assert (what.loads, what.changes) == ((again,), (SECOND, THIRD))
    row = merged(row, [again], [FIRST, SECOND, THIRD])
    assert plan([again], [FIRST, SECOND, THIRD], row).idle


def test_without_its_load_a_table_goes_on_from_its_state() -> None:
    """Old files of DMS may be deleted."""
    row = merged(TABLE, [LOAD], [FIRST, SECOND])

    what = plan([], [SECOND, THIRD], row)

    assert (what.loads, what.changes) == ((), (THIRD,))
    assert plan([], [THIRD], merged(row, [], [THIRD])).idle


def test_a_stop_is_marked_and_what_came_before_it_is_not_merged_again() -> None:
    what = plan([LOAD], [FIRST, SECOND, THIRD], TABLE)

    row = TABLE.model_copy(update={**what.merged(TABLE, 1), "files": ("s3://lake/state",)})

    assert (row.last_change, row.stopped) == (FIRST.name, mark(SECOND))
    assert plan([LOAD], [FIRST, SECOND, THIRD], row).changes == (SECOND, THIRD)


@settings(max_examples=60, deadline=None)
@given(order=st.permutations([LOAD, FIRST, SECOND, THIRD]))
def test_whatever_the_order_of_arrival_the_same_is_merged_in_the_end(
    order: list[StoredObject],
) -> None:
    """Each arrival is looked at; a table is what was loaded last and all changes merged since."""
    row, there, state = TABLE, [], []
    for item in order:
        there.append(item)
        loads = [each for each in there if each is LOAD]
        changes = [each for each in there if each is not LOAD]
        what = plan(loads, changes, row)
        state = [*(what.loads or state), *what.changes] if not what.idle else state
        row = merged(row, loads, changes)

    assert state == [LOAD, FIRST, SECOND, THIRD]
