"""What jobs and endpoints cost, estimated from list prices.

On-demand list prices of SageMaker AI in us-east-1, in US dollars an instance-hour, as published in
2025 ("Amazon SageMaker AI pricing": training, processing and real-time hosting cost the same for
these types). They are an estimate: other Regions, savings plans, storage, requests and the stack's
own functions are not in them. The bill is what counts.
"""

from __future__ import annotations

from math import prod
from typing import Any

from lifecycle.requests.training import GRID

USD_PER_HOUR: dict[str, float] = {
    "ml.t2.medium": 0.056,
    "ml.t2.large": 0.111,
    "ml.t2.xlarge": 0.223,
    "ml.t2.2xlarge": 0.445,
    "ml.t3.medium": 0.05,
    "ml.t3.large": 0.10,
    "ml.t3.xlarge": 0.20,
    "ml.t3.2xlarge": 0.399,
    "ml.m4.xlarge": 0.24,
    "ml.m4.2xlarge": 0.48,
    "ml.m4.4xlarge": 0.96,
    "ml.m4.10xlarge": 2.40,
    "ml.m4.16xlarge": 3.84,
    "ml.m5.large": 0.115,
    "ml.m5.xlarge": 0.23,
    "ml.m5.2xlarge": 0.461,
    "ml.m5.4xlarge": 0.922,
    "ml.m5.12xlarge": 2.765,
    "ml.m5.24xlarge": 5.53,
    "ml.m6i.large": 0.115,
    "ml.m6i.xlarge": 0.23,
    "ml.m6i.2xlarge": 0.461,
    "ml.m6i.4xlarge": 0.922,
    "ml.m6i.8xlarge": 1.843,
    "ml.m6i.12xlarge": 2.765,
    "ml.m6i.16xlarge": 3.686,
    "ml.c5.large": 0.102,
    "ml.c5.xlarge": 0.204,
    "ml.c5.2xlarge": 0.408,
    "ml.c5.4xlarge": 0.816,
    "ml.c5.9xlarge": 1.836,
    "ml.c5.18xlarge": 3.672,
    "ml.c6i.large": 0.102,
    "ml.c6i.xlarge": 0.204,
    "ml.c6i.2xlarge": 0.408,
    "ml.c6i.4xlarge": 0.816,
    "ml.c6i.8xlarge": 1.632,
    "ml.c6i.12xlarge": 2.448,
    "ml.c6i.16xlarge": 3.264,
    "ml.r5.large": 0.151,
    "ml.r5.xlarge": 0.302,
    "ml.r5.2xlarge": 0.605,
    "ml.r5.4xlarge": 1.21,
    "ml.r5.12xlarge": 3.629,
    "ml.r5.24xlarge": 7.258,
    "ml.g4dn.xlarge": 0.736,
    "ml.g4dn.2xlarge": 0.94,
    "ml.g4dn.4xlarge": 1.505,
    "ml.g4dn.8xlarge": 2.72,
    "ml.g4dn.12xlarge": 4.89,
    "ml.g4dn.16xlarge": 5.44,
    "ml.g5.xlarge": 1.408,
    "ml.g5.2xlarge": 1.515,
    "ml.g5.4xlarge": 2.03,
    "ml.g5.8xlarge": 3.06,
    "ml.g5.12xlarge": 7.09,
    "ml.g5.16xlarge": 5.12,
    "ml.g5.24xlarge": 10.18,
    "ml.g5.48xlarge": 20.36,
    "ml.p3.2xlarge": 3.825,
    "ml.p3.8xlarge": 14.688,
    "ml.p3.16xlarge": 28.152,
}

SPOT_FACTOR = 0.4
"""What managed spot training costs of the on-demand price, cautiously: AWS speaks of savings of up
to 90 %, and the price moves with the market ("Managed Spot Training in Amazon SageMaker AI")."""

HOSTING_HOURLY_USD = USD_PER_HOUR
"""Real-time hosting costs what training costs, for the types listed."""

NOTE = (
    "An estimate from on-demand list prices of us-east-1 as published in 2025, spot training at "
    f"{SPOT_FACTOR:.0%} of them; storage, requests and the stack's own functions are not in it."
)

EVALUATION_MINUTES = 10
"""What an evaluation is taken to last; it scores the hold-out and is charged on demand."""


def cost_of(seconds: float, instance: str, count: int = 1, *, spot: bool = False) -> float | None:
    """What some instances cost for a time, in US dollars.

    Args:
        seconds: billable seconds of each instance.
        instance: the type, such as ``ml.m5.large``.
        count: how many of them.
        spot: whether it is managed spot training.

    Returns:
        The estimate, or None when the type has no price here.
    """
    hourly = USD_PER_HOUR.get(instance)
    if hourly is None:
        return None
    return seconds / 3600 * hourly * count * (SPOT_FACTOR if spot else 1.0)


def training_jobs(definition: dict[str, Any]) -> int:
    """How many training jobs a run of a resolved definition starts."""
    tune = definition["tune"]
    if tune["strategy"] == "none":
        return 1
    if tune["strategy"] == "grid":
        # Grid search tries every combination, whatever tune.jobs says.
        return prod(len(item["Values"]) for item in GRID["CategoricalParameterRanges"])
    return int(tune["jobs"])


def estimate_run(definition: dict[str, Any]) -> float | None:
    """What a run of a resolved definition may cost at most, before it begins, in US dollars.

    Every training job is taken to last as long as ``train.max_minutes`` lets it: a budget that is
    kept by a guess is not kept. What a run did cost is measured when its jobs end.

    Returns:
        The estimate, or None when the training instance has no price here.
    """
    train = definition["train"]
    instance = train["instance"]
    seconds = training_jobs(definition) * train["max_minutes"] * 60
    training = cost_of(seconds, instance, spot=train["spot"])
    evaluation = cost_of(EVALUATION_MINUTES * 60, instance)
    if training is None or evaluation is None:
        return None
    return round(training + evaluation, 4)
