"""The kinds of lives: each small and fast, all of them together through every leg.

What is dropped waits for what it depends on, so that two lives of one story that nothing disturbs
do the same.
"""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from faults.rows import as_csv, table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from faults.plan_folder import PlanFolder
    from faults.stack import Document, Stack

LIFE_SECONDS = 900.0
QUIET_SECONDS = 8.0
"""When nothing has come for so long, minutes are taken to have passed: held messages go on their
way, and the reconciler's clock strikes."""
REST_SECONDS = 10.0
MOST_PATIENCE = 2
"""After the first time it must be quiet for so many times as long: the machine may be slow."""


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
        self.rest()

    def rest(self, seconds: float = REST_SECONDS) -> None:
        """Wait until no leg has anything to do, so that what comes next finds the same each time.

        A fault may hold a leg up for longer; then the life goes on all the same.
        """
        pause, deadline = threading.Event(), time.monotonic() + seconds
        for _ in range(2):  # what moves from queue to queue can slip through one look
            begin = time.time()
            while not self._folder.is_settled(self.name, begin) and time.monotonic() < deadline:
                pause.wait(0.1)

    def drop(self, key: str, body: str) -> None:
        """Drop an object into the problem's folder."""
        self.stack.drop(f"{self.name}/{key}", body)

    def hear(self, name: str, **fields: Any) -> Document:
        """Wait for an event of this life; let minutes pass when nothing moves.

        Raises:
            NotHeardError: it never came.
        """

        def matches(event: Document) -> bool:
            data: Document = event["detail"]["data"]
            return event["detail-type"] == name and fields.items() <= data.items()

        while time.monotonic() < self._deadline:
            if found := self.stack.bus.wait(self.name, matches, QUIET_SECONDS):
                data: Document = found["detail"]["data"]
                return data
            last = max(self._passed, self._folder.last_note(self.name))
            if time.time() - last > QUIET_SECONDS * min(1 + self.ticks, MOST_PATIENCE):
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

    def end(self) -> None:
        """Let the clock strike once at least, so that no life is without."""
        if not self.ticks:
            self.let_time_pass()

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
    """A tuning, a person's approval, an endpoint that is asked, what really happened, and drift."""
    shift = {"type": "all_at_once", "bake_minutes": 0}
    life.define(
        tune={"jobs": 2, "parallel": 2},
        approve="manual",
        deploy={"mode": "realtime", "shift": shift},
    )
    life.drop("data/rows.csv", as_csv(table(400)))
    life.hear("ApprovalRequested")
    approve(life)
    life.hear("ModelDeployed")
    rows = table(60, seed=7)
    with ThreadPoolExecutor(10) as pool:  # soon after each other: few files of captured traffic
        list(pool.map(lambda row: ask(life, [row], InferenceId=row["id"]), rows))
    life.until(lambda: captured(life) >= len(rows), "captured traffic")
    lies = [f"{row['id']},{'no' if row['left'] == 'yes' else 'yes'}\n" for row in rows]
    life.drop("truth/week.csv", "inference_id,label\n" + "".join(lies))
    life.hear("RetrainingHeldBack", because="quality")
    ask(life, table(300, seed=8, older=True))
    life.hear("RetrainingHeldBack", because="drift")
    life.hear("FeaturesStored")


def approve(life: Life) -> None:
    """Do what a person does who approves the one candidate."""
    sagemaker = life.stack.client("sagemaker")
    listing = sagemaker.list_model_packages(ModelPackageGroupName=life.name)
    arn = listing["ModelPackageSummaryList"][0]["ModelPackageArn"]
    sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")


def ask(life: Life, rows: list[dict[str, str]], **more: str) -> None:
    """Ask the endpoint about rows, without what they have to be predicted."""
    questions = [{k: v for k, v in row.items() if k != "left"} for row in rows]
    life.stack.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=life.name,
        ContentType="application/json",
        Body=json.dumps({"instances": questions}),
        **more,
    )


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


def files(life: Life) -> None:
    """A write of several files, closed by its marker.

    The quiet period ends when the life is over, however slow the machine is.
    """
    data = {"minimum_rows": 50, "snapshot": {"quiet": "15m"}}
    life.define(data=data, deploy={"mode": "batch"}, features={"store": False})
    for number in range(2):
        life.drop(f"data/write/part-0000{number}.csv", as_csv(table(60, seed=10 + number)))
    life.hear("DataIngested")
    life.drop("data/write/_SUCCESS", "")
    life.hear("SnapshotClosed")
    life.hear("ModelDeployed")


def databases(life: Life) -> None:
    """A database that nobody can reach, and a table that AWS DMS writes, with a change."""
    shop = {"kind": "database", "through": "dms", "name": "shop", "tables": ["shop.people"]}
    gone = {"kind": "database", "through": "glue", "connection": "nowhere", "tables": ["people"]}
    life.define(data={"minimum_rows": 10**6, "sources": [shop, gone]})
    life.hear("FetchFailed")
    life.rest()
    folder, header = "dms/shop/people", "id,age,left\n"
    life.drop(f"{folder}/LOAD00000001.csv", header + "1,40,no\n2,50,yes\n3,60,yes\n")
    life.hear("DataIngested", rows=3)
    life.drop(f"{folder}/20260203-101112010.csv", f"Op,{header}D,2,50,yes\n")
    life.hear("DataIngested", rows=2)


STORIES: Mapping[str, Callable[[Life], None]] = {
    "batch": batch,
    "realtime": realtime,
    "stream": stream,
    "files": files,
    "databases": databases,
}
