"""Has the traffic moved away from the training data, by more than chance would move it?

Three measures a column, each from counts alone:

- the population stability index over about ten bins, missing values being one more (Siddiqi, Credit
  Risk Scorecards, 2006); 0.2 is the customary alarm;
- of numbers, the largest gap between the cumulative shares (Kolmogorov-Smirnov), on the sketch's
  fifty bins, and so at most one bin's share below the exact figure;
- of categories, the largest change of one level's share (L-infinity), as in Model Monitor.

Small samples differ by chance alone. Without any drift PSI is distributed like
(1/n + 1/m)·χ² with one degree of freedom less than bins (Yurdakul, "Statistical Properties of the
Population Stability Index", 2018): its mean (bins − 1)(1/n + 1/m) is subtracted, and what remains
counts only if PSI as a whole is beyond the quantile that chance reaches once in a thousand
comparisons of *all* columns. KS and L-infinity are held against the same chance.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any, Optional

import numpy as np

from science.sketch import CATEGORY, NUMBER, PRESENCE, ColumnSketch, Sketch

Array = np.ndarray[Any, Any]

THRESHOLD = 0.2
FALSE_ALARMS = 0.001
"""How often a comparison of all columns may alarm although nothing has changed."""
LEAST_ROWS = 50
"""A window of fewer rows is not judged: only gross changes could be told from chance."""
PSI_BINS, PSI_LEVELS = 10, 20
RARE = 5
"""A level of fewer training rows is not counted on its own."""
NORMAL = NormalDist()


@dataclass(frozen=True)
class ColumnDrift:
    """How far a column has moved.

    Attributes:
        column: its name.
        kind: its kind in the training data.
        statistic: the measure that speaks for it: ``psi``, ``ks`` or ``linf``.
        value: what that measure says, chance taken off for PSI.
        threshold: what it had to reach.
        drifted: whether it did.
        psi: PSI less what chance adds on average.
        ks: of numbers.
        linf: of categories.
        missing_before: share of training rows without a value.
        missing_now: share of the window's rows without one.
        unseen: share of the window's rows with a level that training never held; None if training
            held more levels than are kept.
    """

    column: str
    kind: str
    statistic: str
    value: float
    threshold: float
    drifted: bool
    psi: float
    ks: Optional[float]
    linf: Optional[float]
    missing_before: float
    missing_now: float
    unseen: Optional[float]

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def compare(
    baseline: Sketch,
    window: Sketch,
    threshold: float = THRESHOLD,
    false_alarms: float = FALSE_ALARMS,
) -> list[ColumnDrift]:
    """Compare every column of a window with the training data, the furthest moved first.

    Args:
        baseline: the training data's sketch.
        window: the traffic's, over the same bins.
        threshold: the PSI that counts as drift (``monitor.drift``); KS and L-infinity count from
            the gap on that a shift of that PSI makes, see ``gap_of``.
        false_alarms: the chance of any alarm at all when nothing has changed.

    Returns:
        Nothing if the window has fewer than ``LEAST_ROWS`` rows.
    """
    if window.rows < LEAST_ROWS:
        return []
    # Each column has two measures at most; chance is shared out among all (Bonferroni).
    each = false_alarms / max(1, 2 * len(baseline.columns))
    found = [
        _compare(column, window.columns[name], threshold, each)
        for name, column in baseline.columns.items()
    ]
    return sorted(found, key=lambda drift: (not drift.drifted, -drift.value / drift.threshold))


def gap_of(psi: float) -> float:
    """The KS distance of two normal distributions whose PSI is the one given.

    Normals of one spread whose means lie δ deviations apart have PSI δ² and KS 2Φ(δ/2) − 1, so one
    threshold serves both measures: 0.2 means 0.177.
    """
    return 2.0 * NORMAL.cdf(math.sqrt(psi) / 2.0) - 1.0


def population_stability(before: Array, now: Array) -> float:
    """PSI of two rows of counts over the same bins.

    Half a row is added to each bin, so that an empty one does not make it infinite (Jeffreys'
    prior).
    """
    first = (before + 0.5) / (before.sum() + 0.5 * before.size)
    second = (now + 0.5) / (now.sum() + 0.5 * now.size)
    return float(np.sum((second - first) * np.log(second / first)))


def chi_square_quantile(probability: float, freedom: int) -> float:
    """The quantile of χ² (Wilson and Hilferty, PNAS 1931); within 1 % from 3 degrees on."""
    spread = 2.0 / (9.0 * freedom)
    return freedom * (1.0 - spread + NORMAL.inv_cdf(probability) * math.sqrt(spread)) ** 3


def _compare(
    before: ColumnSketch, now: ColumnSketch, threshold: float, false_alarms: float
) -> ColumnDrift:
    noise = 1.0 / max(1, before.rows) + 1.0 / max(1, now.rows)
    first, second = _psi_counts(before, now)
    freedom = max(1, int(np.count_nonzero(first + second)) - 1)
    raw = population_stability(first, second)
    psi = max(0.0, raw - freedom * noise)
    by_chance = noise * (chi_square_quantile(1.0 - false_alarms, freedom) - freedom)
    measures = [("psi", psi, max(threshold, by_chance))]
    gap = _gap(before, now)
    if gap is not None:
        name = "ks" if before.measure == NUMBER else "linf"
        bound = _gap_by_chance(before, now, false_alarms)
        measures.append((name, gap, max(gap_of(threshold), bound)))
    statistic, value, needed = max(measures, key=lambda item: item[1] / item[2])
    return ColumnDrift(
        column=before.name,
        kind=before.kind,
        statistic=statistic,
        value=value,
        threshold=needed,
        drifted=value > needed,
        psi=psi,
        ks=gap if before.measure == NUMBER else None,
        linf=gap if before.measure == CATEGORY else None,
        missing_before=before.missing / max(1, before.rows),
        missing_now=now.missing / max(1, now.rows),
        unseen=_unseen(before, now),
    )


def _psi_counts(before: ColumnSketch, now: ColumnSketch) -> tuple[Array, Array]:
    """Counts over few bins; missing values are one more."""
    first, second = _few_bins(before, now)
    first, second = np.r_[first, before.missing], np.r_[second, now.missing]
    used = (first + second) > 0
    return first[used], second[used]


def _few_bins(before: ColumnSketch, now: ColumnSketch) -> tuple[Array, Array]:
    """Counts over tenths of the training rows, or over the most frequent levels and a rest.

    Levels never seen in training belong to the rest: where rare levels were seen, others as rare
    will come that were not. Where training left no rest, they are it.
    """
    if before.measure == PRESENCE:
        return np.array([float(before.present)]), np.array([float(now.present)])
    first, second = _counts(before), _counts(now)
    if before.measure == NUMBER and first.size > PSI_BINS:
        middle = np.cumsum(first) - first / 2.0
        tenth = np.minimum((middle / max(1.0, first.sum()) * PSI_BINS).astype(int), PSI_BINS - 1)
        return np.bincount(tenth, first), np.bincount(tenth, second)
    if before.measure == CATEGORY:
        kept = min(PSI_LEVELS, int(np.count_nonzero(first[:-1] >= RARE)))
        first, second = (np.r_[counts[:kept], counts[kept:].sum()] for counts in (first, second))
    return first, second


def _counts(sketch: ColumnSketch) -> Array:
    return np.array(sketch.counts, dtype=np.float64)


def _gap(before: ColumnSketch, now: ColumnSketch) -> Optional[float]:
    """KS of numbers, L-infinity of categories, among the rows with a value."""
    if before.measure == PRESENCE or not before.present or not now.present:
        return None
    if before.measure == NUMBER:
        first, second = _counts(before), _counts(now)
        apart = np.cumsum(second / second.sum() - first / first.sum())
    else:
        first, second = _few_bins(before, now)
        apart = second / second.sum() - first / first.sum()
    return float(np.max(np.abs(apart)))


def _gap_by_chance(before: ColumnSketch, now: ColumnSketch, false_alarms: float) -> float:
    """What chance alone reaches with the probability given.

    KS: c(α)·√(1/n + 1/m), c = √(−ln(α/2)/2) (Smirnov 1948). L-infinity: the widest of the levels'
    normal intervals, chance shared out among them.
    """
    noise = math.sqrt(1.0 / before.present + 1.0 / now.present)
    if before.measure == NUMBER:
        return math.sqrt(-math.log(false_alarms / 2.0) / 2.0) * noise
    counts = np.add(*_few_bins(before, now))
    shares = counts[counts > 0] / counts.sum()
    reach = NORMAL.inv_cdf(1.0 - false_alarms / (2.0 * shares.size))
    return float(reach * noise * np.sqrt(np.max(shares * (1.0 - shares))))


def _unseen(before: ColumnSketch, now: ColumnSketch) -> Optional[float]:
    if before.measure != CATEGORY or not before.complete:
        return None
    return now.counts[-1] / max(1, now.rows)


def drift_report(
    problem: dict[str, Any],
    baseline: Sketch,
    window: Sketch,
    *,
    threshold: Optional[float] = None,
    about: Optional[dict[str, Any]] = None,
) -> dict[str, Any]:
    """The ``drift`` report: every column's movement, and pictures of those that moved furthest.

    Args:
        problem: the prepared problem.
        baseline: the training data's sketch.
        window: the traffic's.
        threshold: the PSI that counts; the problem's ``monitor.drift`` unless given.
        about: what else the report is to tell, such as ``run``, ``started_at``, ``ended_at``.
    """
    if threshold is None:
        threshold = float(problem["monitor"]["drift"])
    found = compare(baseline, window, threshold)
    return {
        "problem": problem["name"],
        **(about or {}),
        "rows": window.rows,
        "baseline_rows": baseline.rows,
        "least_rows": LEAST_ROWS,
        "threshold": threshold,
        "drifted": [drift.column for drift in found if drift.drifted],
        "columns": [drift.document() for drift in found],
        "pictures": [
            _shares(baseline.columns[drift.column], window.columns[drift.column])
            for drift in found[:8]
            if baseline.columns[drift.column].measure != PRESENCE
        ],
    }


def _shares(before: ColumnSketch, now: ColumnSketch) -> dict[str, Any]:
    """Shares of rows by bin, before and now, as the report draws them."""
    labels = [*before.levels, "(other)"]
    first, second = _counts(before), _counts(now)
    if before.measure == NUMBER:
        group = np.minimum(np.arange(first.size) * 12 // max(1, first.size), 11)
        ends = [f"≤ {edge:.6g}" for edge in before.edges]
        last = np.r_[np.flatnonzero(np.diff(group)), first.size - 1]
        above = f"> {before.edges[-1]:.6g}" if before.edges else "all"
        labels = [ends[at] if at < len(ends) else above for at in last]
        first, second = np.bincount(group, first), np.bincount(group, second)
        first, second = first[np.unique(group)], second[np.unique(group)]
    elif first.size > 12:
        first, second = (np.r_[counts[:11], counts[11:].sum()] for counts in (first, second))
        labels = [*labels[:11], "(all others)"]
    labels = [*labels, "(missing)"]
    return {
        "column": before.name,
        "labels": labels,
        "before": (np.r_[first, before.missing] / max(1, before.rows)).tolist(),
        "now": (np.r_[second, now.missing] / max(1, now.rows)).tolist(),
    }
