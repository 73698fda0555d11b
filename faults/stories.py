"""The kinds of lives: each small and fast, all of them together through every leg.

What is dropped waits for what it depends on, so that two lives of one story that nothing disturbs
do the same.
"""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

from faults.rows import as_csv, table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from faults.plan_folder import PlanFolder
    from faults.stack import Document, Stack

LIFE_SECONDS = 420.0
QUIET_SECONDS = 8.0
"""When nothing has come for so long, minutes are taken to have passed: held messages go on their
way, and the reconciler's clock strikes."""


class NotHeardError(Exception):
    """Something that a life must say was never said."""


class Life:
    """One problem on the stack, told what to do and listened to."""

    def __init__(self, name: str, stack: Stack, folder: PlanFolder) -> None:
        """Nothing happens yet."""
        self.name, self.stack = name, stack
        self._folder = folder
        self._deadline = time.monotonic() + LIFE_SECONDS
        self._passed = time.time()
        self.ticks = 0

    def define(self, **keys: Any) -> None:
        """Drop a problem.yaml that is made for speed, and wait until it is in force."""
        document = {
            "name": self.name,
            "target": "left",
            "columns": {"id": "id"},
            "data": {"minimum_rows": 50},
            "evaluate": {"explain": False},
            "tune": {"strategy": "none"},
            "retrain": {"on": []},
            **keys,
        }
        lines = [f"{key}: {json.dumps(value)}\n" for key, value in document.items()]
        self.drop("problem.yaml", "".join(lines))
        self.hear("ProblemDefined")

    def drop(self, key: str, body: str) -> None:
        """Drop an object into the problem's folder."""
        self.stack.drop(f"{self.name}/{key}", body)

    def hear(self, name: str, **fields: Any) -> Document:
        """Wait for an event of this life; let minutes pass when nothing moves.

        Raises:
            NotHeardError: it never came.
        """

        def matches(event: Document) -> bool:
            data = event["detail"]["data"]
            about = (event["detail-type"], data.get("problem")) == (name, self.name)
            return about and fields.items() <= data.items()

        while time.monotonic() < self._deadline:
            if found := self.stack.bus.wait(matches, QUIET_SECONDS):
                data: Document = found["detail"]["data"]
                return data
            last = max(self._passed, self._folder.last_note(self.name))
            if time.time() - last > QUIET_SECONDS:
                self.let_time_pass()
        raise NotHeardError(f"no {name} of {self.name} within {LIFE_SECONDS:.0f} s")

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Look again and again until something holds.

        Raises:
            NotHeardError: it never did.
        """
        pause = threading.Event()
        while not holds():
            if time.monotonic() > self._deadline:
                raise NotHeardError(f"{what} of {self.name}: not within {LIFE_SECONDS:.0f} s")
            pause.wait(0.2)

    def let_time_pass(self) -> None:
        """Let go what is held, and let the reconciler look."""
        self._folder.release(self.name)
        self._passed = time.time()
        self.ticks += 1
        self.stack.tick("ReconcileRuns", f"tick-{self.name}-{self.ticks}")


def batch(life: Life) -> None:
    """One training, a model for files, and a file scored."""
    life.define(deploy={"mode": "batch"})
    life.drop("data/rows.csv", as_csv(table(120)))
    life.hear("ModelDeployed")
    life.drop("score/new.csv", as_csv(table(20, seed=6), without="left"))
    life.hear("PredictionsReady")
    life.hear("FeaturesStored")


def realtime(life: Life) -> None:
    """A tuning, a person's approval, an endpoint that is asked, drift, and what really happened."""
    shift = {"type": "all_at_once", "bake_minutes": 0}
    life.define(
        tune={"jobs": 2, "parallel": 2},
        approve="manual",
        deploy={"mode": "realtime", "shift": shift},
        monitor={"every": "1s"},
    )
    life.drop("data/rows.csv", as_csv(table(120)))
    life.hear("ApprovalRequested")
    sagemaker = life.stack.client("sagemaker")
    group = {"ModelPackageGroupName": life.name}
    package = sagemaker.list_model_packages(**group)["ModelPackageSummaryList"][0]
    arn = package["ModelPackageArn"]
    sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    life.hear("ModelDeployed")
    rows = table(60, seed=7, older=True)
    runtime = life.stack.client("sagemaker-runtime")
    for row in rows:
        question = {name: value for name, value in row.items() if name != "left"}
        runtime.invoke_endpoint(
            EndpointName=life.name,
            ContentType="application/json",
            Body=json.dumps({"instances": [question]}),
            InferenceId=row["id"],
        )
    life.until(lambda: captured(life) >= len(rows), "captured traffic")
    lies = [f"{row['id']},{'no' if row['left'] == 'yes' else 'yes'}\n" for row in rows]
    life.drop("truth/week.csv", "inference_id,label\n" + "".join(lies))
    life.hear("QualityDropped")
    life.hear("RetrainingHeldBack")
    life.hear("FeaturesStored")


def captured(life: Life) -> int:
    """How many requests SageMaker's data capture has written down."""
    s3, bucket = life.stack.client("s3"), life.stack.outputs["LakeBucket"]
    listing = s3.list_objects_v2(Bucket=bucket, Prefix=f"{life.name}/capture/")
    keys = [item["Key"] for item in listing.get("Contents", [])]
    bodies = [s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys]
    return sum(len(body.splitlines()) for body in bodies)


def stream(life: Life) -> None:
    """Rows that come by the stream, and a file of them that cannot be read."""
    life.define(deploy={"mode": "batch"}, features={"store": False})
    life.drop("data/broken.csv", "\x00\x01\x02 nothing that anybody could read")
    life.hear("DataRejected")
    records = [{"problem": life.name, "record": row} for row in table(120)]
    entries = [
        {"PartitionKey": life.name, "Data": json.dumps(record).encode()} for record in records
    ]
    name = life.stack.outputs["RecordStream"]
    life.stack.client("kinesis").put_records(StreamName=name, Records=entries)
    life.hear("DataIngested", origin="stream")
    life.hear("ModelDeployed")


STORIES: Mapping[str, Callable[[Life], None]] = {
    "batch": batch,
    "realtime": realtime,
    "stream": stream,
}
