"""Traffic and truth: windows, drift told once, and answers held against what happened."""

import json

import pytest

from handle_take_in_truth import lambda_handler as take_in_truth
from handle_watch_traffic import lambda_handler as watch_traffic
from tests import tables
from tests.builders import PROBLEM, RUN, object_created, prepared_run, problem_record
from tests.integration.functions.world import World

LIKE = tables.questions(tables.customers(150, seed=8), "Churn")
UNLIKE = tables.questions(tables.customers(150, seed=9, shifted=True), "Churn")
LATER = "2026-02-03T12:30:00Z"


@pytest.fixture
def world(prepared):
    problem = problem_record(
        champion=RUN, last_run=RUN, deployed_at="2026-02-03T10:00:00Z", retrained_at=None
    )
    world = World(problem, prepared_run(stage="deployed", score=0.95))
    world.keep_prepared(prepared)
    return world


def capture(world, name, rows, answers=None, ids=None):
    """Put a capture file into the lake, one row a line; S3's event of it."""
    key = f"{PROBLEM}/capture/{PROBLEM}/primary/2026/02/03/10/{name}.jsonl"
    lines = []
    for index, row in enumerate(rows):
        answer = answers[index] if answers else {"label": "No", "score": 0.2}
        lines.append(
            {
                "captureData": {
                    "endpointInput": _side("INPUT", {"instances": [row]}),
                    "endpointOutput": _side("OUTPUT", {"predictions": [answer]}),
                },
                "eventMetadata": {
                    "eventId": f"{name}-{index}",
                    "inferenceId": ids[index] if ids else f"{name}-{index}",
                    "inferenceTime": "2026-02-03T10:11:12Z",
                },
                "eventVersion": "0",
            }
        )
    body = "".join(json.dumps(line) + "\n" for line in lines).encode()
    world.objects.write(f"s3://lake/{key}", body)
    return object_created(key, bucket="lake")


def _side(mode, document):
    return {
        "observedContentType": "application/json",
        "mode": mode,
        "data": json.dumps(document),
        "encoding": "JSON",
    }


def test_traffic_like_the_training_data_says_nothing(world):
    assert world.deliver(watch_traffic, capture(world, "a", LIKE)) == []
    assert "150 rows of traffic in this window, like the training data" in world.reasons()[-1]


def test_drift_is_told_once_a_window_with_its_report(world):
    """Files of a window add up, whatever is delivered twice."""
    ((name, data),) = world.deliver(watch_traffic, capture(world, "a", UNLIKE))
    again = world.deliver(watch_traffic, capture(world, "b", UNLIKE))

    assert (name, data["rows"], again) == ("DriftDetected", 150, [])
    assert "age" in {column["column"] for column in data["columns"]}
    assert "300 rows" in world.reasons()[-1]
    folder = data["report_uri"].rsplit("/", 1)[0]
    assert b"<svg" in world.objects.read(data["report_uri"])
    assert json.loads(world.objects.read(f"{folder}/drift.json"))["columns"]
    assert json.loads(world.objects.read(f"{folder}/constraint_violations.json"))["violations"]


def test_a_new_window_begins_when_the_time_is_over(world):
    world.deliver(watch_traffic, capture(world, "a", UNLIKE))

    ((name, data),) = world.deliver(watch_traffic, capture(world, "b", UNLIKE) | {"time": LATER})

    assert (name, data["rows"]) == ("DriftDetected", 150)


def test_few_rows_are_not_judged(world):
    assert world.deliver(watch_traffic, capture(world, "a", UNLIKE[:20])) == []


def test_traffic_of_no_model_of_ours_is_left_alone():
    world = World(problem_record())

    assert world.deliver(watch_traffic, capture(world, "a", LIKE[:1])) == []
    assert "no model of ours" in world.reasons()[-1]


def truth(world, name, body):
    world.land(f"{PROBLEM}/truth/{name}", body.encode())
    return object_created(f"{PROBLEM}/truth/{name}")


def answered(world, happened):
    """Answers that are all sure of one thing, and a file of what really happened."""
    sure = [{"label": "Yes", "score": 0.9 + i / 1e4} for i in range(60)]
    sure += [{"label": "No", "score": 0.1 + i / 1e4} for i in range(60)]
    ids = [f"id-{index}" for index in range(120)]
    capture(world, "asked", LIKE[:120], sure, ids)
    lines = [f"{name},{label}\n" for name, label in zip(ids, happened, strict=True)]
    return "inference_id,label\n" + "".join(lines)


def test_answers_that_were_right_are_no_drop(world):
    file = answered(world, ["Yes"] * 60 + ["No"] * 60)

    said = world.deliver(take_in_truth, truth(world, "a.csv", file))

    assert [name for name, _ in said] == ["GroundTruthTaken"]
    assert said[0][1]["rows"] == 120


def test_answers_that_were_wrong_are_told_once_a_model(world):
    file = answered(world, ["No"] * 60 + ["Yes"] * 60)

    said = world.deliver(take_in_truth, truth(world, "a.csv", file))
    again = world.deliver(take_in_truth, truth(world, "b.csv", file))

    assert [name for name, _ in said] == ["GroundTruthTaken", "QualityDropped"]
    assert said[1][1]["current"] < 0.1 < said[1][1]["baseline"]
    assert [name for name, _ in again] == ["GroundTruthTaken"]


def test_truth_that_comes_before_any_model_is_kept():
    world = World(problem_record())

    assert world.deliver(take_in_truth, truth(world, "a.csv", "inference_id,label\n1,Yes\n")) == []
    (kept,) = world.objects.list(f"s3://lake/{PROBLEM}/truth/kept/")
    assert json.loads(world.objects.read(kept)) == {"inference_id": "1", "label": "Yes"}


@pytest.mark.parametrize("body", ["", "id,what\n1,Yes\n", "inference_id,label\n,\n"])
def test_a_file_without_truths_is_set_aside(world, body):
    ((name, data),) = world.deliver(take_in_truth, truth(world, "a.csv", body))

    assert name == "DataRejected"
    assert data["faults"][0]["cure"]
    assert world.objects.read(data["quarantine_uri"]) == body.encode()
