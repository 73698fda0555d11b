"""What really happened, held against what the model had said."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Iterable, Mapping, Optional

import numpy as np

from science.capture import outputs, read_capture
from science.database import connect
from science.evaluation import encode_target, judge, measure, standard_error
from science.metric_names import METRICS
from science.sql_values import literal
from science.tables import ingest

COLUMNS = ("inference_id", "label")


class TruthFault(ValueError):  # noqa: N818  (named for what it is: a fault in a file of truths)
    """A file that holds no truths."""

    def __init__(self, reason: str, cure: str, line: Optional[int] = None) -> None:
        """Keep what is wrong and how to mend it."""
        super().__init__(reason)
        self.reason, self.cure, self.line = reason, cure, line


def read_truth(path: Path, name: str) -> dict[str, str]:
    """Labels by inference id; the last one wins where an id comes twice.

    Args:
        path: CSV or JSON Lines (or any format that ``science.tables`` reads), plain or compressed.
        name: the file's name, which tells its format.

    Raises:
        UnreadableFile: it is no table.
        TruthFault: it lacks one of the two columns, or has no rows with both.
    """
    with TemporaryDirectory() as folder:
        table = Path(folder, "truth.parquet")
        ingest(path, name, table)
        with connect() as connection:
            source = f"read_parquet({literal(str(table))})"
            there = [row[0] for row in connection.execute(f"DESCRIBE FROM {source}").fetchall()]
            missing = [column for column in COLUMNS if column not in there]
            if missing:
                raise TruthFault(
                    f"the columns {', '.join(missing)} are missing; there are {', '.join(there)}",
                    "Send two columns: inference_id,label.",
                )
            rows = connection.execute(
                f"SELECT inference_id::VARCHAR, label::VARCHAR FROM {source} "
                "WHERE inference_id IS NOT NULL AND label IS NOT NULL"
            ).fetchall()
    if not rows:
        raise TruthFault("no row has both an inference_id and a label", "Send at least one.")
    return dict(rows)


def measure_traffic(
    captured: Iterable[bytes],
    known: Mapping[str, str],
    problem: dict[str, Any],
    since: str = "",
) -> dict[str, Any]:
    """The problem's metric over captured answers whose truth is known.

    Args:
        captured: capture lines.
        known: labels by inference id.
        problem: the prepared problem.
        since: answers before this moment, ISO 8601, are another model's.

    Returns:
        ``metric``, ``value`` (None where it cannot be computed), ``greater_is_better``, ``rows``,
        and ``error``: how far chance alone moves the value (None where that cannot be told).
    """
    traffic = read_capture(captured, problem)
    at = [
        index
        for index, (identity, time) in enumerate(zip(traffic.inference_ids, traffic.times))
        if identity in known and (not since or not time or time[:19] >= since[:19])
    ]
    labels = np.array([known[traffic.inference_ids[index]] for index in at], dtype=object)
    said = outputs([traffic.answers[index] for index in at], problem)
    truth = encode_target(labels, problem) if at else np.empty(0)
    whole = ~np.isnan(truth) & ~np.isnan(said.reshape(len(truth), -1)).any(axis=1)
    return _judged(truth[whole], said[whole], problem)


def _judged(
    truth: np.ndarray[Any, Any], said: np.ndarray[Any, Any], problem: dict[str, Any]
) -> dict[str, Any]:
    figures: dict[str, Optional[float]] = dict.fromkeys(METRICS)
    if len(truth) > 1:
        figures = measure(truth, said, problem)
    name, value, rising = judge(figures, problem)
    return {
        "metric": name,
        "value": value,
        "greater_is_better": rising,
        "error": None if value is None else standard_error(truth, said, problem, name),
        "rows": len(truth),
    }
