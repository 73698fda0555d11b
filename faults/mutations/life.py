"""One life, from dropped files to a served model, disturbed in one way, and its judgement."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from faults.judge.evidence import gather
from faults.judge.finding import Finding
from faults.judge.likeness import picture
from faults.judge.verdict import verdict
from faults.mutations.account import NAMES, Account
from faults.mutations.relay import EndlessError, Relay
from faults.mutations.trials import SAME_END, TRIALS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from events.wiring import Rule
    from faults.mutations.trials import Trial

PROBLEM = "churn"
NEIGHBOUR = "churn-eu"
ROWS = 60
TICKS = 6
"""The schedule fires so often where events are lost: once for each job, and once more."""

DEFINITION = {
    "target": "Churn",
    "columns": {"id": "customer"},
    "data": {"minimum_rows": 20},
    "features": {"store": False},
    "tune": {"jobs": 2, "parallel": 2},
    "deploy": {"shift": {"type": "all_at_once", "bake_minutes": 0}},
}


@dataclass(slots=True)
class Life:
    """How a life ended.

    Attributes:
        findings: what the judge holds against it.
        picture: its final state.
    """

    findings: list[Finding]
    picture: dict[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """It, as JSON has it."""
        return {"findings": [asdict(each) for each in self.findings], "picture": self.picture}


def customers(start: int, rows: int) -> bytes:
    """A table of customers, the same at every call: one twice, and one whose target is missing."""
    lines = [
        {
            "customer": f"C{number:04d}",
            "age": 20 + number * 7 % 50,
            "plan": ("basic", "plus", "pro")[number % 3],
            "monthly": f"{10 + number * 13 % 60}.50",
            "Churn": "Yes" if number * 7 % 50 > 24 else "No",
        }
        for number in range(start, start + rows - 2)
    ]
    lines += [lines[0], lines[1] | {"customer": f"C{start}X", "Churn": ""}]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue().encode()


def _definition(name: str, **changes: Any) -> bytes:
    document = {"name": name, **DEFINITION, **changes}
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in document.items()).encode()


def live(
    trial_name: str,
    rules: Iterable[Rule],
    folders: dict[str, str],
    references: Mapping[str, dict[str, Any]],
) -> Life:
    """Live one life and judge it.

    Args:
        trial_name: which way it is disturbed.
        rules: the template's rules.
        folders: the folder of each function by logical id.
        references: pictures of undisturbed lives: ``one`` of one file, ``two`` of two.
    """
    trial = TRIALS[trial_name]()
    account = Account()
    with account.open():
        relay = Relay(account, rules, folders, trial)
        account.sagemaker.fails = set(trial.fails)
        found = []
        try:
            _story(relay, account, trial)
        except EndlessError as error:
            found.append(Finding("endless", str(error), trial_name))
        found += [
            Finding("dead_letter", "no delivery could be handled", f"{each.function}")
            for each in relay.dead
        ]
        evidence = gather(account, NAMES, PROBLEM, alerts=account.alerts, heard=relay.heard)
        reference = references.get("two" if trial.second else "one")
        if trial_name not in SAME_END:
            reference = None
        found += verdict(evidence, reference, alerts_may_repeat=trial.alerts_may_repeat)
        return Life(found, picture(evidence))


def _story(relay: Relay, account: Account, trial: Trial) -> None:
    """A neighbour that waits for more rows; then files before their definition, then a model."""
    relay.land(f"{NEIGHBOUR}/problem.yaml", _definition(NEIGHBOUR, data={"minimum_rows": 9999}))
    relay.land(f"{NEIGHBOUR}/data/theirs.csv", customers(5000, ROWS))
    relay.run()
    relay.land(f"{PROBLEM}/data/first.csv", customers(0, ROWS))
    relay.land(f"{PROBLEM}/data/broken.parquet", b"this is no parquet")
    relay.land(f"{PROBLEM}/score/asked.csv", customers(9000, 5))
    relay.run()
    bar = {"name": "roc_auc", "approve_at": trial.bar}
    relay.land(f"{PROBLEM}/problem.yaml", _definition(PROBLEM, metric=bar))
    if trial.second:
        relay.run(until="TuningStarted")
        relay.land(f"{PROBLEM}/data/second.csv", customers(2000, ROWS))
        relay.run(until="ModelDeployed")
        account.sagemaker.takes_back = trial.takes_back
    relay.run()
    for _ in range(TICKS if trial.lost else 1):
        relay.tick()
        relay.run()
