"""What the laptop cloud's journal costs: the processor time of one entry, of a usual size.

A hop of the relay (bench/hop.py) writes about six: two messages come and go, a row is written and
another by who hears of it.

Run: .venv/bin/python -m bench.journal [--entries 20000]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from local.journal import Journal

BODY_BYTES = 1500
"""About as long as an own event in its envelope."""


def measure(entries: int) -> float:
    """Microseconds of processor time that one entry takes."""
    message = {"id": "0" * 36, "body": "x" * BODY_BYTES, "sys": {"SentTimestamp": "1"}}
    entry = ["sent", "arn:aws:sqs:us-east-1:000000000000:baton-StartRun", message]
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder))
        began = time.process_time()
        for _ in range(entries):
            journal.write(entry)
        spent = time.process_time() - began
        journal.close()
    return 1e6 * spent / entries


def main() -> None:
    """Measure, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=20_000)
    entries = parser.parse_args().entries
    print(json.dumps({"entries": entries, "microseconds_each": round(measure(entries), 1)}))


if __name__ == "__main__":
    main()
