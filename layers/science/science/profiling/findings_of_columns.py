"""What of the columns deserves a look; alike findings of several columns are one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping, Optional

from science.fitting import FEWEST_VALUES_WITH_OUTLIERS
from science.profiling.finding import finding, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MOSTLY_MISSING, OFTEN_MISSING = 0.5, 0.05
INVALID_MEDIUM = 0.01
OUTLIERS_MEDIUM = 0.01
FEWEST_OUTLIERS = 0.0005
SKEWED = 3.0
MANY_LEVELS = 100
NEARLY_CONSTANT = 0.995
RARE = 0.01
CODE_DIGITS = 5

Column = Mapping[str, Any]


def judge(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The findings, in no order of severity."""
    columns = [column for column in told["columns"] if column["role"] != "target"]
    found = []
    for rule in _RULES:
        found += rule(columns)
    return found


def _mostly_missing(columns: Sequence[Column]) -> list[dict[str, Any]]:
    chosen = _names(
        columns, lambda c: c["role"] == "feature" and c["missing_share"] >= MOSTLY_MISSING
    )
    if not chosen:
        return []
    return [
        finding(
            "medium",
            "mostly_missing",
            chosen,
            what=f"Missing in at least half of the rows: {listed(chosen)}.",
            why="What is there may be no fair sample; that it is missing may tell more itself.",
            cure="Keep whether it is there as a column of its own, or leave the column out.",
            step={"step": "missing_indicator", "columns": chosen},
        )
    ]


def _often_missing(columns: Sequence[Column]) -> list[dict[str, Any]]:
    found = []
    for kinds, method in ((("number", "date"), "median"), (("category", "boolean"), "mode")):
        chosen = [
            column["name"]
            for column in columns
            if column["role"] == "feature"
            and column["kind"] in kinds
            and OFTEN_MISSING <= column["missing_share"] < MOSTLY_MISSING
        ]
        if chosen:
            found.append(
                finding(
                    "low",
                    "often_missing",
                    chosen,
                    what=f"Missing in 5 % to 50 % of the rows: {listed(chosen)}.",
                    why="Trees take gaps as they are; linear models and distances need a value.",
                    cure=f"Fill them by the {method} if the model needs it.",
                    step={"step": "impute", "columns": chosen, "method": method},
                )
            )
    return found


def _invalid(columns: Sequence[Column]) -> list[dict[str, Any]]:
    return [
        finding(
            "medium" if column["invalid"] >= INVALID_MEDIUM * max(1, column["present"]) else "low",
            "unreadable_cells",
            [column["name"]],
            what=f"{column['invalid']:,} cells of {column['name']} read as no {column['kind']}.",
            why="They count as missing.",
            cure="Mend them at the source, or replace what they say; else they stay missing.",
            step={"step": "cast", "columns": [column["name"]], "to": column["kind"]},
        )
        for column in columns
        if column["invalid"]
    ]


def _hidden_missing(columns: Sequence[Column]) -> list[dict[str, Any]]:
    found = []
    for column in columns:
        hidden: Optional[Mapping[str, Any]] = column["hidden_missing"]
        if hidden and column["role"] == "feature":
            value = f"{hidden['value']:.0f}"
            found.append(
                finding(
                    "medium",
                    "hidden_missing",
                    [column["name"]],
                    what=f"{column['name']} is {value} in {hidden['share']:.1%} of the rows, "
                    "far from its other values.",
                    why=f'{value} often stands for "none"; as a number it pulls means and scales.',
                    cure="If it does, say that it is missing.",
                    step={
                        "step": "unify_missing",
                        "columns": [column["name"]],
                        "spellings": [value],
                    },
                )
            )
    return found


def _variants(columns: Sequence[Column]) -> list[dict[str, Any]]:
    found = []
    for column in columns:
        if column["role"] == "feature" and column["variants"]:
            shown = "; ".join(" = ".join(group) for group in column["variants"][:2])
            found.append(
                finding(
                    "medium",
                    "spelling_variants",
                    [column["name"]],
                    what=f"Levels of {column['name']} differ in spelling alone: {shown}",
                    why="Each spelling is a level of its own, with fewer rows to learn from.",
                    cure="Write them alike.",
                    step={
                        "step": "normalise_text",
                        "columns": [column["name"]],
                        "case": "lower",
                        "punctuation": "remove",
                    },
                )
            )
    return found


def _outliers(columns: Sequence[Column]) -> list[dict[str, Any]]:
    def share(column: Column) -> float:
        beyond = column["outliers"]
        return float(beyond["rows"]) / max(1, column["present"]) if beyond else 0.0

    features = [
        each
        for each in columns
        if each["role"] == "feature"
        and each["kind"] == "number"
        and each["distinct"] >= FEWEST_VALUES_WITH_OUTLIERS
    ]
    chosen = sorted((c for c in features if share(c) >= FEWEST_OUTLIERS), key=share, reverse=True)
    if not chosen:
        return []
    names = [column["name"] for column in chosen]
    worst = chosen[0]
    return [
        finding(
            "medium" if share(worst) >= OUTLIERS_MEDIUM else "low",
            "outliers",
            names,
            what=f"Cells more than five robust deviations off the median: {listed(names)} (at most "
            f"{share(worst):.1%} of the cells, in {worst['name']}).",
            why="A few extreme cells rule means and scales; trees do not mind.",
            cure="Clip them; heavy tails are no fault in themselves.",
            step={"step": "outliers", "columns": names, "method": "robust_zscore", "factor": 5.0},
        )
    ]


def _skewed(columns: Sequence[Column]) -> list[dict[str, Any]]:
    chosen = _names(
        columns,
        lambda c: (
            c["role"] == "feature"
            and c["kind"] == "number"
            and c["numbers"] is not None
            and c["distinct"] >= FEWEST_VALUES_WITH_OUTLIERS
            and abs(c["numbers"].get("skewness") or 0.0) > SKEWED
        ),
    )
    if not chosen:
        return []
    return [
        finding(
            "low",
            "skewed",
            chosen,
            what=f"Skewed (third standardised moment beyond 3): {listed(chosen)}.",
            why="Linear models and distances follow the long tail; trees do not mind.",
            cure="Clip the last hundredth at either end if the model needs it.",
            step={
                "step": "outliers",
                "columns": chosen,
                "method": "quantile",
                "share": 0.01,
                "action": "clip",
            },
        )
    ]


def _left_out(columns: Sequence[Column]) -> list[dict[str, Any]]:
    reasons = {
        "empty": "hold nothing",
        "constant": "are the same in every row",
        "identifier": "name rows instead of describing them",
    }
    found = []
    for kind, reason in reasons.items():
        chosen = [column["name"] for column in columns if column["kind"] == kind]
        if chosen:
            found.append(
                finding(
                    "low",
                    f"{kind}_columns",
                    chosen,
                    what=f"Columns that {reason}: {listed(chosen)}.",
                    why="A model cannot learn from them.",
                    cure="They are left out by themselves.",
                    step={"step": "leave_out", "columns": chosen},
                )
            )
    return found


def _nearly_constant(columns: Sequence[Column]) -> list[dict[str, Any]]:
    chosen = _names(
        columns,
        lambda c: c["role"] == "feature" and c["top"] and c["top"][0]["share"] >= NEARLY_CONSTANT,
    )
    if not chosen:
        return []
    return [
        finding(
            "low",
            "nearly_constant",
            chosen,
            what=f"One value fills more than 99.5 % of the rows: {listed(chosen)}.",
            why="There is next to nothing to learn from them.",
            cure="Leave them out.",
            step={"step": "leave_out", "columns": chosen},
        )
    ]


def _many_levels(columns: Sequence[Column]) -> list[dict[str, Any]]:
    chosen = _names(
        columns,
        lambda c: (
            c["role"] == "feature" and c["kind"] == "category" and c["distinct"] > MANY_LEVELS
        ),
    )
    if not chosen:
        return []
    return [
        finding(
            "low",
            "many_levels",
            chosen,
            what=f"Categories of more than {MANY_LEVELS} levels: {listed(chosen)}.",
            why="Most of these levels have too few rows to learn from.",
            cure="Gather the rare ones.",
            step={"step": "rare_categories", "columns": chosen, "share": RARE, "into": "other"},
        )
    ]


def _codes(columns: Sequence[Column]) -> list[dict[str, Any]]:
    chosen = _names(
        columns,
        lambda c: c["role"] == "feature" and c["kind"] == "number" and _reads_as_code(c["numbers"]),
    )
    if not chosen:
        return []
    return [
        finding(
            "low",
            "codes",
            chosen,
            what=f"Whole numbers that all have as many digits: {listed(chosen)}.",
            why="They may be codes, such as postal codes, whose size means nothing.",
            cure="If they are, treat them as texts.",
            step={"step": "cast", "columns": chosen, "to": "text"},
        )
    ]


def _reads_as_code(numbers: Optional[Mapping[str, Any]]) -> bool:
    if not numbers or not numbers["whole"] or numbers["min"] < 0:
        return False
    digits = {len(f"{numbers['quantiles'][at]:.0f}") for at in ("0.01", "0.5", "0.99")}
    return len(digits) == 1 and digits.pop() >= CODE_DIGITS


def _names(columns: Sequence[Column], test: Callable[[Column], Any]) -> list[str]:
    return [column["name"] for column in columns if test(column)]


_RULES: tuple[Callable[[Sequence[Column]], list[dict[str, Any]]], ...] = (
    _invalid,
    _hidden_missing,
    _variants,
    _mostly_missing,
    _outliers,
    _often_missing,
    _many_levels,
    _nearly_constant,
    _skewed,
    _codes,
    _left_out,
)
