"""What must hold at every moment, and what must hold when everything has come to rest."""

from collections import Counter

from faults.judge.stage_table import ENDS, STEPS
from tests.builders import PROBLEM

MOVES = {(before, step.after) for step in STEPS for before in step.before}
PURPOSES = {"TrainingJob": "train", "HyperParameterTuningJob": "train", "ProcessingJob": "job"}


def hold_always(relay, stages):
    """Check the state; ``stages`` are those of the runs when it was checked last.

    Returns:
        The stages now.
    """
    now = {run.run: run.stage for run in relay.runs()}
    for run, stage in now.items():
        before = stages.get(run, "")
        assert stage == before or (before, stage) in MOVES, f"{run} went from {before} to {stage}"
    open_runs = [run for run, stage in now.items() if stage not in ENDS]
    problem = relay.records.problem(PROBLEM)
    assert len(open_runs) <= 1, f"{open_runs} are under way at once"
    assert (problem.active_run if problem else None) == (open_runs[0] if open_runs else None)
    if problem and problem.champion:
        assert now[problem.champion] == "deployed"
    _hold_once(relay)
    return now


def _hold_once(relay):
    """No job, package or deployment is made twice."""
    made = Counter()
    for operation, request in relay.api.done:
        noun = operation.removeprefix("Create")
        if noun in PURPOSES:
            tags = {tag["Key"]: tag["Value"] for tag in request["Tags"]}
            name = request.get("ProcessingJobName", "training").rsplit("-", 1)[0]
            made[tags["baton:run"], name] += 0 if "score" in name else 1
        if noun == "ModelPackage":
            made[request["CustomerMetadataProperties"]["run"], noun] += 1
        if operation in {"CreateEndpoint", "UpdateEndpoint"}:
            made[request["EndpointConfigName"], "deployed"] += 1
    twice = [key for key, times in made.items() if times > 1]
    assert not twice, f"made twice: {twice}"


def hold_at_rest(relay):
    """Nothing is under way, nothing waits that need not, and no file was forgotten."""
    problem = relay.records.problem(PROBLEM)
    waits = [run for run in relay.runs() if run.stage == "waiting_for_approval"]
    assert not relay.pending, [message.function for message in relay.pending]
    assert all(run.stage in ENDS or run in waits for run in relay.runs())
    assert [job.name for job in relay.jobs() if not job.ended] == []
    files = {key for key in relay.landed if "/data/" in key}
    assert {row.source for row in relay.inputs()} == files
    if problem is None:
        assert all(row.waiting for row in relay.inputs())
        return
    assert not any(row.waiting for row in relay.inputs())
    if waits:
        return
    used = {uri for run in relay.runs() for uri in relay.listed(run)}
    newest = [row for row in relay.inputs() if relay.landed[row.source] == row.etag]
    assert {row.uri for row in newest} <= used, "a file is in no run"
    _hold_served(relay, problem)


def _hold_served(relay, problem):
    """The endpoint serves the champion."""
    endpoint = relay.api.things.get(("sagemaker", "Endpoint", PROBLEM))
    if problem.champion is None or endpoint is None:
        return
    champion = next(run for run in relay.runs() if run.run == problem.champion)
    if champion.endpoint_config:
        assert endpoint["EndpointConfigName"] == champion.endpoint_config
