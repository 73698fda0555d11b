"""The evaluation job: is the candidate good enough, and why does it say what it says?

Inputs: ``prepared`` (documents), ``holdout`` (raw rows), ``model`` (the training job's archive),
``champion`` (a served package, optional), ``code`` (this). Outputs: ``reports`` and ``package``.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional

import numpy as np
import xgboost
from pyarrow import parquet

import serving_package
from science.bias import analysis, bias_report
from science.embeddings.features import files as beside
from science.embeddings.features import located
from science.evaluation import encode_target, judge, measure, picture
from science.explain import clarify_block, explanation, sample_rows
from science.reports import render
from served_model import ServedModel
from serving_package import (
    ARCHIVE,
    CODE,
    FEATURES,
    MODEL,
    PROBLEM,
    RECIPE,
    digest,
    unpack,
    write_package,
)

if TYPE_CHECKING:
    from pathlib import Path

    from job_folders import JobFolders

Array = np.ndarray[Any, Any]
Columns = dict[str, Array]

EXPLAINED_ROWS = (100, 1000)
"""At least and at most so many rows are explained."""
EXPLAINED_WORK = 2e8
"""Rows × bytes of model: what TreeSHAP gets through in a tenth of a second on two cores. The time
grows with the number of leaves, and so with the size of the saved model (0.3 to 0.45 ns each)."""
GAINS = 15
"""So many features are told by how much they improved the trees."""


@dataclass
class Holdout:
    """The rows that no training saw.

    Attributes:
        columns: raw values by column.
        truth: class numbers or values, shape (n,).
        left_out: rows whose target is missing or unknown.
        sha256: of the file.
    """

    columns: Columns
    truth: Array
    left_out: int
    sha256: str


def run(folders: JobFolders) -> None:
    """Evaluate, write every report, and pack the model for serving."""
    began = time.monotonic()
    candidate = _candidate(folders)
    holdout = read_holdout(folders.find("holdout", "*.parquet"), candidate.problem)
    matrix = candidate.matrix(holdout.columns)
    output = candidate.output(matrix)
    document = _evaluation(candidate, holdout, output)
    document["champion"] = _champion(folders, holdout, candidate.problem)
    bias = bias_report(holdout.columns, matrix, holdout.truth, output, candidate.problem)
    document["bias"] = {"violations": bias["violations"]}
    explained = _explained(candidate, holdout, matrix)
    package = folders.output("package") / ARCHIVE
    document["model"] = _packed(package, candidate, folders, document)
    identity = {key: document[key] for key in ("problem", "run", "task")}
    found = {
        "evaluation": document,
        "bias": {**identity, **bias},
        "training": {**identity, **_training(candidate, document, folders)},
    }
    if explained:
        found["explanation"] = {**identity, **explained}
    _write_reports(folders.output("reports"), found)
    _write_json(
        folders.output("reports") / "analysis.json",
        analysis(bias, clarify_block(explained) if explained else None),
    )
    folders.say(_summary(document, time.monotonic() - began))


def read_holdout(path: Path, problem: dict[str, Any]) -> Holdout:
    """Read the held-out rows; those without a usable target are left out.

    Raises:
        ValueError: no row is left.
    """
    table = parquet.ParquetFile(path).read()
    columns = {name: table.column(name).to_numpy() for name in table.column_names}
    truth = encode_target(columns.pop(problem["target"]), problem)
    known = np.isfinite(truth)
    if not known.any():
        raise ValueError("no held-out row has a target that training knew")
    if not known.all():
        columns = {name: column[known] for name, column in columns.items()}
    return Holdout(columns, truth[known], int((~known).sum()), digest(path))


def explained_rows(rows: int, size: int) -> int:
    """How many of the rows to explain, for a model of so many bytes."""
    least, most = EXPLAINED_ROWS
    return min(rows, max(least, min(most, int(EXPLAINED_WORK / max(1, size)))))


def _candidate(folders: JobFolders) -> ServedModel:
    folder = unpack(folders.find("model", "*.tar.gz"), folders.base / "candidate")
    models = sorted(folder.rglob(f"{MODEL}*"))
    if not models:
        raise serving_package.PackageMismatchError(f"the training archive holds no {MODEL}")
    features, problem = (
        json.loads(folders.find("prepared", name).read_bytes()) for name in (FEATURES, PROBLEM)
    )
    features = located(features, folders.find("prepared", FEATURES).parent)
    return ServedModel(models[0].read_bytes(), features, problem)


def _evaluation(candidate: ServedModel, holdout: Holdout, output: Array) -> dict[str, Any]:
    problem = candidate.problem
    figures = measure(holdout.truth, output, problem)
    name, value, greater_is_better = judge(figures, problem)
    return {
        "problem": problem["name"],
        "run": os.environ.get("BATON_RUN", ""),
        "task": problem["task"],
        "target": problem["target"],
        "rows": int(holdout.truth.size),
        "rows_without_target": holdout.left_out,
        "metric": {
            "name": name,
            "value": value,
            "greater_is_better": greater_is_better,
            "approve_at": (problem.get("metric") or {}).get("approve_at"),
        },
        "metrics": figures,
        "pictures": picture(holdout.truth, output, problem),
        "holdout_sha256": holdout.sha256,
    }


def _champion(
    folders: JobFolders, holdout: Holdout, problem: dict[str, Any]
) -> Optional[dict[str, Any]]:
    """The champion's figure on the same rows, prepared by its own features; None without one.

    A champion that answers another question (its target, task or classes differ) has no figure.
    """
    if not any(folders.input("champion").rglob("*.tar.gz")):
        return None
    archive = folders.find("champion", "*.tar.gz")
    model = ServedModel.from_package(unpack(archive, folders.base / "champion"))
    found: dict[str, Any] = {"value": None, "sha256": digest(archive)}
    theirs, ours = model.problem, problem
    answers_same = theirs["task"] == ours["task"] and theirs["classes"] == ours["classes"]
    if not answers_same or theirs["target"] != ours["target"]:
        return {**found, "reason": "the champion answers another question"}
    figures = measure(holdout.truth, model.predict(holdout.columns), theirs)
    return {**found, "value": judge(figures, ours)[1], "metrics": figures}


def _explained(candidate: ServedModel, holdout: Holdout, matrix: Array) -> Optional[dict[str, Any]]:
    problem = candidate.problem
    if not problem["evaluate"]["explain"]:
        return None
    some = sample_rows(len(matrix), explained_rows(len(matrix), candidate.size))
    contributions = candidate.contributions(matrix[some])
    columns = candidate.stepped({n: column[some] for n, column in holdout.columns.items()})
    sources = [feature["column"] for feature in candidate.features["features"]]
    return explanation(contributions, columns, sources, problem)


def _packed(
    archive: Path, candidate: ServedModel, folders: JobFolders, document: dict[str, Any]
) -> dict[str, Any]:
    """Pack the model with all it needs to serve, and say what the archive's content is."""
    code = folders.find("code", "jobs.pyz")
    with zipfile.ZipFile(code) as members:
        script = members.read("inference.py")
    files = {
        MODEL: bytes(candidate.booster.save_raw("ubj")),
        FEATURES: folders.find("prepared", FEATURES).read_bytes(),
        PROBLEM: folders.find("prepared", PROBLEM).read_bytes(),
        RECIPE: folders.find("prepared", RECIPE).read_bytes(),
        CODE[0]: script,
        CODE[1]: code.read_bytes(),
    }
    for name in beside(candidate.features):
        files[name] = folders.find("prepared", name).read_bytes()
    about = {
        "problem": document["problem"],
        "run": document["run"],
        "metric": document["metric"],
        "made_with": {"xgboost": xgboost.__version__},
    }
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    return {"sha256": write_package(archive, files, about), "files": hashes}


def _training(
    candidate: ServedModel, document: dict[str, Any], folders: JobFolders
) -> dict[str, Any]:
    """What the training made; its hyperparameters are not in a saved model."""
    learner = json.loads(candidate.booster.save_config())["learner"]
    gains: dict[str, Any] = candidate.booster.get_score(importance_type="total_gain")
    names = [feature["name"] for feature in candidate.features["features"]]
    whole = float(sum(gains.values())) or 1.0
    ranked = sorted(gains.items(), key=lambda item: -item[1])[:GAINS]
    return {
        "algorithm": "XGBoost",
        "objective": learner["objective"]["name"],
        "rounds": candidate.rounds,
        "rounds_trained": int(candidate.booster.num_boosted_rounds()),
        "best_validation_score": candidate.booster.attr("best_score"),
        "features": len(names),
        "model_bytes": candidate.size,
        "gains": [{"feature": names[int(key[1:])], "share": gain / whole} for key, gain in ranked],
        "data": json.loads(folders.find("prepared", "summary.json").read_bytes()),
        "metric": document["metric"],
    }


def _write_reports(folder: Path, documents: dict[str, dict[str, Any]]) -> None:
    for name, document in documents.items():
        _write_json(folder / f"{name}.json", document)
        (folder / f"{name}.html").write_text(render(name, document), encoding="utf-8")


def _write_json(path: Path, document: dict[str, Any]) -> None:
    """Write a document; what is no number becomes null, since JSON has no word for it."""
    path.write_text(json.dumps(finite(document), indent=1), encoding="utf-8")


def finite(value: Any) -> Any:
    """The same document without NaN and infinities."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _summary(document: dict[str, Any], seconds: float) -> str:
    metric, champion = document["metric"], document["champion"]
    beside = ""
    if champion and champion["value"] is not None:
        beside = f", champion {champion['value']:.4f}"
    value = "unknown" if metric["value"] is None else f"{metric['value']:.4f}"
    broken = len(document["bias"]["violations"])
    return (
        f"{metric['name']} {value}{beside} on {document['rows']} held-out rows, "
        f"{broken} bias limit(s) broken, in {seconds:.2f} s"
    )
