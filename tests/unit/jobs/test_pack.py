"""The archive of the jobs: complete, reproducible, and runnable on its own."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from serving_package import digest

HOUSE = Path(__file__).parents[3]


def test_the_same_sources_pack_to_the_same_bytes(run, tmp_path):
    """In another process, with another order of sets."""
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    out = tmp_path / "again.pyz"
    command = [sys.executable, "-m", "jobs.pack", str(out)]
    subprocess.run(command, check=True, cwd=HOUSE, env=environment, capture_output=True)

    assert digest(out) == digest(run.pyz)


def test_it_holds_the_jobs_their_science_and_no_more(run):
    """What cleans data stays in the layer: the endpoint must not carry DuckDB's side."""
    names = set(zipfile.ZipFile(run.pyz).namelist())

    assert {"__main__.py", "evaluate.py", "score.py", "inference.py"} <= names
    assert {"science/features.py", "science/reports.py", "science/templates/base.html"} <= names
    assert {"jinja2/__init__.py", "markupsafe/__init__.py"} <= names
    assert not {"pack.py", "science/tables.py", "science/database.py"} & names


def test_every_source_has_its_byte_code(run):
    """A zip is imported without a place to keep what was compiled."""
    names = set(zipfile.ZipFile(run.pyz).namelist())

    assert all(f"{name}c" in names for name in names if name.endswith(".py"))


def test_every_source_is_python_3_9(run):
    """The oldest Python of SageMaker's images: no match, and no union of types at run time."""
    archive = zipfile.ZipFile(run.pyz)
    for name in archive.namelist():
        if name.endswith(".py") and not name.startswith(("jinja2", "markupsafe")):
            ast.parse(archive.read(name), name, feature_version=(3, 9))


def jobs(run, base: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SAGEMAKER_BASE_DIR": str(base), "BATON_RUN": "r7"}
    environment.pop("PYTHONPATH", None)
    command = [sys.executable, str(run.pyz), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_archive_runs_as_a_container_would_run_it(run, tmp_path):
    """``python jobs.pyz evaluate``, with nothing of this repository on its path."""
    run.folders(tmp_path)
    done = jobs(run, tmp_path, "evaluate")

    assert done.returncode == 0, done.stderr
    page = tmp_path / "processing" / "output" / "reports" / "evaluation.html"
    assert "run r7" in page.read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["evaluate"], "InputMissingError: the job's input 'model' holds no *.tar.gz"),
        (["dance"], "usage: python jobs.pyz evaluate|score"),
        ([], "usage"),
    ],
)
def test_a_failure_leaves_its_reason_as_the_message(run, tmp_path, arguments, told):
    """Exit code 1, and the ExitMessage says why."""
    done = jobs(run, tmp_path, *arguments)

    assert done.returncode == 1
    assert (tmp_path / "output" / "message").read_text().startswith(told)
