"""What the programs share: data, the result, and shorter waits than the SDKs' half minutes."""

import json
import random
import sys
import time
from pathlib import Path
from typing import Any

BUCKET = "lake"


def rows(count: int = 400, seed: int = 7) -> list[list[float]]:
    """Features of a learnable binary problem; the label is whether the first is positive."""
    generator = random.Random(seed)
    return [[round(generator.gauss(0, 1), 4) for _ in range(3)] for _ in range(count)]


def csv(count: int = 400, seed: int = 7) -> str:
    """Label-first CSV of that problem."""
    lines = [",".join([str(int(row[0] > 0)), *map(str, row)]) for row in rows(count, seed)]
    return "\n".join(lines) + "\n"


def finish(**result: Any) -> None:
    """Leave the result where the test looks for it."""
    Path(sys.argv[1]).write_text(json.dumps(result, default=str))


def until(look: Any, *ends: str, seconds: float = 90) -> str:
    """Call until one of these is the answer, and return it."""
    deadline = time.monotonic() + seconds
    while (status := look()) not in ends:
        if time.monotonic() > deadline:
            raise TimeoutError(f"it is still {status}")
        time.sleep(0.1)
    return str(status)


def await_job(client: Any, kind: str, name: str) -> str:
    """Wait until a job of a kind (`training_job`) has ended."""
    member = "".join(word.capitalize() for word in kind.split("_"))
    describe = getattr(client, f"describe_{kind}")
    return until(
        lambda: describe(**{f"{member}Name": name})[f"{member}Status"],
        "Completed",
        "Failed",
        "Stopped",
    )


def await_endpoint(client: Any, name: str) -> str:
    """Wait until an endpoint serves or has failed."""
    return until(
        lambda: client.describe_endpoint(EndpointName=name)["EndpointStatus"],
        "InService",
        "Failed",
    )
