"""Model Monitor's analyzer: statistics, suggested constraints, and violations of a baseline's.

Pages "Create a Baseline" and "Amazon SageMaker Model Monitor Prebuilt Container".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from local.sagemaker.containers.monitoring.columns import numbers_of, statistics
from local.sagemaker.containers.monitoring.constraints import suggested, violations
from local.sagemaker.containers.monitoring.contract import (
    AnalysisError,
    baseline_file,
    emit_metrics,
    moment,
    place,
    run,
    say,
    setting,
    verdict,
    write_json,
)
from local.sagemaker.containers.monitoring.dataset import Dataset, load_function, read_dataset
from local.sagemaker.containers.monitoring.quality import analyse_quality

if TYPE_CHECKING:
    from pathlib import Path

type Document = dict[str, Any]


def main(_arguments: list[str]) -> int:
    """Analyse what the environment names; returns the exit code."""
    return run(analyse)


def analyse() -> None:
    """Analyse data or model quality; raises `AnalysisError`."""
    output = place("output_path")
    if output is None:
        raise AnalysisError("The environment variable output_path is not set")
    data = load()
    if setting("analysis_type").upper() == "MODEL_QUALITY":
        analyse_quality(data, output)
    else:
        analyse_data(data, output)
    script = place("post_analytics_processor_script")
    if script is not None:
        load_function(script, "postprocess_handler")()


def load() -> Dataset:
    """The data set that the environment names; raises `AnalysisError`."""
    source = place("dataset_source")
    if source is None or not source.exists():
        raise AnalysisError("dataset_source is not there")
    try:
        formats = json.loads(setting("dataset_format", '{"csv": {"header": true}}'))
    except ValueError as error:
        raise AnalysisError(f"dataset_format is not JSON: {error}") from error
    if not isinstance(formats, dict) or not formats:
        raise AnalysisError("dataset_format is not a JSON object")
    capture: Document = {
        "start": moment(setting("start_time")),
        "end": moment(setting("end_time")),
    }
    script = place("record_preprocessor_script")
    if script is not None and "sagemakerCaptureJson" in formats:
        capture["preprocess"] = load_function(script, "preprocess_handler")
    data = read_dataset(source, formats, **capture)
    if not data.rows:
        raise AnalysisError("The data set has no rows")
    return data


def analyse_data(data: Dataset, output: Path) -> None:
    """Write the three files, and say whether the baseline's constraints hold."""
    constraints = baseline_file("baseline_constraints")
    baseline = baseline_file("baseline_statistics")
    kinds: dict[str, str] = {}
    if constraints is not None:
        wanted = [entry["name"] for entry in constraints.get("features", [])]
        if not data.named:
            data.rename(wanted)
        kinds = {entry["name"]: entry["inferred_type"] for entry in constraints["features"]}
    told = statistics(data, kinds)
    write_json(output, "statistics.json", told)
    method = setting("categorical_drift_method") or "LInfinity"
    write_json(output, "constraints.json", suggested(told, method))
    found: list[Document] = []
    distances: dict[str, float] = {}
    if constraints is not None:
        found, distances = violations(data, constraints, baseline)
        write_json(output, "constraint_violations.json", {"violations": found})
    emit_metrics(_metrics(data, told, distances), constraints)
    say(verdict(len(found)))


def _metrics(data: Dataset, told: Document, distances: dict[str, float]) -> list[Document]:
    """Values for CloudWatch, under the names of the page "CloudWatch Metrics"."""
    metrics: list[Document] = []
    for feature in told["features"]:
        name = feature["name"]
        numeric = "numerical_statistics" in feature
        common = (feature["numerical_statistics"] if numeric else feature["string_statistics"])[
            "common"
        ]
        rows = common["num_present"] + common["num_missing"]
        share = common["num_present"] / rows if rows else 0.0
        metrics.append({"MetricName": f"feature_non_null_{name}", "Value": share})
        values = numbers_of(data.column(name)) if numeric else numbers_of([])
        if values.size:
            summary = {
                "Maximum": float(values.max()),
                "Minimum": float(values.min()),
                "Sum": float(values.sum()),
                "SampleCount": float(values.size),
            }
            metrics.append({"MetricName": f"feature_data_{name}", "StatisticValues": summary})
        if name in distances:
            drift = {"MetricName": f"feature_baseline_drift_{name}", "Value": distances[name]}
            metrics.append(drift)
    return metrics
