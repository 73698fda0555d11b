"""`python -m faults.mutations`: plant each bug, live, and see whether the judge finds it.

First the code as it is lives through every trial, and nothing may be found; then each bug through
the trial that it is to be found in. Exit status 1 if a bug stays unfound or a finding is false.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from typing import Any

from faults.mutations.account import ENVIRONMENT
from faults.mutations.lanes import live_all, prepare
from faults.mutations.planted import PLANTED
from faults.mutations.trials import TRIALS

REFERENCES = {"one": "undisturbed", "two": "second file"}
SHOWN = 3


def main(arguments: list[str] | None = None) -> int:
    """Live all lives; print a line each, or all as JSON."""
    parser = argparse.ArgumentParser(prog="python -m faults.mutations", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="these bugs or trials only")
    parser.add_argument("--lanes", type=int, default=2, help="processes at a time")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    lives = run(set(options.names), options.lanes, quiet=options.json)
    seconds = round(time.monotonic() - began, 1)
    wrong = [each["name"] for each in lives if not each["right"]]
    if options.json:
        sys.stdout.write(json.dumps({"seconds": seconds, "lives": lives}))
    else:
        total = f"{len(lives)} lives in {seconds} s, {len(wrong)} judged wrongly"
        sys.stdout.write(f"{total}{': ' if wrong else ''}{', '.join(wrong)}\n")
    return min(len(wrong), 1)


def run(names: set[str], lanes: int, *, quiet: bool = False) -> list[dict[str, Any]]:
    """Live the lives of these names, or all.

    Returns:
        A document a life: ``name``, ``trial``, ``planted``, ``findings``, ``seconds``, and
        ``right``, whether it was judged rightly.
    """
    os.environ |= ENVIRONMENT  # read when modules are imported, by the functions' logger for one
    rules, folders = prepare()
    references: dict[str, Any] = {}
    lives: list[dict[str, Any]] = []
    firsts = [(name, trial, ()) for name, trial in REFERENCES.items()]
    for name, document in live_all(firsts, (rules, folders, {}), lanes):
        references[name] = document["picture"]
        lives.append(_told(REFERENCES[name], REFERENCES[name], document, planted=False))
    trials = [name for name in TRIALS if name not in REFERENCES.values()]
    bugs = {bug.name: bug for bug in PLANTED}
    tasks = [(name, name, ()) for name in trials if not names or name in names]
    planted = [bug for bug in PLANTED if not names or bug.name in names]
    tasks += [(bug.name, bug.trial, bug.edits) for bug in planted]  # type: ignore[misc]
    if not quiet:
        sys.stdout.writelines(map(_line, lives))
    for name, document in live_all(tasks, (rules, folders, references), lanes):
        bug = bugs.get(name)
        lives.append(_told(name, bug.trial if bug else name, document, planted=bug is not None))
        if not quiet:
            sys.stdout.write(_line(lives[-1]))
            sys.stdout.flush()
    return lives


def _told(name: str, trial: str, document: dict[str, Any], *, planted: bool) -> dict[str, Any]:
    findings = document["findings"]
    broken = any(each["rule"] == "broke_off" for each in findings)
    return {
        "name": name,
        "trial": trial,
        "planted": planted,
        "findings": findings,
        "seconds": document["seconds"],
        "right": bool(findings) == planted and not broken,
    }


def _line(life: dict[str, Any]) -> str:
    what = f"bug {life['name']} ({life['trial']})" if life["planted"] else f"trial {life['name']}"
    rules = ", ".join(sorted({each["rule"] for each in life["findings"]})) or "nothing found"
    verdict = "right" if life["right"] else "WRONG"
    text = f"{verdict}  {life['seconds']:5.1f} s  {what}: {rules}\n"
    if life["right"]:
        return text
    shown = life["findings"][:SHOWN] if life["planted"] else life["findings"]
    return text + "".join(f"    {each['what']} ({each['where']})\n" for each in shown)


if __name__ == "__main__":
    sys.exit(main())
