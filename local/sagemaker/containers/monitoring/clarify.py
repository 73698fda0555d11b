"""Clarify's processing image: bias and explanations, for a job or for a monitor.

Pages "Configure the Analysis", "Analysis Results" and "Monitor Bias Drift". The formulas are those
of the laptop's own cargo, `layers/science/science/bias_metrics.py`, which is run as a file.
"""

from __future__ import annotations

import json
import math
import runpy
from typing import TYPE_CHECKING, Any

import numpy as np

from local.sagemaker.containers.monitoring.contract import (
    AnalysisError,
    baseline_file,
    emit_metrics,
    moment,
    place,
    read_json,
    relocated,
    run,
    say,
    setting,
    verdict,
    write_json,
)
from local.sagemaker.containers.monitoring.dataset import Dataset, read_dataset
from local.sagemaker.containers.monitoring.facets import Facet, binarised, groups
from local.sagemaker.containers.monitoring.predictor import Predictor
from local.sagemaker.containers.monitoring.shapley import (
    GAIN_LEAST,
    attribution_gain,
    explain,
    write_local,
)
from local.sagemaker.containers.monitoring.truth import TRUTH, attribute, merge, read_truth
from local.sagemaker.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

type Array = np.ndarray[Any, Any]
type Document = dict[str, Any]

PRE, POST, SHAP = "pre_training_bias", "post_training_bias", "shap"
FORMULAS = ROOT / "layers" / "science" / "science" / "bias_metrics.py"
LARGEST = 2.348543e108
"""What stands for infinity in CloudWatch (page "Monitor Bias Drift")."""
RESAMPLES, QUANTILE = 50, 1.96
CONFIG = "/opt/ml/processing/input/config/analysis_config.json"
DATA, OUTPUT = "/opt/ml/processing/input/data", "/opt/ml/processing/output"
_FORMATS: dict[str, Document] = {
    "text/csv": {"csv": {}},
    "application/jsonlines": {"json": {"lines": True}},
    "application/json": {"json": {"lines": False}},
    "application/x-parquet": {"parquet": {}},
}


def main(_arguments: list[str]) -> int:
    """Analyse what `analysis_config.json` asks for; returns the exit code."""
    return run(analyse)


def analyse() -> None:
    """Write analysis.json, and what is worse than in the baseline; raises `AnalysisError`."""
    config = read_json(place("analysis_config") or relocated(CONFIG))
    methods = config.get("methods") or {}
    for method in methods:
        if method not in {PRE, POST, "report", SHAP}:
            raise AnalysisError(f"The method {method} is not built in the local SageMaker")
    output = place("output_path") or relocated(OUTPUT)
    data = load(config)
    bias: Bias | None = None
    analysis: Document = {"version": "1.0"}
    if {PRE, POST} & set(methods):
        bias = Bias(config, data, _predicted_by_model(config, data) if POST in methods else None)
        for method in (PRE, POST):
            if method in methods:
                wanted = (methods[method] or {}).get("methods", "all")
                analysis[f"{method}_metrics"] = bias.block(method, wanted)
    if SHAP in methods:
        analysis["explanations"] = _explanations(config, data, output)
    write_json(output, "analysis.json", analysis)
    baseline = baseline_file("baseline_constraints")
    if not setting("sagemaker_monitoring_schedule_name"):
        say("Completed: Job completed successfully.")
        return
    found: list[Document] = []
    if baseline is not None:
        found = drifted(bias, analysis, baseline) if bias else []
        found += _attributions_drifted(analysis, baseline)
    write_json(output, "constraint_violations.json", {"version": "1.0", "violations": found})
    emit_metrics([*_metrics(analysis), *_attribution_metrics(analysis)])
    say(verdict(len(found)))


def _features(config: Document, data: Dataset) -> list[str]:
    """The model's inputs: the columns that are neither labels, answers, nor excluded."""
    headers = [str(name) for name in config.get("headers") or data.names]
    others = ("label", "predicted_label", "joinsource_name_or_index")
    out = {str(config[name]) for name in others if name in config} | {TRUTH}
    out |= {str(name) for name in config.get("excluded_columns") or []}
    return [
        name
        for at, name in enumerate(headers)
        if name not in out and str(at) not in out and name in data.names
    ]


def _predicted_by_model(config: Document, data: Dataset) -> Array | None:
    """Whether the model says the positive outcome of each row; None without a predictor."""
    if "predictor" not in config or config.get("predicted_label") is not None:
        return None
    names = _features(config, data)
    rows = [[row.get(name) for name in names] for row in data.rows]
    with Predictor(config["predictor"]) as model:
        scores = model.predict(rows)[:, -1]
    if set(np.unique(scores)) <= {0.0, 1.0}:
        return binarised(scores.tolist(), config.get("label_values_or_threshold") or [1])
    predicted: Array = scores > float(config.get("probability_threshold", 0.5))
    return predicted


def _explanations(config: Document, data: Dataset, output: Path) -> Document:
    settings, names = config["methods"][SHAP] or {}, _features(config, data)
    if "predictor" not in config:
        raise AnalysisError("shap needs a predictor")
    for name in ("num_clusters", "text_config", "image_config", "features_to_explain"):
        if name in settings:
            raise AnalysisError(f"shap.{name} is not built in the local SageMaker")
    with Predictor(config["predictor"]) as model:
        block, local, baseline = explain(data, names, model.predict, settings)
    if settings.get("save_local_shap_values", True):
        write_local(output / "explanations_shap", names, local, baseline)
    return block


def _attributions_drifted(analysis: Document, baseline: Document) -> list[Document]:
    """Each label whose ranking of features is no longer that of the baseline."""
    before = (baseline.get("explanations") or {}).get("kernel_shap") or {}
    now = (analysis.get("explanations") or {}).get("kernel_shap") or {}
    found = []
    for label, block in now.items():
        if label not in before:
            continue
        gain = attribution_gain(before[label]["global_shap_values"], block["global_shap_values"])
        if gain < GAIN_LEAST:
            text = f"Feature attribution drift {gain:g} exceeds threshold {GAIN_LEAST:g}"
            found.append(
                {
                    "label": label,
                    "metric_name": "shap",
                    "constraint_check_type": "feature_attribution_drift_check",
                    "description": text,
                }
            )
    return found


def _attribution_metrics(analysis: Document) -> Iterator[Document]:
    blocks = (analysis.get("explanations") or {}).get("kernel_shap") or {}
    for label, block in blocks.items():
        about = {"ExplainabilityMethod": "KernelShap", "Label": label}
        for name, value in block["global_shap_values"].items():
            told = about | {"ValueType": "GlobalShapValues"}
            yield {"MetricName": f"feature_{name}", "Value": value, "Dimensions": told}
        told = about | {"ValueType": "ExpectedValue"}
        yield {"MetricName": "ExpectedValue", "Value": block["expected_value"], "Dimensions": told}


def load(config: Document) -> Dataset:
    """The rows, under the configuration's names; raises `AnalysisError`."""
    formats = json.loads(setting("dataset_format", "null"))
    source = place("dataset_source") or relocated(DATA)
    headers = [str(name) for name in config.get("headers") or []]
    if formats is None:
        kind = config.get("dataset_type", "text/csv")
        if kind not in _FORMATS:
            raise AnalysisError(f"dataset_type {kind} is not built in the local SageMaker")
        formats = _FORMATS[kind]
        if kind == "text/csv":
            formats = {"csv": {"header": not headers}}
    window: Document = {}
    if "sagemakerCaptureJson" in formats:
        window = {"start": moment(setting("start_time")), "end": moment(setting("end_time"))}
    data = read_dataset(source, formats, **window)
    if headers and not data.named:
        captured = bool(window)
        _name(data, [name for name in headers if not captured or name != config.get("label")])
        if data.rows and [data.rows[0].get(name) for name in headers] == headers:
            del data.rows[0], data.identities[0]
    labels = place("ground_truth_source")
    if labels is not None:
        data = merge(data, read_truth(labels))
    if not data.rows:
        raise AnalysisError("The data set has no rows")
    return data


def _name(data: Dataset, headers: list[str]) -> None:
    """Name the last columns: before them are captured answers, which have no names."""
    outputs = len(data.names) - len(headers)
    if outputs < 0:
        raise AnalysisError(f"There are {len(headers)} headers for {len(data.names)} columns")
    data.rename(data.names[:outputs] + headers)


class Bias:
    """The metrics of every facet of a data set."""

    def __init__(self, config: Document, data: Dataset, predicted: Array | None = None) -> None:
        """Read labels, predictions and facets.

        Args:
            config: The analysis configuration.
            data: The rows.
            predicted: Whether the model says the positive outcome of each row, if it was asked.

        Raises:
            AnalysisError: When a column or a setting is missing.
        """
        self._formulas = runpy.run_path(str(FORMULAS))
        self._config, self._data = config, data
        self.label = str(config.get("label", "label"))
        positive = config.get("label_values_or_threshold") or [1]
        self._positive = positive
        truth = TRUTH if TRUTH in data.names else self.label
        self._truth = binarised(attribute(data, truth), positive)
        self._predicted = self._predictions() if predicted is None else predicted
        given = config.get("facet") or []
        self.facets = [
            facet
            for item in (given if isinstance(given, list) else [given])
            for facet in groups(data, item)
        ]
        group = config.get("group_variable")
        self._group = None
        if group is not None:
            self._group = np.array([str(cell) for cell in attribute(data, str(group))])

    def _predictions(self) -> Array | None:
        inference = setting("inference_attribute") or self._config.get("predicted_label")
        probability = setting("probability_attribute")
        if inference not in (None, ""):
            return binarised(attribute(self._data, str(inference)), self._positive)
        if probability:
            limit = setting("probability_threshold_attribute")
            threshold = float(limit or self._config.get("probability_threshold", 0.5))
            return binarised(attribute(self._data, probability), [threshold], threshold=True)
        return None

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self._data.rows)

    def block(self, method: str, wanted: Any) -> Document:
        """One of analysis.json's two blocks; raises `AnalysisError` without predictions."""
        if method == POST and self._predicted is None:
            raise AnalysisError(
                "post_training_bias needs predictions: a predictor, predicted_label, or a "
                "monitor's InferenceAttribute or ProbabilityAttribute"
            )
        facets: dict[str, list[Document]] = {}
        for facet in self.facets:
            listed = self._written(method, self.measure(method, facet), wanted)
            entry = {"value_or_threshold": facet.shown, "metrics": listed}
            facets.setdefault(facet.name, []).append(entry)
        shown = ",".join(str(value) for value in self._positive)
        return {"label": self.label, "label_value_or_threshold": shown, "facets": facets}

    def measure(
        self, method: str, facet: Facet, rows: Array | None = None
    ) -> dict[str, tuple[float | None, str]]:
        """Every metric of one facet, of all rows or of some; none when a side is empty."""
        chosen = np.arange(self.rows) if rows is None else rows
        inside, truth = facet.inside[chosen], self._truth[chosen]
        if inside.all() or not inside.any():
            return {}
        group = None if self._group is None else self._group[chosen]
        if method == PRE:
            return dict(self._formulas["pre_training"](inside, truth, group))
        assert self._predicted is not None
        features = None if rows is not None else self._numbers()
        predicted = self._predicted[chosen]
        return dict(self._formulas["post_training"](inside, truth, predicted, features, group))

    def _numbers(self) -> Array | None:
        """The columns of numbers, by which the fliptest finds neighbours."""
        columns = []
        for name in self._data.names:
            if name in {self.label, TRUTH, *(facet.name for facet in self.facets)}:
                continue
            try:
                values = [float(cell) for cell in self._data.column(name)]  # type: ignore[arg-type]
            except (TypeError, ValueError):
                continue
            columns.append(values)
        return np.array(columns, dtype=np.float64).T if columns else None

    def _written(
        self, method: str, measured: dict[str, tuple[float | None, str]], wanted: Any
    ) -> list[Document]:
        words = self._formulas["PRE_TRAINING" if method == PRE else "POST_TRAINING"]
        listed = []
        for name in sorted(words):
            if wanted != "all" and name not in wanted:
                continue
            value, error = measured.get(name, (None, "One of the two facets has no rows"))
            entry: Document = {"name": name, "description": words[name], "value": value}
            if value is not None and math.isinf(value):
                entry["value"] = "Infinity" if value > 0 else "-Infinity"
            listed.append(entry | ({"error": error} if error else {}))
        return listed


def drifted(bias: Bias, analysis: Document, baseline: Document) -> list[Document]:
    """Each metric that is further from fair than in the baseline, by more than chance.

    A value counts only if the baseline's lies outside the normal bootstrap interval of the rows at
    hand (page "Monitor Bias Drift for Models in Production").
    """
    found = []
    for method, name, value, metric, now in _values(analysis):
        before = _find(baseline, method, name, value, metric)
        if before is None or now is None or _apart(metric, now) <= _apart(metric, before):
            continue
        facet = next(f for f in bias.facets if (f.name, f.shown) == (name, value))
        if math.isfinite(now) and abs(now - before) <= _interval(bias, method, facet, metric):
            continue
        text = f"Metric value {now:g} doesn't meet the baseline constraint requirement {before:g}"
        found.append(
            {
                "facet": name,
                "facet_value": value,
                "metric_name": metric,
                "constraint_check_type": "bias_drift_check",
                "description": text,
            }
        )
    return found


def _interval(bias: Bias, method: str, facet: Facet, metric: str) -> float:
    """Half the 95 % interval of a metric, from resampled rows."""
    generator = np.random.default_rng(0)
    values = []
    for _ in range(RESAMPLES):
        rows = generator.integers(0, bias.rows, bias.rows)
        value = bias.measure(method, facet, rows).get(metric, (None, ""))[0]
        if value is not None and math.isfinite(value):
            values.append(value)
    return QUANTILE * float(np.std(values)) if values else 0.0


def _apart(metric: str, value: float) -> float:
    """How far a value is from fair, which is 1 for a ratio and 0 for everything else."""
    return abs(value - 1.0) if metric == "DI" else abs(value)


def _values(analysis: Document) -> Iterator[tuple[str, str, str, str, float | None]]:
    """Method, facet, its value, metric and number, of every metric."""
    for method in (PRE, POST):
        for name, values in (analysis.get(f"{method}_metrics") or {}).get("facets", {}).items():
            for entry in values:
                for metric in entry["metrics"]:
                    number = None if metric["value"] is None else float(metric["value"])
                    yield method, name, str(entry["value_or_threshold"]), metric["name"], number


def _find(analysis: Document, method: str, name: str, value: str, metric: str) -> float | None:
    wanted = (method, name, value, metric)
    return next((number for *place, number in _values(analysis) if tuple(place) == wanted), None)


def _metrics(analysis: Document) -> Iterator[Document]:
    """Values for CloudWatch, under the names of the page "CloudWatch Metrics for Bias Drift"."""
    for method, name, value, metric, number in _values(analysis):
        if number is None:
            continue
        block = analysis[f"{method}_metrics"]
        yield {
            "MetricName": f"bias_metric_{metric}",
            "Value": max(-LARGEST, min(LARGEST, number)),
            "Dimensions": {
                "BiasStage": "Pre-training" if method == PRE else "Post-Training",
                "Label": block["label"],
                "LabelValue": block["label_value_or_threshold"],
                "Facet": name,
                "FacetValue": value,
            },
        }
