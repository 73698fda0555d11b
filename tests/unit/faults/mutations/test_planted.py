"""Every planted bug still fits the source, is one, and names the trial that it is found in."""

import ast
from pathlib import Path

import pytest

from faults.mutations.planted import PLANTED, Edit, EditError
from faults.mutations.trials import TRIALS

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.name)
def test_a_bug_changes_the_source_as_it_is_into_other_source(bug):
    changed = {}
    for edit in bug.edits:
        before = changed.get(edit.file) or (ROOT / edit.file).read_text("utf-8")
        changed[edit.file] = edit.applied(before)

    for text in changed.values():
        ast.parse(text)
    assert bug.trial in TRIALS


def test_every_bug_has_a_name_of_its_own():
    assert len({bug.name for bug in PLANTED}) == len(PLANTED) >= 12


@pytest.mark.parametrize("text", ["", "old old"])
def test_a_change_that_fits_nowhere_or_twice_is_refused(text):
    with pytest.raises(EditError):
        Edit("file.py", "old", "new").applied(text)
