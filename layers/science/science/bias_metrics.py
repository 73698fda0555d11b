"""Clarify's bias metrics, before training (of labels) and after it (of predictions).

Formulas: SageMaker Developer Guide, "Measure Pre-training Bias" and "Measure Post-training Data and
Model Bias". Facet d is the group asked about, a everyone else. Where the guide leaves open what a
division by zero means, this follows what Clarify's open library computes: 0/0 is 0, x/0 is ±∞.
"""

from __future__ import annotations

import math
from typing import Any, Optional

import numpy as np

Array = np.ndarray[Any, Any]
Value = tuple[Optional[float], str]
"""A metric's value, or None and why there is none."""

PRE_TRAINING = {
    "CI": "Class Imbalance (CI)",
    "DPL": "Difference in Proportions of Labels (DPL)",
    "KL": "Kullback-Leibler Divergence (KL)",
    "JS": "Jensen-Shannon Divergence (JS)",
    "LP": "L-p Norm (LP)",
    "TVD": "Total Variation Distance (TVD)",
    "KS": "Kolmogorov-Smirnov Distance (KS)",
    "CDDL": "Conditional Demographic Disparity in Labels (CDDL)",
}
POST_TRAINING = {
    "DPPL": "Difference in Positive Proportions in Predicted Labels (DPPL)",
    "DI": "Disparate Impact (DI)",
    "DCA": "Difference in Conditional Acceptance (DCA)",
    "DCR": "Difference in Conditional Rejection (DCR)",
    "SD": "Specificity Difference (SD)",
    "RD": "Recall Difference (RD)",
    "DAR": "Difference in Acceptance Rates (DAR)",
    "DRR": "Difference in Rejection Rates (DRR)",
    "AD": "Accuracy Difference (AD)",
    "TE": "Treatment Equality (TE)",
    "CDDPL": "Conditional Demographic Disparity in Predicted Labels (CDDPL)",
    "FT": "Counterfactual Fliptest (FT)",
    "GE": "Generalized Entropy (GE)",
}
NO_GROUP = "Group variable is empty or not provided"
NEIGHBOURS = 5
FEW = 10
"""Up to so many members of facet a, the fliptest asks the one nearest neighbour only."""
FLIPPED_ROWS, NEIGHBOUR_ROWS = 300, 1000


class Counts:
    """Numbers of rows by outcome within one facet; attributes as in the guide's formulas."""

    def __init__(self, label: Array, predicted: Array) -> None:
        """Count boolean arrays of shape (n,), true meaning the positive outcome."""
        self.n = label.size
        self.n1 = int(label.sum())
        self.n0 = self.n - self.n1
        self.p1 = int(predicted.sum())
        self.p0 = self.n - self.p1
        self.tp = int((label & predicted).sum())
        self.fp = self.p1 - self.tp
        self.fn = self.n1 - self.tp
        self.tn = self.n0 - self.fp


def pre_training(facet: Array, label: Array, group: Optional[Array] = None) -> dict[str, Value]:
    """Bias of the labels against a facet.

    Args:
        facet: true for the rows of facet d, shape (n,); both facets have rows.
        label: true for the positive outcome, shape (n,).
        group: the subgroup of each row, for conditional disparity; shape (n,).
    """
    inside, outside = label[facet], label[~facet]
    share_d, share_a = float(inside.mean()), float(outside.mean())
    apart = abs(share_a - share_d)
    return {
        "CI": _known((outside.size - inside.size) / label.size),
        "DPL": _known(share_a - share_d),
        "KL": _known(_divergence(share_a, share_d)),
        "JS": _known(_jensen_shannon(share_a, share_d)),
        "LP": _known(math.sqrt(2.0) * apart),
        "TVD": _known(apart),
        "KS": _known(apart),
        "CDDL": _conditional_disparity(facet, label, group),
    }


def post_training(
    facet: Array,
    label: Array,
    predicted: Array,
    features: Optional[Array] = None,
    group: Optional[Array] = None,
) -> dict[str, Value]:
    """Bias of the predictions against a facet.

    Args:
        facet: true for the rows of facet d, shape (n,); both facets have rows.
        label: true for the positive outcome, shape (n,).
        predicted: true where it is predicted, shape (n,).
        features: numbers by which neighbours are found for the fliptest, shape (n, f).
        group: the subgroup of each row, for conditional disparity; shape (n,).
    """
    d = Counts(label[facet], predicted[facet])
    a = Counts(label[~facet], predicted[~facet])
    metrics: dict[str, Value] = {
        "DPPL": _known(a.p1 / a.n - d.p1 / d.n),
        "DI": _known(ratio(d.p1 / d.n, a.p1 / a.n)),
        "DCA": _known(difference(ratio(a.n1, a.p1), ratio(d.n1, d.p1))),
        "DCR": _known(difference(ratio(d.n0, d.p0), ratio(a.n0, a.p0))),
        "SD": _known(ratio(d.tn, d.tn + d.fp) - ratio(a.tn, a.tn + a.fp)),
        "RD": _known(ratio(a.tp, a.tp + a.fn) - ratio(d.tp, d.tp + d.fn)),
        "DAR": _known(ratio(a.tp, a.tp + a.fp) - ratio(d.tp, d.tp + d.fp)),
        "DRR": _known(ratio(d.tn, d.tn + d.fn) - ratio(a.tn, a.tn + a.fn)),
        "AD": _known((a.tp + a.tn) / a.n - (d.tp + d.tn) / d.n),
        "TE": _known(difference(ratio(d.fn, d.fp), ratio(a.fn, a.fp))),
        "CDDPL": _conditional_disparity(facet, predicted, group),
        "GE": _generalized_entropy(label, predicted),
    }
    metrics["FT"] = (
        (None, "No numeric features")
        if features is None
        else _known(fliptest(facet, predicted, features))
    )
    return metrics


def ratio(part: float, whole: float) -> float:
    """Part / whole; 0/0 is 0 and x/0 is ∞."""
    if whole:
        return part / whole
    return math.inf if part else 0.0


def difference(left: float, right: float) -> float:
    """Left − right; 0 for two infinities."""
    return 0.0 if left == right else left - right


def fliptest(facet: Array, predicted: Array, features: Array, seed: int = 0) -> float:
    """Do members of d fare otherwise than their nearest neighbours in a (Black et al., FAT* 2020)?

    A k-nearest-neighbours vote (k = 5, or 1 if a has ``FEW`` members at most) over standardised
    features, as Clarify's library counts it: the share of d that is predicted positive though its
    neighbours are not, minus the share where it is the other way round. On more than 300 members of
    d or 1,000 of a, a random sample of them.

    Returns:
        In [−1, 1]; negative means that d fares worse than its likes in a.
    """
    generator = np.random.default_rng(seed)
    inside = generator.permutation(np.flatnonzero(facet))[:FLIPPED_ROWS]
    outside = generator.permutation(np.flatnonzero(~facet))[:NEIGHBOUR_ROWS]
    values: Array = np.nan_to_num(features[np.r_[inside, outside]].astype(np.float32))
    spread = values.std(axis=0)
    values = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    near, far = values[: inside.size], values[inside.size :]
    # |x − y|² without |x|², which is the same for every candidate neighbour.
    distance = np.sum(far**2, axis=1) - 2.0 * near @ far.T
    count = NEIGHBOURS if outside.size > FEW else 1
    nearest = np.argpartition(distance, count - 1, axis=1)[:, :count]
    vote = predicted[outside][nearest].mean(axis=1) > 0.5
    own = predicted[inside]
    return float(np.mean(own & ~vote) - np.mean(~own & vote))


def _known(value: float) -> Value:
    return float(value), ""


def _divergence(first: float, second: float) -> float:
    """KL of two yes/no distributions given by their shares of yes, in nats."""
    total = 0.0
    for left, right in ((first, second), (1.0 - first, 1.0 - second)):
        if left > 0:
            total += left * math.log(left / right) if right > 0 else math.inf
    return total


def _jensen_shannon(first: float, second: float) -> float:
    middle = (first + second) / 2.0
    return (_divergence(first, middle) + _divergence(second, middle)) / 2.0


def _conditional_disparity(facet: Array, positive: Array, group: Optional[Array]) -> Value:
    """Mean over subgroups, weighted by rows, of d's share of rejections − of acceptances."""
    if group is None:
        return None, NO_GROUP
    if positive.all() or not positive.any():
        return None, f"No {'negative' if positive.all() else 'positive'} labels in set"
    _, numbers = np.unique(group, return_inverse=True)

    def share_of_d(outcome: Array) -> Array:
        rows = np.bincount(numbers[outcome], minlength=numbers.max() + 1)
        of_d = np.bincount(numbers[outcome & facet], minlength=numbers.max() + 1)
        shares: Array = of_d / np.maximum(rows, 1)
        return shares

    disparity = share_of_d(~positive) - share_of_d(positive)
    return _known(np.average(disparity, weights=np.bincount(numbers)))


def _generalized_entropy(label: Array, predicted: Array) -> Value:
    """Inequality of benefits, α = 2, over all rows (Speicher et al., KDD 2018)."""
    benefit = predicted.astype(np.float64) - label + 1.0
    if not benefit.any():
        return None, "All predicted labels are false negatives"
    return _known(np.mean((benefit / benefit.mean()) ** 2 - 1.0) / 2.0)
