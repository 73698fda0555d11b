"""`python -m faults.judge PROBLEM…`: judge problems of a deployed stack.

It follows the environment as any AWS client does (``source .baton/env`` for the laptop cloud) and
finds the rest by the stack's outputs. Exit status 1 if there are findings.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import boto3

from faults.judge.evidence import gather
from faults.judge.likeness import picture
from faults.judge.verdict import verdict


def main(arguments: list[str] | None = None) -> int:
    """Judge the named problems; print a line a finding."""
    parser = argparse.ArgumentParser(prog="python -m faults.judge", description=__doc__)
    parser.add_argument("problems", nargs="+", metavar="PROBLEM")
    parser.add_argument("--stack", default="baton", help="the stack's name")
    parser.add_argument("--reference", type=Path, help="a picture to hold the ends against")
    parser.add_argument("--picture", type=Path, help="write the picture of the last problem here")
    options = parser.parse_args(arguments)
    session: Any = boto3.Session()  # its stubs know services by literal name only
    stack = session.client("cloudformation").describe_stacks(StackName=options.stack)["Stacks"][0]
    outputs = {item["OutputKey"]: item["OutputValue"] for item in stack["Outputs"]}
    reference = json.loads(options.reference.read_text("utf-8")) if options.reference else None
    count = 0
    for problem in options.problems:
        evidence = gather(session, outputs, problem)
        found = verdict(evidence, reference)
        count += len(found)
        for finding in found:
            sys.stdout.write(f"{problem}: {finding}\n")
        if options.picture:
            text = json.dumps(picture(evidence), indent=1, ensure_ascii=False)
            options.picture.write_text(text, "utf-8")
        if not found:
            sys.stdout.write(f"{problem}: everything is as it should be\n")
    return min(count, 1)


if __name__ == "__main__":
    sys.exit(main())
