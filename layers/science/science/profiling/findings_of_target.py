"""What of the target, and of what tells it, deserves a look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping, Optional

from science.profiling.finding import finding, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

RARE_CLASS = 10
"""A class of fewer rows cannot be split, learned and judged."""
IMBALANCE_HIGH, IMBALANCE_MEDIUM = 100.0, 10.0
"""Rows of the most frequent class for each of the rarest."""
MISSING_MEDIUM = 0.05
SKEWED = 3.0
"""The rule of thumb for the third standardised moment; also Data Wrangler's."""
TOO_GOOD = {"roc_auc": 0.99, "balanced_accuracy": 0.99, "r2": 0.99}
HARDLY_BETTER = {"roc_auc": 0.02, "balanced_accuracy": 0.02, "r2": 0.02}
"""A quick model this close to a guess found nothing."""


def judge(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The findings; none without a target."""
    aim = told["target"]
    if not aim:
        return []
    found = _leakage(told["columns"])
    found += _classes(aim)
    found += _values(aim)
    found += _missing(told, aim["name"])
    return found + _quick_model(told["quick_model"], told["columns"])


def _leakage(columns: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        finding(
            "high",
            "target_leakage",
            [column["name"]],
            what=f"{column['name']} alone nearly gives the target away "
            f"({_figure(column['power']['figure'])} {column['power']['value']:.3f}).",
            why="Such a column was mostly written after the fact, and is not there when it counts.",
            cure="Leave it out, unless it is known before the target is.",
            step={"step": "leave_out", "columns": [column["name"]]},
        )
        for column in columns
        if column["power"] and column["power"]["leaks"]
    ]


def _classes(aim: Mapping[str, Any]) -> list[dict[str, Any]]:
    if not aim["classes"]:
        return []
    found = []
    rare = [each["label"] for each in aim["classes"] if each["rows"] < RARE_CLASS]
    if rare:
        found.append(
            finding(
                "high",
                "rare_classes",
                [aim["name"]],
                what=f"Classes with fewer than {RARE_CLASS} rows: {listed(rare)}.",
                why="So few rows can be neither learned nor judged.",
                cure="Bring more of them, join them with others, or leave their rows out.",
                step={
                    "step": "filter_rows",
                    "column": aim["name"],
                    "test": "differs",
                    "value": rare[0],
                },
            )
        )
    ratio = aim["imbalance"]
    if ratio >= IMBALANCE_MEDIUM:
        least = min(aim["classes"], key=lambda each: each["rows"])
        found.append(
            finding(
                "high" if ratio >= IMBALANCE_HIGH else "medium",
                "class_imbalance",
                [aim["name"]],
                what=f"The rarest class, {least['label']}, has {least['share']:.2%} of the rows: "
                f"one for {ratio:,.0f} of the most frequent.",
                why="A model that never says it is nearly always right, so accuracy means little.",
                cure="Judge by a metric that looks at the rare class: metric: pr_auc, f1 or "
                "balanced_accuracy.",
            )
        )
    return found


def _values(aim: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    beyond: Optional[Mapping[str, Any]] = aim.get("outliers")
    if beyond:
        found.append(
            finding(
                "medium",
                "target_outliers",
                [aim["name"]],
                what=f"{beyond['rows']:,} values of the target lie beyond {beyond['low']:.6g} and "
                f"{beyond['high']:.6g}.",
                why="Squared errors make a model follow a few extreme rows.",
                cure="If they are faults, leave their rows out; else judge by mae.",
                step={
                    "step": "outliers",
                    "columns": [aim["name"]],
                    "method": "bounds",
                    "action": "drop",
                    "low": beyond["low"],
                    "high": beyond["high"],
                },
            )
        )
    skewness = (aim["numbers"] or {}).get("skewness")
    if skewness is not None and abs(skewness) > SKEWED:
        found.append(
            finding(
                "low",
                "target_skewed",
                [aim["name"]],
                what=f"The target is skewed (third standardised moment {skewness:.1f}).",
                why="The mean error is that of the few large values.",
                cure="Judge by mae, or predict its logarithm.",
            )
        )
    return found


def _missing(told: Mapping[str, Any], title: str) -> list[dict[str, Any]]:
    share, rows = 0.0, 0
    for column in told["columns"]:
        if column["name"] == title:
            share, rows = column["missing_share"], column["missing"]
    if not rows:
        return []
    return [
        finding(
            "medium" if share >= MISSING_MEDIUM else "low",
            "target_missing",
            [title],
            what=f"{rows:,} rows ({share:.1%}) lack the target.",
            why="They teach nothing; if they lack it for a reason, the others are no fair sample.",
            cure="They are left out by themselves; find out why it is missing.",
            step={"step": "drop_unlabelled", "target": title},
        )
    ]


def _quick_model(
    model: Optional[Mapping[str, Any]], columns: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    if not model:
        return []
    name = model["metric"]["name"]
    name = name if name in TOO_GOOD else "r2" if "r2" in model["metrics"] else "roc_auc"
    value, guess = model["metrics"].get(name), model["guess"].get(name)
    if value is None or guess is None:
        return []
    best = [each["column"] for each in model["importance"][:3]]
    if value >= TOO_GOOD[name]:
        return [
            finding(
                "medium",
                "too_good",
                best,
                what=f"A quick model is nearly perfect ({_figure(name)} {value:.3f}), mostly by "
                f"{listed(best)}.",
                why="Real problems are seldom so easy: the target may be hidden in these columns.",
                cure="Ask of each whether it is known before the target is; leave out what is not.",
                step={"step": "leave_out", "columns": best[:1]},
            )
        ]
    # It sees of a picture its brightness, of a text its exact wording: they tell more than that.
    blind = any(
        column["kind"] in {"text", "image"} for column in columns if column["role"] == "feature"
    )
    if value <= guess + HARDLY_BETTER[name] and not blind:
        return [
            finding(
                "medium",
                "nothing_learned",
                [],
                what="A quick model does no better than a guess "
                f"({_figure(name)} {value:.3f} against {guess:.3f}).",
                why="The columns may not tell the target at all.",
                cure="Bring columns that have to do with the target, or more rows.",
            )
        ]
    return []


def _figure(name: str) -> str:
    known = {"roc_auc": "ROC AUC", "r2": "R²", "balanced_accuracy": "balanced accuracy"}
    return known.get(name, name.replace("_", " "))
