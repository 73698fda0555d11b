"""What must fit together, and what is accepted by name but cannot be carried out yet.

A rule names the keys it looks at; when one of them is at fault already, the rule keeps silent, so
that one mistake is told once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lifecycle.prices import USD_PER_HOUR
from lifecycle.problem.definition import SHORTEST_LINEAR_PERCENT
from lifecycle.problem.metric_names import (
    BINARY,
    BY_CONTENT,
    DEFAULTS,
    METRICS,
    REGRESSION,
    metrics_of,
)
from lifecycle.problem.values import bounds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lifecycle.problem.definition import Problem
    from lifecycle.problem.reader import Path

RUNNABLE_ALGORITHMS = ("auto", "xgboost")
CONDITIONAL = frozenset({"CDDL", "CDDPL"})
MOST_JOINS = 10
"""Their groups are told to the container in one variable, of 1,024 characters (CreateModel)."""

LONGEST_SHIFT_MINUTES = 450
"""UpdateEndpoint ends a shift after at most 28,800 s; half an hour of it is for starting."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not fit; its line is looked up later."""

    path: Path
    message: str
    accepted: tuple[str, ...] = ()
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the definition landed, and where the stack stands."""

    folder: str
    region: str


type Check = Callable[[Problem, Place], Iterator[Finding]]

RULES: list[tuple[tuple[str, ...], Check]] = []


def rule(*concerns: str) -> Callable[[Check], Check]:
    """Register a check with the dotted keys that it looks at."""

    def register(check: Check) -> Check:
        RULES.append((concerns, check))
        return check

    return register


def findings(problem: Problem, place: Place, faulty: set[str]) -> Iterator[Finding]:
    """All that does not fit.

    Args:
        problem: the definition; keys at fault hold their defaults.
        place: where it landed.
        faulty: dotted keys that are at fault already.
    """
    for concerns, check in RULES:
        touched = (
            key == bad
            or key.startswith((f"{bad}.", f"{bad}["))
            or bad.startswith((f"{key}.", f"{key}["))
            for key in concerns
            for bad in faulty
        )
        if not any(touched):
            yield from check(problem, place)


@rule("name")
def _folder(problem: Problem, place: Place) -> Iterator[Finding]:
    if problem.name != place.folder:
        message = f"the name is {problem.name}, but the file landed in the folder {place.folder}"
        cure = f"Name it {place.folder}, or drop the file as {problem.name}/problem.yaml."
        yield Finding(("name",), message, (place.folder,), cure)


@rule("task")
def _task(problem: Problem, _place: Place) -> Iterator[Finding]:
    accepted = (*DEFAULTS, *BY_CONTENT)
    if problem.task and problem.task not in accepted:
        message = f"{problem.task} is not supported yet"
        yield Finding(("task",), message, accepted, "Use one of the accepted tasks.")


@rule("task", "target")
def _content(problem: Problem, _place: Place) -> Iterator[Finding]:
    """Pictures and texts that are dropped as files get a column of this name."""
    content = (problem.task or "").partition("_")[0]
    if problem.task in BY_CONTENT and problem.target == content:
        message = f"{content} is the name of the column that holds each {content}"
        yield Finding(("target",), message, (), "Name the target label, or class.")


@rule("learning")
def _learning(problem: Problem, _place: Place) -> Iterator[Finding]:
    if problem.learning != "supervised":
        message = f"{problem.learning} learning is not supported yet"
        yield Finding(("learning",), message, ("supervised",), "Leave the key out.")


@rule("task", "metric.name")
def _metric(problem: Problem, _place: Place) -> Iterator[Finding]:
    name, task = problem.metric.name, problem.task
    if name and task in (*DEFAULTS, *BY_CONTENT) and name not in metrics_of(task):
        usual = DEFAULTS.get(task, "the usual one")
        cure = f"Name a metric of {task}, or leave it out for {usual}."
        message = f"{name} does not judge {task}"
        yield Finding(("metric", "name"), message, metrics_of(task), cure)


@rule("metric", "task")
def _bar(problem: Problem, _place: Place) -> Iterator[Finding]:
    bar = problem.metric.approve_at
    name = problem.metric.name or (DEFAULTS.get(problem.task) if problem.task else None)
    if bar is None or name is None:
        return
    low, high = METRICS[name].low, METRICS[name].high
    if (low is not None and bar < low) or (high is not None and bar > high):
        accepted = bounds(low, high, "a number")
        yield Finding(("metric", "approve_at"), f"{name} never is {bar:g}", (accepted,))


@rule("positive", "task", "metric.name")
def _positive(problem: Problem, _place: Place) -> Iterator[Finding]:
    if problem.positive is None:
        return
    if problem.task == REGRESSION:
        message = "a positive class has no meaning for regression"
        yield Finding(("positive",), message, (), "Leave it out, or name a task of classes.")
    name = problem.metric.name
    if not problem.task and name and BINARY not in METRICS[name].tasks:
        message = f"{name} judges numbers, but a positive class is named"
        cure = "Take out positive, or name a metric of classes."
        yield Finding(("metric", "name"), message, metrics_of(BINARY), cure)


@rule("target", "columns")
def _target_roles(problem: Problem, _place: Place) -> Iterator[Finding]:
    roles = problem.columns
    single = {"id": roles.id, "time": roles.time}
    for role, column in single.items():
        if column == problem.target:
            message = f"the target {column} cannot be the {role} column as well"
            yield Finding(("columns", role), message)
    for role, columns in {"exclude": roles.exclude, "sensitive": roles.sensitive}.items():
        for index, column in enumerate(columns):
            if column == problem.target:
                message = f"the target {column} cannot stand among {role}"
                yield Finding(("columns", role, index), message, (), "Take it out of the list.")


@rule("target", "evaluate.bias", "columns.sensitive")
def _bias(problem: Problem, _place: Place) -> Iterator[Finding]:
    bias = problem.evaluate.bias
    path = ("evaluate", "bias")
    if problem.target in bias.facets:
        index = bias.facets.index(problem.target)
        message = f"the target {problem.target} cannot be looked at for bias against itself"
        yield Finding((*path, "facets", index), message, (), "Take it out of the list.")
    if bias.limits and not (bias.facets or problem.columns.sensitive):
        message = "there are limits, but no column to look at for bias"
        yield Finding((*path, "limits"), message, (), "Name columns.sensitive or bias.facets.")
    # Conditional disparity is taken within the values of another facet.
    facets = bias.facets or problem.columns.sensitive
    for name in CONDITIONAL.intersection(bias.limits) if len(facets) == 1 else ():
        message = f"{name} is taken within another facet, and there is one only"
        yield Finding((*path, "limits", name), message, (), "Name a second facet.")


@rule("compliance.pii", "target", "columns", "evaluate.bias")
def _personal(problem: Problem, _place: Place) -> Iterator[Finding]:
    """Personal data is no feature; what must be readable for another end cannot be hashed."""
    readable: dict[str | None, str] = {
        problem.target: "the target",
        problem.columns.time: "columns.time",
        **dict.fromkeys(problem.columns.sensitive, "columns.sensitive"),
        **dict.fromkeys(problem.evaluate.bias.facets, "evaluate.bias.facets"),
    }
    if problem.compliance.pii_action == "drop":
        readable[problem.columns.id] = "columns.id"
    for index, column in enumerate(problem.compliance.pii):
        if column in readable:
            message = f"{column} is {readable[column]}, and could not be read any more"
            cure = "Take it out of one of the two."
            yield Finding(("compliance", "pii", index), message, (), cure)


@rule("compliance.regions")
def _regions(problem: Problem, place: Place) -> Iterator[Finding]:
    regions = problem.compliance.regions
    if regions and place.region not in regions:
        message = f"this stack keeps its data in {place.region}, which is not among the Regions"
        cure = f"Deploy the stack in one of {', '.join(regions)}, or allow {place.region}."
        yield Finding(("compliance", "regions"), message, (place.region,), cure)


@rule("features", "columns.id")
def _online(problem: Problem, _place: Place) -> Iterator[Finding]:
    features = problem.features
    if features.online and not features.store:
        message = "there is nothing to keep online when features are not stored"
        yield Finding(("features", "online"), message, (), "Set features.store: true.")
    elif features.online and problem.columns.id is None:
        message = "nobody could ask for a row of the online store without an identifier"
        yield Finding(("features", "online"), message, (), "Name the column in columns.id.")
    if features.ttl and not features.online:
        message = "ttl is how long the online store keeps a record, and it is off"
        yield Finding(("features", "ttl"), message, (), "Set features.online: true.")


@rule("features.join", "columns.id", "columns.time", "name")
def _joins(problem: Problem, _place: Place) -> Iterator[Finding]:
    seen: set[str] = set()
    if len(problem.features.join) > MOST_JOINS:
        message = f"features of more than {MOST_JOINS} problems are asked for"
        yield Finding(("features", "join"), message, (), f"Keep {MOST_JOINS} of them.")
    for index, join in enumerate(problem.features.join):
        path = ("features", "join", index)
        if join.group == problem.name:
            message = "a problem's own features are in its rows already"
            yield Finding((*path, "group"), message, (), "Name another problem.")
        if join.group in seen:
            message = f"features of {join.group} are joined twice"
            yield Finding((*path, "group"), message, (), "Name all columns in one entry.")
        seen.add(join.group)
        if join.on is None and problem.columns.id is None:
            message = "nothing tells which record belongs to a row"
            yield Finding(path, message, (), "Name the column in on, or in columns.id.")
    if problem.features.join and problem.columns.time is None:
        message = "features are joined as they were known at a row's time, and rows have none"
        yield Finding(("features", "join"), message, (), "Name the column in columns.time.")


@rule("label.workforce")
def _workforce(problem: Problem, _place: Place) -> Iterator[Finding]:
    workforce = problem.label.workforce
    if workforce == "public":
        message = "Amazon Mechanical Turk, the public workforce, has closed"
        yield Finding(("label", "workforce"), message, ("private",))
    elif workforce == "vendor":
        message = "a vendor's workforce is not supported yet"
        yield Finding(("label", "workforce"), message, ("private",))


@rule("build")
def _build(problem: Problem, _place: Place) -> Iterator[Finding]:
    build = problem.build
    if build.algorithm not in RUNNABLE_ALGORITHMS:
        message = f"{build.algorithm} is not built yet"
        yield Finding(("build", "algorithm"), message, RUNNABLE_ALGORITHMS, "Use auto or xgboost.")
    for key in ("script", "jumpstart"):
        if getattr(build, key) is not None:
            message = f"training by {key} is not built yet"
            cure = "Take it out; use algorithm: auto or xgboost."
            yield Finding(("build", key), message, (), cure)


@rule("tune")
def _parallel(problem: Problem, _place: Place) -> Iterator[Finding]:
    tune = problem.tune
    if tune.parallel is not None and tune.parallel > tune.jobs:
        message = f"{tune.parallel} jobs at once are more than the {tune.jobs} there are"
        accepted = bounds(1, tune.jobs, "a whole number")
        yield Finding(("tune", "parallel"), message, (accepted,))


@rule("deploy.shift")
def _shift(problem: Problem, _place: Place) -> Iterator[Finding]:
    shift = problem.deploy.shift
    path = ("deploy", "shift", "percent")
    if shift.type == "all_at_once":
        if shift.percent is not None:
            yield Finding(path, "all_at_once takes no percent", (), "Leave the key out.")
        return
    low = SHORTEST_LINEAR_PERCENT if shift.type == "linear" else 1
    percent = shift.percent or SHORTEST_LINEAR_PERCENT
    if not low <= percent <= 50:
        message = f"{percent} percent is out of bounds for {shift.type}"
        yield Finding(path, message, (bounds(low, 50, "a whole number"),))
        return
    steps = -(-100 // percent) if shift.type == "linear" else 2
    if steps * shift.bake_minutes > LONGEST_SHIFT_MINUTES:
        message = f"{steps} steps of {shift.bake_minutes:g} minutes take longer than AWS allows"
        accepted = bounds(0, LONGEST_SHIFT_MINUTES // steps, "a number")
        yield Finding(("deploy", "shift", "bake_minutes"), message, (accepted,))


@rule("retrain.through")
def _through(problem: Problem, _place: Place) -> Iterator[Finding]:
    if problem.retrain.through == "pipeline":
        message = "retraining through a SageMaker pipeline is not supported yet"
        yield Finding(("retrain", "through"), message, ("events",), "Use events.")


@rule("budget", "train.instance")
def _budget(problem: Problem, _place: Place) -> Iterator[Finding]:
    instance = problem.train.instance
    limits = problem.budget
    limited = limits.usd_per_run is not None or limits.usd_per_month is not None
    if limited and instance not in USD_PER_HOUR:
        message = f"no price of {instance} is known, so that the budget could not be kept"
        cure = "Train on a type with a known price, or take the budget out."
        yield Finding(("train", "instance"), message, tuple(USD_PER_HOUR), cure)
