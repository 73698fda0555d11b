"""Every key of ``problem.yaml``, what it accepts, and its default.

The classes are frozen and refuse keys they do not know. What must fit *together* stands in
``rules``; what is accepted by name but cannot be carried out yet is told there as well.

What ``prepare`` accepts is what ``science.prepare`` carries out:
``missing`` auto, drop, mean, median, mode · ``duplicates`` drop, keep · ``outliers`` clip, drop,
keep · ``text`` tokenize, embed, drop · ``scale`` standardize, normalize, none ·
``rare_categories`` auto, keep · ``steps`` of a
recipe (``recipe_steps``), or ``flow``: a Data Wrangler flow that has them, done before anything is
told of the cells · ``recipe``: a whole one, in place of what is proposed.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from lifecycle.problem.recipe_steps import STEP
from lifecycle.problem.section import Section
from lifecycle.problem.sources import Source  # noqa: TC001  pydantic reads it
from lifecycle.problem.values import (
    COLUMN,
    EMAIL_ADDRESS,
    INSTANCE_TYPE,
    LISTED,
    PAIR,
    SWITCH,
    duration,
    matching,
    number,
    text,
    whole,
)

NAME = matching(
    re.compile(r"[a-z][a-z0-9-]{0,23}"),
    "no name of a problem",
    "a lower-case letter, then up to 23 lower-case letters, digits and hyphens",
)
REGION = matching(
    re.compile(r"[a-z]{2}(-[a-z]+)+-\d"), "no AWS Region", "a Region such as us-east-1"
)

FLOW = matching(
    re.compile(r"code/[\w ./=+@-]{1,500}\.flow"),
    "no Data Wrangler flow under code/",
    "a key under code/ that ends in .flow, such as code/prepare.flow",
)

RECIPE = matching(
    re.compile(r"code/[\w ./=+@-]{1,500}\.json"),
    "no recipe under code/",
    "a key under code/ that ends in .json, such as code/recipe.json",
)

SHORTEST_LINEAR_PERCENT = 10
"""The least a linear shift may move at once, and what shifts move when nothing is said."""

type Columns = Annotated[tuple[Annotated[str, COLUMN], ...], LISTED]
type Switch = Annotated[bool, SWITCH]
type Instance = Annotated[str, INSTANCE_TYPE]
type Task = Literal[
    "binary_classification",
    "multiclass_classification",
    "regression",
    "clustering",
    "anomaly_detection",
    "text_classification",
    "image_classification",
]
type MetricName = Literal[
    "accuracy",
    "balanced_accuracy",
    "precision",
    "recall",
    "f1",
    "roc_auc",
    "pr_auc",
    "log_loss",
    "brier",
    "rmse",
    "mae",
    "r2",
]
type TrainingRule = Literal["loss_not_decreasing", "exploding_gradient", "overfit"]
type BiasMetric = Literal[
    "CI", "DPL", "KL", "JS", "LP", "TVD", "KS", "CDDL",
    "DPPL", "DI", "DCA", "DCR", "SD", "RD", "DAR", "DRR", "AD", "TE", "CDDPL", "FT", "GE",
]  # fmt: skip
"""Clarify's names: before training, then after it (Clarify, "methods" of an analysis)."""


class Metric(Section):
    """What judges a model; without ``approve_at`` only the champion sets a bar."""

    name: MetricName | None = None
    approve_at: Annotated[float, number(-1e12, 1e12)] | None = None


class ColumnRoles(Section):
    """Columns that are more, or less, than features."""

    id: Annotated[str, COLUMN] | None = None
    time: Annotated[str, COLUMN] | None = None
    exclude: Columns = ()
    sensitive: Columns = ()


class Compliance(Section):
    """What the law or the house asks for; without ``regions`` the stack's own Region is allowed."""

    pii: Columns = ()
    pii_action: Literal["hash", "drop"] = "hash"
    retention_days: Annotated[int, whole(1, 3650)] = 365
    regions: Annotated[tuple[Annotated[str, REGION], ...], LISTED] = ()


class Snapshot(Section):
    """When the files of one write are all there, and whether they replace those before them."""

    close: Literal["auto", "at_once", "marker", "quiet"] = "auto"
    quiet: Annotated[str, duration("1s", "1d")] = "60s"
    replace: Literal["none", "folder", "all"] = "none"


class Data(Section):
    """How much data to wait for, and where it comes from besides S3 and Kinesis."""

    minimum_rows: Annotated[int, whole(1, 1_000_000_000)] = 500
    snapshot: Snapshot = Snapshot()
    sources: Annotated[tuple[Source, ...], LISTED] = ()


class Prepare(Section):
    """How rows are cleaned and turned into features."""

    missing: Literal["auto", "drop", "mean", "median", "mode"] = "auto"
    duplicates: Literal["drop", "keep"] = "drop"
    outliers: Literal["clip", "drop", "keep"] = "clip"
    text: Literal["tokenize", "embed", "drop"] = "tokenize"
    scale: Literal["standardize", "normalize", "none"] = "standardize"
    rare_categories: Literal["auto", "keep"] = "auto"
    image_size: Annotated[
        tuple[Annotated[int, whole(8, 1024)], Annotated[int, whole(8, 1024)]], PAIR
    ] = (64, 64)
    steps: Annotated[tuple[Annotated[dict[str, Any], STEP], ...], LISTED] = ()
    flow: Annotated[str, FLOW] | None = None
    recipe: Annotated[str, RECIPE] | None = None


class FeatureJoin(Section):
    """Features of another problem, as they were known at each row's own time.

    ``on`` is the column that holds the other problem's identifiers (``columns.id``, if left out);
    features older than ``within`` count as missing.
    """

    group: Annotated[str, NAME]
    columns: Columns = ()
    on: Annotated[str, COLUMN] | None = None
    within: Annotated[str, duration("1s", "3650d")] | None = None


class Features(Section):
    """Whether cleaned rows go to the Feature Store, and which features of others come from there.

    The online store keeps each identifier's newest record, for ``ttl`` after its event time.
    """

    store: Switch = True
    online: Switch = False
    ttl: Annotated[str, duration("1s", "3650d")] | None = None
    join: Annotated[tuple[FeatureJoin, ...], LISTED] = ()


class Label(Section):
    """How rows without a target come by one; it matters only when the target is missing."""

    when: Literal["target_missing", "never"] = "target_missing"
    workforce: Literal["private", "vendor", "public"] = "private"
    active_learning: Switch = True
    classes: Columns = ()
    instructions: Annotated[str, text(4096)] = ""


class Build(Section):
    """What is trained: an algorithm, a script of the user's, or a JumpStart model."""

    algorithm: Literal[
        "auto",
        "xgboost",
        "lightgbm",
        "catboost",
        "autogluon-tabular",
        "tabtransformer",
        "linear-learner",
        "knn",
        "kmeans",
        "pca",
        "randomcutforest",
        "factorization-machines",
        "blazingtext",
        "image-classification",
    ] = "auto"
    script: Annotated[str, text(1024)] | None = None
    jumpstart: Annotated[str, text(256)] | None = None


class Train(Section):
    """Where and how long a model trains; ``max_minutes`` is a job's longest time."""

    instance: Instance = "ml.m5.large"
    spot: Switch = True
    max_minutes: Annotated[int, whole(1, 20160)] = 60
    rules: Annotated[tuple[TrainingRule, ...], LISTED] = (
        "loss_not_decreasing",
        "exploding_gradient",
        "overfit",
    )


class Tune(Section):
    """How hyperparameters are searched; ``none`` trains once. Two at once, unless told."""

    strategy: Literal["bayesian", "random", "grid", "hyperband", "none"] = "bayesian"
    jobs: Annotated[int, whole(1, 500)] = 10
    parallel: Annotated[int, whole(1, 100)] | None = None


class Bias(Section):
    """Which columns are looked at for bias (the sensitive ones, if none are named), and limits."""

    facets: Columns = ()
    limits: dict[BiasMetric, Annotated[float, number(0, 1000)]] = {}  # noqa: RUF012  pydantic copies it


class Evaluate(Section):
    """The share of rows that no training sees, and what is looked at on them."""

    holdout: Annotated[float, number(0.01, 0.5)] = 0.15
    bias: Bias = Bias()
    explain: Switch = True


class Shift(Section):
    """How traffic moves to a new model; bounds are those of SageMaker's deployment guardrails."""

    type: Literal["all_at_once", "canary", "linear"] = "canary"
    percent: Annotated[int, whole(1, 100)] | None = None
    bake_minutes: Annotated[float, number(0, 60)] = 5.0


class Deploy(Section):
    """How a model is served; ``batch`` has no endpoint and scores files only."""

    mode: Literal["realtime", "serverless", "batch"] = "realtime"
    instance: Instance = "ml.m5.large"
    shift: Shift = Shift()


class Monitor(Section):
    """How often traffic is judged, the PSI that counts as drift, and the loss that counts."""

    every: Annotated[str, duration("1s", "30d")] = "1h"
    drift: Annotated[float, number(0.001, 10)] = 0.2
    quality_drop: Annotated[float, number(0, 1)] = 0.05


class Retrain(Section):
    """What starts a new run, and how long at least lies between two of them."""

    on: Annotated[tuple[Literal["drift", "quality"], ...], LISTED] = ("drift", "quality")
    cooldown: Annotated[str, duration("0s", "365d")] = "24h"
    through: Literal["events", "pipeline"] = "events"


class Budget(Section):
    """What may be spent, in US dollars; without an entry there is no limit."""

    usd_per_run: Annotated[float, number(0)] | None = None
    usd_per_month: Annotated[float, number(0)] | None = None


def _named(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


class Problem(Section):
    """A whole ``problem.yaml``."""

    name: Annotated[str, NAME]
    objective: Annotated[str, text(1024)] = ""
    target: Annotated[str, COLUMN]
    positive: Annotated[str, COLUMN] | None = None
    task: Task | None = None
    learning: Literal["supervised", "unsupervised", "reinforcement"] = "supervised"
    metric: Annotated[Metric, BeforeValidator(_named)] = Metric()
    columns: ColumnRoles = ColumnRoles()
    compliance: Compliance = Compliance()
    data: Data = Data()
    prepare: Prepare = Prepare()
    features: Features = Features()
    label: Label = Label()
    build: Build = Build()
    train: Train = Train()
    tune: Tune = Tune()
    evaluate: Evaluate = Evaluate()
    approve: Literal["automatic", "manual"] = "automatic"
    deploy: Deploy = Deploy()
    monitor: Monitor = Monitor()
    retrain: Retrain = Retrain()
    budget: Budget = Budget()
    alerts: Annotated[tuple[Annotated[str, EMAIL_ADDRESS], ...], LISTED] = ()
