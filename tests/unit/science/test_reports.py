"""Pages for people: whole in themselves, harmless, and small."""

from __future__ import annotations

import re

import numpy as np
import pytest

from science.bias import bias_report
from science.drift import drift_report
from science.evaluation import judge, measure, picture
from science.explain import explanation
from science.reports import NAMES, figure, percent, render, size, words
from science.sketch import Sketch

EVIL = '<img src=x onerror="alert(1)">'
LARGEST = 300_000
GENERATOR = np.random.default_rng(0)
ROWS = 3000
TRUTH = GENERATOR.integers(0, 2, ROWS).astype(float)
SCORE = np.clip(TRUTH * 0.3 + GENERATOR.random(ROWS) * 0.7, 0, 1)
PROBLEM = {
    "name": "demo",
    "target": EVIL,
    "task": "binary_classification",
    "classes": ["no", EVIL],
    "metric": {"name": "roc_auc", "approve_at": 0.8},
    "columns": {"sensitive": [EVIL]},
    "evaluate": {"bias": {"facets": [], "limits": {"DPL": 0.01}}},
    "monitor": {"drift": 0.2},
}


def evaluation(problem: dict, output: np.ndarray, truth: np.ndarray) -> dict:
    figures = measure(truth, output, problem)
    name, value, rising = judge(figures, problem)
    return {
        "problem": "demo",
        "run": "r1",
        "task": problem["task"],
        "target": EVIL,
        "rows": truth.size,
        "rows_without_target": 3,
        "metric": {"name": name, "value": value, "greater_is_better": rising, "approve_at": 0.5},
        "metrics": figures,
        "pictures": picture(truth, output, problem),
        "champion": {"value": 0.7},
        "bias": {"violations": []},
        "model": {"sha256": "0" * 64},
        "holdout_sha256": "1" * 64,
    }


def drift() -> dict:
    names = [f"column {number}" for number in range(80)]
    columns = {name: GENERATOR.normal(size=2000) for name in names}
    baseline = Sketch.baseline(columns, [{"name": name, "kind": "number"} for name in names])
    moved = {name: column + 1 for name, column in columns.items()}
    return drift_report(PROBLEM, baseline, Sketch.from_columns(baseline, moved))


def documents() -> dict[str, dict]:
    several = {**PROBLEM, "task": "multiclass_classification", "classes": ["a", "b", EVIL]}
    several["metric"] = {"name": None}
    values = {**PROBLEM, "task": "regression", "metric": {"name": "rmse"}}
    group = np.array([EVIL, "b"] * (ROWS // 2), dtype=object)
    shares = GENERATOR.dirichlet([1, 1, 1], ROWS)
    sources = [f"column {number}" for number in range(80)]
    explained = explanation(GENERATOR.normal(size=(50, 81)), {}, sources, PROBLEM)
    profile_column = {
        "name": EVIL, "kind": "number", "role": "feature", "note": EVIL, "missing_share": 0.1,
        "distinct": 9, "power": {"figure": "roc_auc", "value": 0.9, "leaks": True},
        "numbers": {"min": 0, "max": 1, "mean": 0.5}, "top": [],
        "histogram": {"edges": [0, 1], "counts": [4]},
    }  # fmt: skip
    cleaning_column = {
        "name": EVIL, "kind": "number", "role": "feature", "note": "", "missing": 1, "unread": 0,
        "read_as": "", "clip": [0.0, 9.5], "fill": None, "features": 1,
    }  # fmt: skip
    step = {"step": "clip", "columns": [EVIL], "why": EVIL, "rows_before": 9, "rows_after": 8,
            "cells": None, "sql": EVIL * 2000}  # fmt: skip
    return {
        "evaluation": evaluation(PROBLEM, SCORE, TRUTH),
        "evaluation of several classes": evaluation(several, shares, TRUTH),
        "evaluation of values": evaluation(values, SCORE, TRUTH),
        "bias": bias_report({EVIL: group}, None, TRUTH, SCORE, PROBLEM),
        "bias without facets": {**bias_report({}, None, TRUTH, SCORE, PROBLEM), "facets": [],
                                "violations": []},
        "explanation": explained,
        "training": {
            "algorithm": "XGBoost", "objective": "binary:logistic", "rounds": 40,
            "rounds_trained": 65, "best_validation_score": "0.91", "features": 80,
            "model_bytes": 1_200_000, "gains": [{"feature": EVIL, "share": 0.4}],
            "data": {"train_rows": 900, "warnings": [EVIL]},
            "metric": {"name": "f1", "value": None},
        },
        "drift": drift(),
        "drift too early": {**drift(), "rows": 3, "columns": [], "pictures": [], "drifted": []},
        "profile": {
            "problem": "demo", "rows": 10, "task": "regression", "warnings": [EVIL],
            "target": {"name": EVIL, "kind": "number", "classes": None, "numbers": {"min": 1}},
            "columns": [profile_column] * 500,
        },
        "profile of classes": {
            "problem": "demo", "rows": 10, "task": "binary_classification", "warnings": [],
            "target": {"name": "y", "classes": [{"label": EVIL, "rows": 4, "share": 0.4}]},
            "columns": [],
        },
        "schema": {
            "files": 900, "columns": [{"name": EVIL, "kind": "date", "formats": ["ymd"],
                                       "since": EVIL}] * 600,
            "changed": [{"source": EVIL, "at": "2026", "rows": 9, "changes": [EVIL] * 3}] * 500,
        },
        "cleaning": {
            "problem": "demo", "rows_read": 10, "rows_kept": 9, "without_target": 0,
            "duplicates": 1, "dropped": {"missing": 2}, "train_rows": 7, "validation_rows": 1,
            "holdout_rows": 1, "features": 3, "warnings": [EVIL], "steps": [step] * 8,
            "sql": EVIL * 20_000, "columns": [cleaning_column] * 600,
        },
    }  # fmt: skip


DOCUMENTS = documents()


@pytest.mark.parametrize("case", DOCUMENTS)
def test_a_page_is_whole_small_and_harmless(case):
    """No script, no request to anywhere, no markup from the data, under 300 kB."""
    page = render(case.split(maxsplit=1)[0], DOCUMENTS[case])

    assert page.startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")
    assert "<script" not in page
    assert EVIL not in page
    assert not re.search(r"(?:src|href)\s*=|url\(|@import", page.replace("&lt;img src=x", ""))
    assert len(page.encode()) < LARGEST


def test_every_report_has_a_case_here():
    """A new report is tested with the others."""
    assert {case.split(maxsplit=1)[0] for case in DOCUMENTS} == set(NAMES)


def test_an_unknown_report_is_refused_with_those_there_are():
    """Rather than an empty page."""
    with pytest.raises(ValueError, match="profile, cleaning, training"):
        render("weather", {})


def test_the_page_says_whether_the_bar_was_reached():
    """Both ways, in words."""
    reached = render("evaluation", DOCUMENTS["evaluation"])
    missed = DOCUMENTS["evaluation"]
    missed = {**missed, "metric": {**missed["metric"], "approve_at": 0.999}}

    assert ">reached<" in reached
    assert ">not reached<" in render("evaluation", missed)


def test_numbers_are_written_for_people():
    """Four digits that tell something; a dash where there is nothing."""
    values = (None, 0.123456, 12345.6, 7, float("inf"), float("nan"))
    expected = ["–", "0.1235", "12,346", "7", "∞", "–"]

    assert [figure(value) for value in values] == expected
    assert percent(0.123) == "12.3%"
    assert words("roc_auc") == "ROC AUC"
    assert size(1_234_567) == "1.23 MB"
