"""All that is measured on the rows held in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping, Optional

from science import load
from science.profiling import anomalies, correlations, document, quick_model

if TYPE_CHECKING:
    from science.profiling.sample import Sample
    from science.target import Target


def of_sample(
    sample: Sample,
    aim: Optional[Target],
    power: Mapping[str, Mapping[str, Any]],
    metric: Optional[str] = None,
) -> dict[str, Any]:
    """Links, odd rows, and a quick model's score.

    Args:
        sample: rows with every column that was fetched.
        aim: the target, if there is one.
        power: what each column tells of it alone.
        metric: the figure that counts; by default the task's own.

    Returns:
        ``correlations``, ``anomalies``, ``quick_model``, ``sampling``.
    """
    learning = sample.of([column for column in sample.columns if column.role == "feature"])
    model = None
    if aim is not None and sample.labels is not None:
        model = quick_model.score(learning, aim.task, aim.classes, power, metric)
    odd = anomalies.measure(learning)
    return {
        "correlations": correlations.measure(learning),
        "anomalies": odd,
        "quick_model": model,
        "sampling": document.notes(
            sample,
            exact=sample.whole <= load.EXACT_UP_TO,
            anomaly_rows=odd["rows"] if odd else 0,
            model_rows=model["rows"] + model["held_out_rows"] if model else 0,
        ),
    }
