"""A prepared run with a trained model, made once: what the jobs find in their inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pyarrow import parquet

from lifecycle.problem.definition import Problem
from pack import pack
from science.prepare import prepare
from tests.unit.jobs.prepared_run import Run, archive_of, table, trained

if TYPE_CHECKING:
    from job_folders import JobFolders

DEFINITION = {
    "name": "demo",
    "target": "bought",
    "columns": {"sensitive": ["gender"]},
    "metric": {"name": "roc_auc", "approve_at": 0.7},
}


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run that every test of the jobs starts from; it is only read."""
    folder = tmp_path_factory.mktemp("run")
    landed = folder / "landed.parquet"
    parquet.write_table(table(0), landed)
    problem = Problem.model_validate(DEFINITION).model_dump(mode="json")
    (folder / "out").mkdir()
    prepare([landed], problem, folder / "out")
    model = trained(folder / "out" / "prepared")
    archive = archive_of(folder / "model.tar.gz", {"xgboost-model": model})
    return Run(folder / "out", archive, pack(folder / "jobs.pyz"))


@pytest.fixture(scope="session")
def evaluated(run: Run, tmp_path_factory: pytest.TempPathFactory) -> JobFolders:
    """The folders of an evaluation that has run; they are only read."""
    import evaluate

    folders = run.folders(tmp_path_factory.mktemp("evaluated"))
    evaluate.run(folders)
    return folders
