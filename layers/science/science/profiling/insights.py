"""What of a profile deserves a look, gravest first, each with the step that mends it.

A finding is::

    {"severity": "high" | "medium" | "low", "kind", "columns", "what", "why", "cure",
     "step": a recipe step as JSON (``science.recipe.steps``) | null}

``high`` makes scores wrong or training impossible; ``medium`` costs quality, or hides something;
``low`` is worth knowing. The step can be pasted under ``prepare.steps`` in problem.yaml. Where no
step can mend it, ``cure`` alone says what to do. Thresholds are named here, one place for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping, Optional

from science.profiling import findings_of_columns, findings_of_target
from science.profiling.finding import SEVERITIES, finding, named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from science.faults import Fault

DUPLICATES_HIGH, DUPLICATES_MEDIUM = 0.1, 0.01
FEW_ROWS = 500
SAME = 0.98
"""Two columns this strongly linked tell the same."""
MOST_ODD = 0.01


def judge(told: Mapping[str, Any], faults: Sequence[Fault] = ()) -> list[dict[str, Any]]:
    """All findings of a profile's document, gravest first.

    Args:
        told: the document.
        faults: why the target cannot be learned, if it cannot.
    """
    found = [_unusable(fault) for fault in faults]
    found += findings_of_target.judge(told)
    found += _duplicates(told)
    found += findings_of_columns.judge(told)
    found += _same(told)
    found += _odd_rows(told)
    found += _few_rows(told)
    return sorted(found, key=lambda each: SEVERITIES.index(each["severity"]))


def sentences(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """The findings that are not low, a sentence each."""
    return [each["what"] for each in found if each["severity"] != "low"]


def _unusable(fault: Fault) -> dict[str, Any]:
    return finding(
        "high",
        "target_unusable",
        [fault.where],
        what=f"The target cannot be learned: {fault.what}.",
        why="Without a target that varies there is nothing to predict.",
        cure=f"{fault.cure[:1].upper()}{fault.cure[1:]}.",
    )


def _duplicates(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    extra, share = told["duplicates"]["rows"], told["duplicates"]["share"]
    if not extra:
        return []
    severity = "low"
    if share >= DUPLICATES_MEDIUM:
        severity = "high" if share >= DUPLICATES_HIGH else "medium"
    return [
        finding(
            severity,
            "duplicate_rows",
            [],
            what=f"{extra:,} rows ({share:.1%}) repeat an earlier one exactly.",
            why="A row that lies in training and in the hold-out makes every score too good.",
            cure="Drop them, unless each is an event of its own.",
            step={"step": "drop_duplicates"},
        )
    ]


def _same(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    found, gone = [], set()
    for each in told["correlations"]["strongest"]:
        one, other = each["columns"]
        alike = each["measure"] in {"pearson", "cramers_v"} and abs(each["value"]) >= SAME
        if not alike or one in gone or other in gone:
            continue
        gone.add(other)
        found.append(
            finding(
                "low",
                "same_columns",
                [one, other],
                what=f"{one} and {other} tell the same ({_measure(each)}).",
                why="Two copies of one fact blur what a model's explanation says of either.",
                cure=f"Leave one out, for instance {other}.",
                step={"step": "leave_out", "columns": [other]},
            )
        )
    return found


def _measure(link: Mapping[str, Any]) -> str:
    words = {"pearson": "Pearson's r", "cramers_v": "Cramér's V"}
    return f"{words[link['measure']]} {link['value']:.3f}"


def _odd_rows(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    odd: Optional[Mapping[str, Any]] = told["anomalies"]
    if not odd or odd["odd_rows"] == 0:
        return []
    share = min(MOST_ODD, max(odd["odd_share"], 0.0001))
    columns = [reason["column"] for row in odd["most"] for reason in row["because"][:1]]
    return [
        finding(
            "low",
            "odd_rows",
            named(columns),
            what=f"{odd['odd_rows']:,} of {odd['rows']:,} rows looked at "
            f"({odd['odd_share']:.2%}) are unlike the others.",
            why="Odd rows are often faults of measuring; sometimes they are what matters most.",
            cure="Look at those shown; if they are faults, drop them.",
            step={
                "step": "outliers",
                "method": "isolation",
                "share": round(share, 4),
                "action": "drop",
            },
        )
    ]


def _few_rows(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    if told["rows"] >= FEW_ROWS:
        return []
    return [
        finding(
            "medium",
            "few_rows",
            [],
            what=f"There are only {told['rows']:,} rows.",
            why="Scores on so few held-out rows move a lot by chance.",
            cure="Bring more rows if there are any.",
        )
    ]
