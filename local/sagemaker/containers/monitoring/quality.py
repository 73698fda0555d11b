"""Model quality: how well answers agree with what turned out to be true.

Page "Model Quality Metrics and Amazon CloudWatch Monitoring"; each metric's standard deviation is
that of five samples of 80 % of the rows, told from 200 rows on.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn import metrics as measures

from local.sagemaker.containers.monitoring.contract import (
    AnalysisError,
    baseline_file,
    emit_metrics,
    place,
    say,
    setting,
    verdict,
    write_json,
)
from local.sagemaker.containers.monitoring.truth import TRUTH, attribute, merge, read_truth

if TYPE_CHECKING:
    from pathlib import Path

    from local.sagemaker.containers.monitoring.dataset import Dataset

type Array = np.ndarray[Any, Any]
type Document = dict[str, Any]

LEAST_ROWS = 200
RESAMPLES, SHARE = 5, 0.8
LOWER_IS_BETTER = frozenset({"mae", "mse", "rmse", "false_positive_rate", "false_negative_rate"})
BLOCKS = {
    "Regression": "regression_metrics",
    "BinaryClassification": "binary_classification_metrics",
    "MulticlassClassification": "multiclass_classification_metrics",
}


def analyse_quality(data: Dataset, output: Path) -> None:
    """Write statistics.json and constraints.json, and hold the baseline's constraints against them.

    Raises:
        AnalysisError: When an attribute or the labels are missing.
    """
    folder = place("ground_truth_source")
    if folder is not None:
        data = merge(data, read_truth(folder))
    problem = setting("problem_type")
    if problem not in BLOCKS:
        raise AnalysisError(f"problem_type must be one of {', '.join(BLOCKS)}")
    truth, chosen, scores = _answers(data, problem, merged=folder is not None)
    block = BLOCKS[problem]
    figures = _with_deviations(problem, truth, chosen, scores)
    told = {
        "version": 0.0,
        "dataset": {"item_count": len(truth), "evaluation_time": _now()},
        block: figures | _details(problem, truth, chosen, scores),
    }
    write_json(output, "statistics.json", told)
    write_json(output, "constraints.json", suggested(block, figures))
    constraints = baseline_file("baseline_constraints")
    found: list[Document] = []
    if constraints is not None:
        found = violations(
            figures, constraints.get(f"{block.removesuffix('_metrics')}_constraints") or {}
        )
        write_json(output, "constraint_violations.json", {"violations": found})
    emit_metrics(
        [{"MetricName": name, "Value": figure["value"]} for name, figure in figures.items()],
        constraints,
    )
    say(verdict(len(found)))


def suggested(block: str, figures: dict[str, Document]) -> Document:
    """The constraints that a baseline suggests: no metric may be worse than it is there."""
    rules = {
        name: {
            "threshold": figure["value"],
            "comparison_operator": (
                "GreaterThanThreshold" if name in LOWER_IS_BETTER else "LessThanThreshold"
            ),
        }
        for name, figure in figures.items()
        if not name.endswith("_best_constant_classifier")
    }
    return {"version": 0.0, f"{block.removesuffix('_metrics')}_constraints": rules}


def violations(figures: dict[str, Document], rules: dict[str, Document]) -> list[Document]:
    """Each metric that is on the wrong side of its threshold."""
    found = []
    for name, rule in rules.items():
        value = figures.get(name, {}).get("value")
        if value is None:
            continue
        operator, threshold = rule["comparison_operator"], rule["threshold"]
        deviation = figures[name]["standard_deviation"]
        broken = value < threshold if operator == "LessThanThreshold" else value > threshold
        if broken:
            spread = f"{deviation:g}" if isinstance(deviation, float) else deviation
            text = f"Metric {name} with {value:g} +/- {spread} was {operator} {threshold:g}"
            found.append(
                {"constraint_check_type": operator, "description": text, "metric_name": name}
            )
    return found


def _answers(data: Dataset, problem: str, *, merged: bool) -> tuple[Array, Array, Array | None]:
    """Truth and answer of each row, shape (n,), and the positive class's probability, if given."""
    name = TRUTH if merged else setting("ground_truth_attribute")
    truth = attribute(data, name)
    inference = setting("inference_attribute")
    probability = setting("probability_attribute")
    scores = None
    if probability and problem != "Regression":
        scores = _floats(attribute(data, probability), probability)
    if inference:
        chosen = attribute(data, inference)
    elif scores is not None and problem == "BinaryClassification":
        limit = float(setting("probability_threshold_attribute") or 0.5)
        chosen = (scores >= limit).astype(int).tolist()
    else:
        raise AnalysisError("inference_attribute is not set")
    if problem == "MulticlassClassification":
        return (
            np.array([_class(cell) for cell in truth]),
            np.array([_class(cell) for cell in chosen]),
            None,
        )
    return _floats(truth, name), _floats(chosen, inference), scores


def _class(cell: Any) -> str:
    text = str(cell)
    try:
        return f"{float(text):g}"  # so that 1, "1" and 1.0 are one class
    except ValueError:
        return text


def _floats(cells: list[Any], name: str) -> Array:
    try:
        return np.array([float(cell) for cell in cells], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise AnalysisError(f"The attribute {name} is not a number everywhere: {error}") from error


def _with_deviations(
    problem: str, truth: Array, chosen: Array, scores: Array | None
) -> dict[str, Document]:
    figures = _measure(problem, truth, chosen, scores)
    samples: list[dict[str, float]] = []
    if len(truth) >= LEAST_ROWS:
        generator = np.random.default_rng(0)
        for _ in range(RESAMPLES):
            rows = generator.choice(len(truth), int(SHARE * len(truth)), replace=False)
            part = None if scores is None else scores[rows]
            samples.append(_measure(problem, truth[rows], chosen[rows], part))
    return {
        name: {
            "value": value,
            "standard_deviation": (
                float(np.std([sample[name] for sample in samples if name in sample]))
                if samples
                else "NaN"
            ),
        }
        for name, value in figures.items()
    }


def _measure(problem: str, truth: Array, chosen: Array, scores: Array | None) -> dict[str, float]:
    if problem == "Regression":
        return _regression(truth, chosen)
    if problem == "MulticlassClassification":
        return _labelled(truth, chosen, "weighted", "weighted_")
    figures = _labelled(truth, chosen, "binary", "")
    figures |= _rates(truth, chosen)
    if scores is not None and len(np.unique(truth)) == 2:
        figures["auc"] = float(measures.roc_auc_score(truth, scores))
    return figures


def _regression(truth: Array, chosen: Array) -> dict[str, float]:
    squares = float(measures.mean_squared_error(truth, chosen))
    figures = {
        "mae": float(measures.mean_absolute_error(truth, chosen)),
        "mse": squares,
        "rmse": squares**0.5,
    }
    if len(truth) > 1:
        figures["r2"] = float(measures.r2_score(truth, chosen))
    return figures


def _labelled(truth: Array, chosen: Array, average: str, prefix: str) -> dict[str, float]:
    """Metrics of classes, and the same of whoever always says the most frequent one."""
    values, counts = np.unique(truth, return_counts=True)
    constant = np.full_like(truth, values[counts.argmax()])
    figures: dict[str, float] = {}
    options: Document = {"average": average, "zero_division": 0.0}
    for said, suffix in ((chosen, ""), (constant, "_best_constant_classifier")):
        figures[f"accuracy{suffix}"] = float(measures.accuracy_score(truth, said))
        recall = measures.recall_score(truth, said, **options)
        precision = measures.precision_score(truth, said, **options)
        figures |= {
            f"{prefix}recall{suffix}": float(recall),
            f"{prefix}precision{suffix}": float(precision),
        }
        for name, beta in (("f0_5", 0.5), ("f1", 1.0), ("f2", 2.0)):
            score = measures.fbeta_score(truth, said, beta=beta, **options)
            figures[f"{prefix}{name}{suffix}"] = float(score)
    return figures


def _rates(truth: Array, chosen: Array) -> dict[str, float]:
    yes, said = truth == 1, chosen == 1
    figures = {}
    if yes.any():
        figures["true_positive_rate"] = float(said[yes].mean())
        figures["false_negative_rate"] = float((~said)[yes].mean())
    if (~yes).any():
        figures["false_positive_rate"] = float(said[~yes].mean())
        figures["true_negative_rate"] = float((~said)[~yes].mean())
    return figures


def _details(problem: str, truth: Array, chosen: Array, scores: Array | None) -> Document:
    """The confusion matrix by class, and the two curves where there are probabilities."""
    if problem == "Regression":
        return {}
    classes = sorted({_class(value) for value in np.concatenate([truth, chosen])})
    counts = {name: dict.fromkeys(classes, 0) for name in classes}
    for was, said in zip(truth, chosen, strict=True):
        counts[_class(was)][_class(said)] += 1
    told: Document = {"confusion_matrix": counts}
    if scores is not None and len(np.unique(truth)) == 2:
        false, true, _ = measures.roc_curve(truth, scores)
        precision, recall, _ = measures.precision_recall_curve(truth, scores)
        told["receiver_operating_characteristic_curve"] = {
            "false_positive_rates": false.tolist(),
            "true_positive_rates": true.tolist(),
        }
        told["precision_recall_curve"] = {
            "precisions": precision.tolist(),
            "recalls": recall.tolist(),
        }
    return told


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
