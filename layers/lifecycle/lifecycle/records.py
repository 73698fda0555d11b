"""The rows of the record table: where every problem, run, input and job stands.

One DynamoDB table, keys ``pk`` and ``sk``; a row is replaced only if its ``version`` is the one
that was read. The index ``listing`` (``listing``, ``at``) answers "all problems" and "the history
of a problem, in order".
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import Field

from lifecycle.errors import IllegalMoveError
from lifecycle.events import Fault, Model, Origin
from lifecycle.names import digest
from lifecycle.stages import ENDED, MOVES, Stage


class Record(Model):
    """A versioned row; ``version`` 0 means that it is not in the table yet."""

    kind: ClassVar[str]
    version: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """The row's partition and sort key."""
        raise AttributeError(f"{type(self).__name__} has no key")

    @property
    def listed(self) -> tuple[str, str] | None:
        """The row's place in the ``listing`` index, where it has one."""
        return None


class ProblemRecord(Record):
    """A defined problem: its resolved definition, its champion, and the run under way."""

    kind: ClassVar[str] = "problem"
    problem: str
    definition: dict[str, Any]
    definition_version: int = 1
    defined_at: str = ""
    etag: str = ""
    active_run: str | None = None
    champion: str | None = None
    deployed_at: str | None = None
    last_run: str | None = None
    last_run_rows: int = 0
    used_definition: int = 0
    used_inputs: int = 0
    used_files: int = 0
    used_mark: str = ""
    """A fingerprint of the files that the last run learned from."""
    retrain_because: str | None = None
    retrained_at: str | None = None

    @property
    def key(self) -> tuple[str, str]:  # noqa: D102  (inherited)
        return f"problem#{self.problem}", "problem"

    @property
    def listed(self) -> tuple[str, str]:  # noqa: D102  (inherited)
        return "problems", self.problem


class RunRecord(Record):
    """One model's life, by the ``definition`` that the problem had when the run began."""

    kind: ClassVar[str] = "run"
    problem: str
    run: str
    stage: Stage = "started"
    because: str = "data"
    started_at: str = ""
    stage_at: str = ""
    definition: dict[str, Any]
    definition_version: int = 1
    inputs: int = 0
    rows: int = 0
    bytes: int = 0
    """The size of its ingested files."""
    preparing_job: str | None = None
    """The run of a Glue job that prepares its rows, where a function does not."""
    task: str = ""
    classes: int = 0
    features: int = 0
    holdout_rows: int = 0
    training_job: str | None = None
    best_training_job: str | None = None
    trained_model_uri: str | None = None
    tuned_score: float | None = None
    metric: str | None = None
    score: float | None = None
    champion_score: float | None = None
    champion: str | None = None
    model_package: str | None = None
    trained_sha256: str | None = None
    """Of the archive that training made, and its MAC (``lifecycle.model_proof``)."""
    trained_mac: str | None = None
    model_sha256: str | None = None
    """Of the archive that serves, its MAC, and the SHA-256 of the manifest in it."""
    model_mac: str | None = None
    manifest_sha256: str | None = None
    endpoint_config: str | None = None
    cost_usd: float = 0.0
    reason: str = ""

    @property
    def key(self) -> tuple[str, str]:  # noqa: D102  (inherited)
        return f"problem#{self.problem}", f"run#{self.run}"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to this run by itself."""
        return self.stage in ENDED

    def moved(self, stage: Stage, at: str, **changes: Any) -> Self:
        """This run one legal move on.

        Raises:
            IllegalMoveError: the stage table has no such move.
        """
        if stage not in MOVES[self.stage]:
            raise IllegalMoveError(f"run {self.run} cannot go from {self.stage} to {stage}")
        return self.model_copy(update={"stage": stage, "stage_at": at, **changes})


class InputRecord(Record):
    """One file or stretch of the stream that was taken in, once."""

    kind: ClassVar[str] = "input"
    problem: str
    digest: str
    source: str
    origin: Origin
    uri: str | None = None
    rows: int = 0
    bytes: int = 0
    """The size of what lies at ``uri``."""
    columns: int = 0
    at: str = ""
    purpose: Literal["data", "score"] = "data"
    waiting: bool = False
    """True while the object waits in the landing bucket for its problem, or for a model."""
    bucket: str = ""
    etag: str = ""
    sequencer: str = ""
    """S3's, of the event that told of it."""
    rejected: tuple[Fault, ...] = ()
    protection: str = ""
    """How personal data in its rows was treated; see ``lifecycle.personal``."""
    changes: tuple[str, ...] = ()
    """How its columns differ from those of the files before it."""
    renewed: str = ""
    """A fingerprint of a database's rows as they were when they last asked for a new run."""
    snapshot: str | None = None
    """The snapshot it belongs to, whose closing it waits for; None where it stands by itself."""
    level: int = 0
    """How often the stretches of the stream that it holds were gathered into one."""
    gathered: str | None = None
    """The digest of the input that holds its rows now."""
    expires_at: int | None = None
    """When DynamoDB may drop the row, in seconds since 1970; never, as long as it is None."""

    @property
    def key(self) -> tuple[str, str]:  # noqa: D102  (inherited)
        return f"problem#{self.problem}", f"input#{self.digest}"


class SnapshotRecord(Record):
    """The files of one write into a folder; closing it makes the row of the next.

    So a leg that adds a file has only to demand that the next row is absent.
    """

    kind: ClassVar[str] = "snapshot"
    problem: str
    folder: str
    number: int = 0
    settled: int = 0
    """Files that were heard to be taken in or set aside."""
    files: int = 0
    rows: int = 0
    rejected: int = 0
    opened_at: str = ""
    """When a writer's temporary objects, its marker or its first file were heard of."""
    marked_at: str = ""
    closed_at: str = ""
    closed_by: str = ""

    @property
    def name(self) -> str:
        """What its inputs and its events call it."""
        return f"{self.folder}#{self.number}"

    @property
    def begun(self) -> bool:
        """Whether files of this folder are to be held together with those to come."""
        return bool(self.opened_at) and not self.closed_at

    @property
    def key(self) -> tuple[str, str]:  # noqa: D102  (inherited)
        return f"problem#{self.problem}", f"snapshot#{digest(self.folder)}#{self.number:06d}"


class ShardRecord(Record):
    """How far one shard of the stream was taken in: what came before is never taken in again."""

    kind: ClassVar[str] = "shard"
    stream: str
    shard: str
    sequence: str = "0"
    cause: str = ""
    """The event by which the mark was moved last."""

    @property
    def key(self) -> tuple[str, str]:  # noqa: D102  (inherited)
        return f"shard#{self.stream}/{self.shard}", "shard"


class SchemaRecord(Record):
    """The columns of all files that a problem has been given, as ``science.schema`` keeps them."""

    kind: ClassVar[str] = "schema"
    problem: str
    columns: tuple[dict[str, Any], ...] = ()

    @property
    def key(self) -> tuple[str, str]:  # noqa: D102  (inherited)
        return f"problem#{self.problem}", "schema"


class AwaitedRecord(Record):
    """Records came by stream for a problem that was not defined; people were told of it once."""

    kind: ClassVar[str] = "awaited"
    problem: str
    at: str = ""

    @property
    def key(self) -> tuple[str, str]:  # noqa: D102  (inherited)
        return f"problem#{self.problem}", "awaited"


class JobRecord(Record):
    """Which run a job of SageMaker or Glue belongs to, and which leg waits for its end."""

    kind: ClassVar[str] = "job"
    job_kind: str
    name: str
    problem: str
    run: str | None = None
    leg: str = ""
    started_at: str = ""
    ended: bool = False
    detail: dict[str, Any] = Field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:  # noqa: D102  (inherited)
        return f"job#{self.job_kind}/{self.name}", "job"

    @property
    def listed(self) -> tuple[str, str] | None:
        """Open jobs are listed, so that the reconciler can ask after them."""
        return None if self.ended else ("jobs", self.started_at)


class WatchRecord(Record):
    """What the watch over a problem's traffic has seen since its model was deployed."""

    kind: ClassVar[str] = "watch"
    problem: str
    run: str
    window_started_at: str = ""
    window_rows: int = 0
    window_uri: str | None = None
    """Where the merged sketch of the window under way lies."""
    drift_announced: bool = False
    quality_announced: bool = False

    @property
    def key(self) -> tuple[str, str]:  # noqa: D102  (inherited)
        return f"problem#{self.problem}", f"watch#{self.run}"


class FeatureGroupRecord(Record):
    """The feature group that a problem's rows go to now, and those they went to before.

    AWS changes neither a feature's type nor whether a group has an online store, so that a change
    of these makes a new group: ``churn``, then ``churn_2``. ``mended`` are the features whose name
    is not that of their column, with the column.
    """

    kind: ClassVar[str] = "feature_group"
    problem: str
    group: str
    online: bool = False
    mended: dict[str, str] = Field(default_factory=dict)
    stores: tuple[str, ...] = ()
    """Addresses of the offline stores, the oldest group's first."""
    written_run: str | None = None
    """The run whose rows were written last; those of the online store may be under way."""
    stored_run: str | None = None
    """The run whose rows are kept, in both stores."""

    @property
    def key(self) -> tuple[str, str]:  # noqa: D102  (inherited)
        return f"problem#{self.problem}", "features"


class MonthRecord(Record):
    """What a problem's runs have cost in one calendar month, in US dollars."""

    kind: ClassVar[str] = "month"
    problem: str
    month: str
    usd: float = 0.0

    @property
    def key(self) -> tuple[str, str]:  # noqa: D102  (inherited)
        return f"problem#{self.problem}", f"month#{self.month}"


class RetentionRecord(Record):
    """When the buckets' lifecycle rules were written last, and for how many problems."""

    kind: ClassVar[str] = "retention"
    problems: int = 0
    at: str = ""

    @property
    def key(self) -> tuple[str, str]:  # noqa: D102  (inherited)
        return "retention", "retention"


class HistoryRecord(Record):
    """What one leg made of one event: the proof that it was handled, and the audit trail."""

    kind: ClassVar[str] = "history"
    event_id: str
    leg: str
    problem: str = ""
    run: str | None = None
    heard: str
    reason: str
    at: str
    calls: tuple[str, ...] = ()
    announced: tuple[dict[str, Any], ...] = ()
    """The EventBridge entries that were, or are still to be, put on the bus."""
    expires_at: int | None = None
    """When DynamoDB may delete it, in seconds since 1970: a tick that found nothing to do."""

    @property
    def key(self) -> tuple[str, str]:  # noqa: D102  (inherited)
        return f"event#{self.event_id}", self.leg

    @property
    def listed(self) -> tuple[str, str] | None:  # noqa: D102  (inherited)
        return (f"history#{self.problem}", f"{self.at}#{self.leg}") if self.problem else None
