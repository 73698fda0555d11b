"""The bulk scoring job: a landed file in, the same file with the model's answers out.

Inputs: ``rows`` (one file), ``model`` (a package), ``code`` (this). Output: ``predictions``.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from job_folders import InputMissingError
from row_files import Layout, UnreadableRowsError, answer_file
from science.predictions import answer_columns
from served_model import ServedModel
from serving_package import MODEL_SHA256, refuse_other, unpack

if TYPE_CHECKING:
    import numpy as np

    from job_folders import JobFolders


def run(folders: JobFolders) -> None:
    """Score every file of the job's input with the package.

    Raises:
        InputMissingError: there is no file.
        PackageMismatchError: the package is not the one that was judged.
        UnreadableRowsError: a file cannot be read; its name stands first.
    """
    began = time.monotonic()
    archive = refuse_other(folders.find("model", "*.tar.gz"), MODEL_SHA256)
    model = ServedModel.from_package(unpack(archive, folders.base / "package"))
    problem = model.problem
    personal = tuple((problem.get("compliance") or {}).get("pii") or ())
    layout = Layout(problem["inputs"], problem["target"], problem["target_position"], personal)

    def answer(columns: dict[str, np.ndarray[Any, Any]]) -> dict[str, list[Any]]:
        return answer_columns(model.predict(columns), problem)

    source = folders.input("rows")
    paths = sorted(path for path in source.rglob("*") if path.is_file())
    if not paths:
        raise InputMissingError("the job's input 'rows' holds no file")
    rows = 0
    for path in paths:
        target = folders.output("predictions") / path.relative_to(source)
        try:
            rows += answer_file(path, target, layout, answer)
        except UnreadableRowsError as error:
            # What was written of it is no answer.
            target.unlink(missing_ok=True)
            raise UnreadableRowsError(f"{path.name}: {error}") from error
    folders.say(f"{rows} rows scored in {time.monotonic() - began:.2f} s")
