"""A campaign counts its cases, goes on where it was stopped, and tells of findings."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fuzz import campaign
from fuzz.campaign import ROOT, State, state_of
from fuzz.target import TARGETS

PYTHON = ROOT / ".venvs" / "fuzz" / "bin" / "python"
ENVIRONMENT = pytest.mark.skipif(
    not PYTHON.exists(), reason="atheris is not installed: there is a wheel for Linux and macOS"
)
CASES = 100


def program(text):
    """Run a few lines where atheris is."""
    return subprocess.run(
        [str(PYTHON), "-c", text], cwd=ROOT, capture_output=True, text=True, timeout=300, check=True
    ).stdout


@ENVIRONMENT
@pytest.mark.parametrize("name", sorted(TARGETS))
def test_a_short_seeded_run_finds_nothing(name, tmp_path):
    """The same cases in each run, guided by coverage; `make fuzz` runs a million and more."""
    said = program(
        "from pathlib import Path\n"
        "from fuzz.campaign import run_batch\n"
        f"batch, said = run_batch({name!r}, {CASES}, seed=7, folder=Path({str(tmp_path)!r}))\n"
        "print(batch.cases, batch.findings, said if batch.findings else '')"
    )
    cases, findings, *_ = said.split()
    assert findings == "0", said
    assert int(cases) >= CASES
    state = state_of(name, tmp_path)
    assert state.cases == int(cases)
    assert state.processor > 0


@ENVIRONMENT
def test_a_batch_leaves_no_files_of_its_cases(tmp_path):
    """They lie in memory, which a million cases would fill."""
    memory, kept = tmp_path / "memory", tmp_path / "kept"
    memory.mkdir()

    said = program(
        "from pathlib import Path\n"
        "from fuzz import campaign, folders\n"
        f"folders.MEMORY = Path({str(memory)!r})\n"
        f"batch, _ = campaign.run_batch('csv', 20, seed=7, folder=Path({str(kept)!r}))\n"
        "print(batch.cases)"
    )

    assert int(said) >= 20
    assert list(memory.iterdir()) == []


@ENVIRONMENT
def test_an_error_that_no_reader_documents_is_a_finding(tmp_path):
    """The target is made to break on its first seed: the campaign must notice, and keep it."""
    broken = tmp_path / "broken.py"
    broken.write_text(
        "import sys, atheris\n"
        "def run(data):\n"
        "    if data.startswith(b'name'):\n"
        "        raise KeyError('planted')\n"
        "atheris.Setup([sys.argv[0], *sys.argv[2:]], run)\n"
        "atheris.Fuzz()\n"
    )
    said = program(
        "import fuzz.campaign as campaign, sys\n"
        "from pathlib import Path\n"
        f"campaign.WORKER = ({str(broken)!r},)\n"
        f"batch, said = campaign.run_batch('problem', 50, folder=Path({str(tmp_path)!r}))\n"
        "print(batch.findings, said)"
    )
    assert said.startswith("1")
    assert "planted" in said
    assert list((tmp_path / "problem" / "findings").iterdir())
    assert state_of("problem", tmp_path).findings == 1


def test_a_target_that_never_ran_has_no_cases(tmp_path):
    assert state_of("problem", tmp_path) == State()
    assert State().rate == 0.0
    assert State(cases=10, seconds=9.0, processor=2.0).rate == 5.0


def test_a_campaign_whose_processor_was_not_measured_counts_all_of_its_time(tmp_path):
    (tmp_path / "problem").mkdir()
    (tmp_path / "problem" / "state.json").write_text('{"cases": 9, "seconds": 3.0, "findings": 0}')
    assert state_of("problem", tmp_path).rate == 3.0


@pytest.mark.parametrize(("left", "most"), [(50.0, 50.0), (5000.0, campaign.BATCH_SECONDS)])
def test_a_batch_has_no_longer_than_the_campaign(monkeypatch, left, most):
    given = []

    def batch(name, cases, *, seconds):
        given.append((name, cases, seconds))
        return State(cases=1, findings=1), "broken"

    monkeypatch.setattr(campaign, "state_of", lambda _name: State(cases=3))
    monkeypatch.setattr(campaign, "run_batch", batch)
    assert campaign.run(["problem"], 10, 1, left) == {"problem": "broken"}
    ((name, cases, seconds),) = given
    assert (name, cases) == ("problem", 7)
    assert 0 < seconds <= most


@ENVIRONMENT
def test_an_unknown_target_is_refused():
    ran = subprocess.run(
        [sys.executable, "-m", "fuzz", "nothing"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    assert "there is no target nothing" in ran.stderr
