"""The evaluation job, from its input folders to its reports and the package."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

import evaluate
from job_folders import InputMissingError, JobFolders
from serving_package import PackageMismatchError, digest, unpack, verify
from tests.unit.jobs.prepared_run import Run, archive_of, table

REPORTS = ("evaluation", "bias", "explanation", "training")


def report(folders: JobFolders, name: str) -> dict:
    return json.loads((folders.output("reports") / f"{name}.json").read_text())


def test_every_report_is_written_for_people_and_programs(evaluated):
    """A page and a document each, and Clarify's form."""
    found = {path.name for path in evaluated.output("reports").iterdir()}

    assert found == {f"{n}.{s}" for n in REPORTS for s in ("html", "json")} | {"analysis.json"}


def test_the_evaluation_says_all_that_judging_needs(evaluated):
    """The metric with its value and direction, the bar, the champion, the hashes."""
    found = report(evaluated, "evaluation")
    holdout = evaluated.find("holdout", "*.parquet")

    assert found["metric"]["name"] == "roc_auc"
    assert 0.75 < found["metric"]["value"] <= 1
    assert found["metric"]["greater_is_better"] is True
    assert found["metrics"]["roc_auc"] == found["metric"]["value"]
    assert found["champion"] is None
    assert found["bias"] == {"violations": []}
    assert found["rows"] == parquet.read_metadata(holdout).num_rows
    assert found["holdout_sha256"] == digest(holdout)
    assert found["model"]["sha256"] == digest(evaluated.output("package") / "model.tar.gz")


def test_the_message_is_one_line_for_people(evaluated):
    """It becomes the job's ExitMessage."""
    message = (evaluated.base / "output" / "message").read_text()

    assert message.startswith("roc_auc 0.")
    assert "held-out rows" in message
    assert "\n" not in message


def test_the_package_is_proven_and_holds_all_that_serving_needs(evaluated, tmp_path):
    """Model, features, problem, code, and the hash of each."""
    folder = unpack(evaluated.output("package") / "model.tar.gz", tmp_path)
    manifest = verify(folder)

    assert set(manifest["sha256"]) == {
        "xgboost-model",
        "features.json",
        "problem.json",
        "recipe.json",
        "code/inference.py",
        "code/jobs.pyz",
    }
    assert manifest["metric"]["name"] == "roc_auc"


def test_the_same_inputs_make_the_same_package(run: Run, evaluated, tmp_path):
    """Byte for byte: its hash stands for its content."""
    again = run.folders(tmp_path)
    evaluate.run(again)

    assert report(again, "evaluation")["model"] == report(evaluated, "evaluation")["model"]


def test_income_is_what_moves_the_model(evaluated):
    """Importance is told per raw column, in the report and in Clarify's form."""
    columns = report(evaluated, "explanation")["columns"]
    block = report(evaluated, "analysis")["explanations"]["kernel_shap"]["label0"]

    assert columns[0]["column"] == "income"
    assert columns[0]["direction"] > 0.5
    assert set(block["global_shap_values"]) == {"income", "gender", "town"}


def test_the_sensitive_column_is_looked_at(evaluated):
    """Both genders, though the problem sets no limit."""
    facets = report(evaluated, "analysis")["post_training_bias_metrics"]["facets"]

    assert {entry["value_or_threshold"] for entry in facets["gender"]} == {"F", "M"}


def test_the_champion_is_judged_on_the_same_rows(run: Run, evaluated, tmp_path):
    """It is the candidate itself here, so its figure is the candidate's."""
    folders = run.folders(tmp_path)
    folders.input("champion").mkdir()
    shutil.copy(evaluated.output("package") / "model.tar.gz", folders.input("champion"))
    evaluate.run(folders)
    found = report(folders, "evaluation")

    assert found["champion"]["value"] == pytest.approx(found["metric"]["value"])
    assert found["champion"]["sha256"] == digest(folders.input("champion") / "model.tar.gz")


def test_a_champion_of_another_question_has_no_figure(run: Run, evaluated, tmp_path):
    """Its classes are others: there is nothing to compare, and the report says so."""
    folders = run.folders(tmp_path)
    folders.input("champion").mkdir()
    shutil.copy(evaluated.output("package") / "model.tar.gz", folders.input("champion"))
    path = folders.find("prepared", "problem.json")
    problem = json.loads(path.read_text())
    path.write_text(json.dumps({**problem, "classes": ["No", "Yes", "Perhaps"][:2][::-1]}))
    evaluate.run(folders)
    found = report(folders, "evaluation")["champion"]

    assert found["value"] is None
    assert "another question" in found["reason"]


def test_a_limit_that_is_broken_is_told(run: Run, tmp_path):
    """Any difference at all is over a limit of nothing."""
    folders = run.folders(tmp_path)
    path = folders.find("prepared", "problem.json")
    problem = json.loads(path.read_text())
    problem["evaluate"]["bias"]["limits"] = {"DPL": 0.0}
    path.write_text(json.dumps(problem))
    evaluate.run(folders)
    broken = report(folders, "evaluation")["bias"]["violations"]

    assert broken
    assert set(broken[0]) == {"metric", "facet", "facet_value", "value", "limit"}


def test_rows_without_a_usable_target_are_left_out_and_counted(run: Run, tmp_path):
    """One is empty, one has a class that training never saw."""
    folders = run.folders(tmp_path)
    path = folders.find("holdout", "*.parquet")
    rows = table(5, 50)
    target = rows.column("bought").to_pylist()
    target[:2] = [None, "Perhaps"]
    at = rows.column_names.index("bought")
    parquet.write_table(rows.set_column(at, "bought", pa.array(target)), path)
    evaluate.run(folders)
    found = report(folders, "evaluation")

    assert (found["rows"], found["rows_without_target"]) == (48, 2)


def test_explanations_are_left_out_where_they_are_not_wanted(run: Run, tmp_path):
    """``evaluate.explain: false``."""
    folders = run.folders(tmp_path)
    path = folders.find("prepared", "problem.json")
    problem = json.loads(path.read_text())
    problem["evaluate"]["explain"] = False
    path.write_text(json.dumps(problem))
    evaluate.run(folders)

    assert not (folders.output("reports") / "explanation.json").exists()
    assert "explanations" not in report(folders, "analysis")


def test_a_large_model_is_explained_on_fewer_rows():
    """The time of Shapley values grows with rows and with the size of the trees."""
    least, most = evaluate.EXPLAINED_ROWS

    assert evaluate.explained_rows(5000, 1000) == most
    assert evaluate.explained_rows(5000, 10**9) == least
    assert evaluate.explained_rows(20, 10**9) == 20


def test_no_number_in_a_document_is_a_number_json_lacks():
    """NaN and infinities become null."""
    document = {"a": [float("nan"), 1.0], "b": {"c": float("inf")}, "d": "text"}

    assert evaluate.finite(document) == {"a": [None, 1.0], "b": {"c": None}, "d": "text"}


def test_an_archive_without_a_model_is_refused(run: Run, tmp_path):
    """Training left something else."""
    folders = run.folders(tmp_path)
    archive_of(folders.input("model") / "model.tar.gz", {"readme.txt": b""})

    with pytest.raises(PackageMismatchError, match="holds no xgboost-model"):
        evaluate.run(folders)


def test_a_missing_input_is_named(run: Run, tmp_path):
    """Which input, and what it lacks."""
    folders = run.folders(tmp_path)
    shutil.rmtree(folders.input("holdout"))

    with pytest.raises(InputMissingError, match=r"'holdout' holds no \*.parquet"):
        evaluate.run(folders)


def test_the_rows_that_were_read_are_raw(evaluated):
    """The held-out rows keep every column as it landed, the target apart."""
    problem = json.loads(Path(evaluated.find("prepared", "problem.json")).read_text())
    holdout = evaluate.read_holdout(evaluated.find("holdout", "*.parquet"), problem)

    assert set(holdout.columns) == {"income", "gender", "town"}
    assert set(np.unique(holdout.truth)) == {0.0, 1.0}


def test_a_model_other_than_the_one_told_of_is_not_evaluated(run: Run, tmp_path, monkeypatch):
    monkeypatch.setenv("BATON_MODEL_SHA256", "0" * 64)
    folders = run.folders(tmp_path)

    with pytest.raises(PackageMismatchError, match="replaced"):
        evaluate.run(folders)
    assert not list(folders.output("reports").iterdir())
