"""How long after CreateTrainingJob the first line of the caller's code runs."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

from tests.conformance.sagemaker.laptop import script_job, unique

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

GOAL_MILLISECONDS = 100.0
TIMES = 15
WARMING = 2
_CODE = "import time\nprint('first line', time.time(), flush=True)\n"


def measure(laptop: LocalSageMaker, times: int) -> dict[str, Any]:
    """Start jobs one after the other; the first ones warm the server and do not count."""
    job, taken = script_job(laptop, _CODE), []
    for _ in range(WARMING + (times or TIMES)):
        name = unique("start")
        began = time.time()
        laptop.client().create_training_job(TrainingJobName=name, **job)
        laptop.await_training(name)
        line = next(
            line for line in laptop.log("TrainingJobs", name).splitlines() if "first line" in line
        )
        taken.append(1000 * (float(line.split()[-1]) - began))
    counted = taken[WARMING:]
    median = statistics.median(counted)
    return {
        "median_ms": round(median, 1),
        "worst_ms": round(max(counted), 1),
        "goal_ms": GOAL_MILLISECONDS,
        "met": median < GOAL_MILLISECONDS,
    }
