"""Why a problem stands where it stands, and what it waits for, in sentences."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cli.output import ago

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.queues import DeadLetters
    from cli.story import Step
    from lifecycle.events import Fault
    from lifecycle.given_up import GivenUpRecord
    from lifecycle.records import InputRecord, JobRecord, ProblemRecord, RunRecord
    from lifecycle.stages import Stage

NEXT: dict[Stage, str] = {
    "started": "Its data are being prepared: profiled, cleaned, split, and turned into features.",
    "prepared": "Training is about to start.",
    "labelling": "People are labelling the rows that have no target.",
    "training": "It waits for its training to end.",
    "trained": "Its evaluation on the hold-out is about to start.",
    "evaluating": "It waits for its evaluation on the hold-out to end.",
    "waiting_for_approval": "It waits for a person to approve model package {model_package}.",
    "approved": "Its deployment is about to start.",
    "deploying": "It waits for its endpoint to take all traffic.",
}
ENDINGS: dict[Stage, str] = {
    "deployed": "was deployed",
    "rejected": "was rejected",
    "rolled_back": "was rolled back",
    "failed": "failed",
    "data_rejected": "could not use its data",
}
CAUSES = {
    "data": "new data arrived",
    "redefined": "problem.yaml changed",
    "drift": "traffic drifted",
    "quality": "the answers got worse",
}
FAULTS_SHOWN = 5


@dataclass(frozen=True)
class Facts:
    """All that is known of one problem.

    Attributes:
        name: the problem's name.
        problem: its row; None while it is not defined.
        run: its newest run, under way or ended.
        steps: its history, in order.
        inputs: what was taken in, waiting and rejected ones included.
        jobs: its jobs under way.
        dead: the dead-letter queues that hold something.
        given_up: why legs gave up on messages, oldest first.
    """

    name: str
    problem: ProblemRecord | None
    run: RunRecord | None
    steps: Sequence[Step] = ()
    inputs: Sequence[InputRecord] = ()
    jobs: Sequence[JobRecord] = ()
    dead: Sequence[DeadLetters] = field(default=())
    given_up: Sequence[GivenUpRecord] = ()


def state(facts: Facts) -> list[str]:
    """Where the problem and its newest run stand."""
    problem, run = facts.problem, facts.run
    if problem is None:
        return [f"{facts.name} is not defined yet."]
    target = problem.definition.get("target")
    told = [
        f"{facts.name} predicts {target}; its definition is version {problem.definition_version}."
    ]
    if run is None:
        return [*told, "No run has started yet."]
    because = CAUSES.get(run.because, run.because)
    if not run.ended:
        stage = run.stage.replace("_", " ")
        told.append(
            f"Run {run.run} is under way because {because}: {stage} since {ago(run.stage_at)}."
        )
    else:
        reason = f": {run.reason.rstrip('.')}." if run.reason else "."
        ending = f"{ENDINGS[run.stage]} {ago(run.stage_at)}{reason}"
        told.append(f"Run {run.run}, started because {because}, {ending}")
    told.append(_champion(problem, run))
    return told


def _champion(problem: ProblemRecord, run: RunRecord) -> str:
    if not problem.champion:
        return "No model serves yet."
    if problem.champion == run.run:
        score = f" ({run.metric} {run.score:.4f} on the hold-out)" if run.score is not None else ""
        return f"Its model serves{score}."
    return f"The model of run {problem.champion} serves."


def events(facts: Facts) -> list[dict[str, Any]]:
    """What happened to the newest run, leg by leg; without a run, all there is."""
    chosen = [step for step in facts.steps if facts.run is None or step.run == facts.run.run]
    return [
        {"at": step.at, "leg": step.leg, "reason": step.reason, "said": list(step.names())}
        for step in chosen
    ]


def waits(facts: Facts) -> list[str]:
    """What it waits for, and what the user can do; empty when it waits for nothing."""
    told: list[str] = []
    if facts.run is not None and not facts.run.ended:
        told.append(NEXT[facts.run.stage].format(model_package=facts.run.model_package))
        told += [
            f"The {job.job_kind.replace('-', ' ')} {job.name} began {ago(job.started_at)}."
            for job in facts.jobs
            if job.run == facts.run.run
        ]
    told += _scoring(facts)
    told += _inputs(facts)
    if facts.problem is not None and (facts.run is None or facts.run.ended):
        told += _next_run(facts)
    told += _refused(facts)
    if facts.problem is None and not facts.steps:
        told.append("Files have landed; no leg has answered yet.")
    return told + [_gave_up(queue, facts) for queue in facts.dead]


def _gave_up(queue: DeadLetters, facts: Facts) -> str:
    """That a leg gave up, and why it did so last, of this problem if that was kept."""
    rows = [row for row in facts.given_up if row.leg == queue.leg]
    own = [row for row in rows if row.problem == facts.name]
    events = f"{queue.depth} event{'s' if queue.depth > 1 else ''}"
    last = (own or rows)[-1:]
    because = "".join(
        f"; the last, {row.heard or 'unknown'} of {row.problem or 'no known problem'}, failed with "
        f"{row.reason.rstrip('.')}"
        for row in last
    )
    return (
        f"{queue.leg} gave up on {events} (of any problem){because}: "
        f"`baton redrive {queue.leg}` tries again."
    )


def _scoring(facts: Facts) -> list[str]:
    jobs = [job for job in facts.jobs if job.leg == "finish_scoring"]
    return [f"Bulk scoring {job.name} began {ago(job.started_at)}." for job in jobs]


def _inputs(facts: Facts) -> list[str]:
    told = []
    waiting = [row for row in facts.inputs if row.waiting]
    for purpose, what in (("data", f"{facts.name}/problem.yaml"), ("score", "a model")):
        names = [row.source.rsplit("/", 1)[-1] for row in waiting if row.purpose == purpose]
        if names:
            subject = "1 file waits" if len(names) == 1 else f"{len(names)} files wait"
            told.append(f"{subject} for {what}: {_some(names)}.")
    return told + [
        f"{row.source} was set aside: {_faults(row.rejected)}"
        for row in facts.inputs
        if row.rejected
    ]


def _next_run(facts: Facts) -> list[str]:
    """What the leg that starts runs said last, unless it started the run that is shown."""
    last = next((step for step in reversed(facts.steps) if step.leg == "start_run"), None)
    if last is None:
        return ["It waits for data."]
    started = "RunStarted" in last.names()
    return [] if started or last.reason.startswith("There is nothing new") else [last.reason]


def _refused(facts: Facts) -> list[str]:
    """The newest definition was refused, and no later one accepted."""
    for step in reversed(facts.steps):
        for event in step.said:
            if event.name == "ProblemDefined":
                return []
            if event.name == "ProblemRejected":
                faults = event.data.get("faults", [])
                lines = "; ".join(_fault(fault) for fault in faults[:FAULTS_SHOWN])
                more = len(faults) - FAULTS_SHOWN
                return [f"problem.yaml was refused: {lines}{f'; {more} more' if more > 0 else ''}."]
    return []


def _fault(fault: dict[str, Any]) -> str:
    where = f"line {fault['line']}: " if fault.get("line") else ""
    path = f"{fault['path']}: " if fault.get("path") else ""
    return f"{where}{path}{fault['message'].rstrip('.')}"


def _faults(faults: Sequence[Fault]) -> str:
    first = faults[0]
    cure = f" {first.cure}" if first.cure else ""
    more = f" ({len(faults) - 1} more)" if len(faults) > 1 else ""
    return f"{first.message.rstrip('.')}.{cure}{more}"


def _some(names: list[str], shown: int = 3) -> str:
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
