"""The judge finds every planted bug, and nothing in the code as it is, however it is disturbed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from faults.mutations.planted import PLANTED
from faults.mutations.trials import TRIALS

ROOT = Path(__file__).parents[3]
PATIENCE_SECONDS = 1200


@pytest.fixture(scope="module")
def lives():
    """All lives, in two processes beside this one."""
    command = [sys.executable, "-m", "faults.mutations", "--json", "--lanes", "2"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )
    assert done.stdout, done.stderr[-2000:]
    return {life["name"]: life for life in json.loads(done.stdout)["lives"]}


@pytest.mark.parametrize("trial", list(TRIALS))
def test_nothing_is_found_in_the_code_as_it_is(lives, trial):
    assert lives[trial]["findings"] == []


@pytest.mark.parametrize("bug", [bug.name for bug in PLANTED])
def test_a_planted_bug_is_found(lives, bug):
    rules = {finding["rule"] for finding in lives[bug]["findings"]}

    assert rules
    assert "broke_off" not in rules
