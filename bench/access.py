"""Hold recorded calls against the policies of template.yaml; the figures of docs/reliability.md.

`make access` takes a record of the whole end-to-end run; a record of your own comes from a laptop
cloud that was started fresh with `BATON_RECORD_CALLS=1 make up`:

    python -m bench.access .aws-sam/access.json         judge a saved record, or several together
    python -m bench.access --state .baton               judge what a running cloud has recorded

It ends with 1 when a call was refused or is not covered, or a right was not used.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from events.access import Stack, Verdict, excuses, judge, load, read_calls, rights, together


def main() -> int:
    """Judge, print, and say by the exit code whether all is well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("record", nargs="*", type=Path, help="saved records")
    parser.add_argument("--state", type=Path, help="the state folder of a running laptop cloud")
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    chosen = parser.parse_args()
    if chosen.state:
        stack = Stack.read(_client(chosen.state), "baton")
        lines = (chosen.state / "calls.jsonl").read_text("utf-8").splitlines()
        records = [(stack, read_calls(lines, stack))]
    else:
        records = [load(path) for path in chosen.record]
    if not records:
        parser.error("name a record, or --state")
    verdict = together([judge(rights(stack), calls, excuses()) for stack, calls in records])
    print(json.dumps(verdict.figures) if chosen.json else _told(verdict))
    return 0 if verdict.is_clean else 1


def _client(state: Path) -> Any:
    import boto3

    from local.running import read_exports

    found = read_exports((state / "env").read_text("utf-8"))
    return boto3.client(
        "cloudformation",
        endpoint_url=found["AWS_ENDPOINT_URL"],
        region_name=found["AWS_REGION"],
        aws_access_key_id=found["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=found["AWS_SECRET_ACCESS_KEY"],
    )


def _told(verdict: Verdict) -> str:
    lines = [f"{name.replace('_', ' '):20} {count}" for name, count in verdict.figures.items()]
    return "\n".join([*lines, *verdict.complaints])


if __name__ == "__main__":
    sys.exit(main())
