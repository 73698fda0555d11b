"""From a model's output on held-out rows to figures and pictures."""

from __future__ import annotations

import numpy as np
import pytest

from science.evaluation import encode_target, judge, measure, picture, standard_error

BINARY = {"task": "binary_classification", "classes": ["no", "Yes"], "metric": {"name": None}}
SEVERAL = {"task": "multiclass_classification", "classes": ["a", "b", "c"], "metric": {}}
VALUES = {"task": "regression", "classes": [], "target_decimal": ",", "metric": {"name": "mae"}}
GENERATOR = np.random.default_rng(0)


def column(*cells: object) -> np.ndarray:
    return np.array(cells, dtype=object)


def test_labels_become_class_numbers_whatever_their_spelling():
    """Case and blanks are forgiven; what training never held is no number."""
    found = encode_target(column("Yes", " yes", "NO", "maybe", None), BINARY)

    assert found[:3].tolist() == [1, 1, 0]
    assert np.isnan(found[3:]).all()


def test_labels_that_are_numbers_match_as_numbers_and_as_text():
    """``1``, ``1.0``, 1 and True stand for the class "1"."""
    problem = {**BINARY, "classes": ["0", "1"]}

    assert encode_target(column("1", "1.0", 1, 1.0, "0"), problem).tolist() == [1, 1, 1, 1, 0]


def test_values_are_read_with_the_columns_decimal_mark():
    """As training read them."""
    assert encode_target(column("1.234,5", "7"), VALUES).tolist() == [1234.5, 7.0]


def test_the_problems_metric_decides():
    """Its value, and whether more of it is better."""
    figures = measure(np.array([1.0, 2.0]), np.array([1.5, 2.5]), VALUES)

    assert judge(figures, VALUES) == ("mae", 0.5, False)


@pytest.mark.parametrize(
    ("problem", "output", "drawn"),
    [
        (BINARY, GENERATOR.random(60), {"roc_curve", "precision_recall_curve", "scores"}),
        (SEVERAL, GENERATOR.dirichlet([1, 1, 1], 60), {"roc_curves", "calibration"}),
        (VALUES, GENERATOR.random(60), {"residuals"}),
    ],
    ids=["binary", "several", "values"],
)
def test_each_task_has_its_pictures(problem, output, drawn):
    """And figures that are numbers."""
    truth = GENERATOR.integers(0, 2, 60).astype(float)

    assert drawn <= picture(truth, output, problem).keys()
    assert all(np.isfinite(value) for value in measure(truth, output, problem).values())


def test_chance_moves_a_figure_less_the_more_rows_there_are():
    """The bootstrap's error of accuracy is √(p(1 − p)/n), nearly."""
    truth = GENERATOR.integers(0, 2, 4000).astype(float)
    score = np.where(GENERATOR.random(4000) < 0.8, truth, 1 - truth)
    few = standard_error(truth[:200], score[:200], BINARY, "accuracy")
    many = standard_error(truth, score, BINARY, "accuracy")

    assert many == pytest.approx(np.sqrt(0.8 * 0.2 / 4000), rel=0.25)
    assert few > 3 * many


def test_no_rows_tell_no_error():
    """Nothing was drawn."""
    assert standard_error(np.empty(0), np.empty(0), VALUES, "mae") is None
