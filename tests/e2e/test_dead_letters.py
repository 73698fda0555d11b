"""A message that cannot be handled ends where it is seen, and is tried again when it is asked for.

The three problems are named as lives of the fault matrix are (`fm` and six letters): the cloud of
these tests then lets what a leg wants back after 2, 10, 60 and 300 seconds come after a twentieth
of that. All else is as deployed: five tries, by the leg's own queue. And the cloud tells which
messages of such a problem wait, and what its functions heard.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from faults.judge.evidence import gather
from faults.judge.likeness import picture
from faults.judge.verdict import verdict
from lifecycle.given_up import message_digest
from local.settings import ROOT
from tests import tables
from tests.e2e.cloud import PATIENCE_SECONDS

pytestmark = pytest.mark.e2e

POISON, LOCKED, BESIDE = "fmpoison", "fmlocked", "fmbeside"
LEG, QUEUE, LETTERS = "ingest_files", "baton-IngestFiles", "baton-IngestFiles-dead-letters"
LOCK = "NobodyReadsThis"
LISTENERS = frozenset(
    {"StartRun", "PrepareData", "StartTraining", "EvaluateCandidate", "DeployModel", "SendAlert"}
)
ROWS = tables.to_csv(tables.customers(200, seed=51))


def opening(cloud):
    """One waits for what cannot be handled, one for a file that nobody may read, one for neither.

    Their files are dropped when the tests begin, so that little else lies in the time replayed.
    """
    cloud.change_policy(cloud.landing, lambda statements: [*statements, _lock(cloud)])
    for problem in (POISON, LOCKED):
        cloud.define(problem, "Churn", data={"minimum_rows": 10**6})
    cloud.define(
        BESIDE,
        "Churn",
        data={"minimum_rows": 100},
        tune={"strategy": "none"},
        evaluate={"explain": False},
        features={"store": False},
        deploy={"mode": "batch"},
        retrain={"on": []},
    )


def _lock(cloud):
    return {
        "Sid": LOCK,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{cloud.landing}/{LOCKED}/data/*",
    }


def poison(cloud):
    """What S3 never sends: an object whose size is no number."""
    sample = (ROOT / "events/aws/s3-data-dropped.json").read_text("utf-8")
    event = json.loads(sample)
    event["detail"]["bucket"]["name"] = cloud.landing
    event["detail"]["object"] |= {"key": f"{POISON}/data/rows.csv", "size": "a few rows"}
    return json.dumps(event)


def url(cloud, name):
    return cloud.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]


def send(cloud, body):
    cloud.client("sqs").send_message(QueueUrl=url(cloud, QUEUE), MessageBody=body)


def letters(cloud):
    """The dead letters, by their bodies; whoever looks next finds them as well."""
    answer = cloud.client("sqs").receive_message(
        QueueUrl=url(cloud, LETTERS), MaxNumberOfMessages=10, VisibilityTimeout=0
    )
    return {each["Body"]: each["ReceiptHandle"] for each in answer.get("Messages", [])}


def has_letters(cloud, number):
    """Each comes after five tries, the first of them perhaps of a function that must start yet."""
    patience = 2 * PATIENCE_SECONDS
    assert cloud.until(lambda: cloud.dead_letters().get(LETTERS) == number, patience)


def baton(cloud, *words):
    """What the command says, its lines as one."""
    variables = {**os.environ, **cloud.environment, "COLUMNS": "200", "BATON_ENV": "none"}
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", *words],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return " ".join(done.stdout.split())


def told(cloud, *words):
    return json.loads(baton(cloud, *words, "--json"))


def is_quiet(cloud, problem):
    """Whether two looks found that no leg has a message of the problem: one may be on its way."""
    for _ in range(2):
        since = datetime.now(UTC).timestamp()
        found = cloud.until(
            lambda since=since: cloud.plans.is_settled(problem, since), PATIENCE_SECONDS
        )
        if not found:
            return False
    return True


def given_up_at(cloud, body):
    """When the leg gave up on a message, as it noted with the reason."""
    row = cloud.client("dynamodb").get_item(
        TableName=cloud.outputs["RecordTable"],
        Key={"pk": {"S": f"given_up#{LEG}"}, "sk": {"S": message_digest(body)}},
    )["Item"]
    return datetime.fromisoformat(row["at"]["S"])


@pytest.fixture(scope="module")
def given_up(cloud):
    """Both messages lie in the dead letters; what is told of them, and what went past them."""
    for problem in (POISON, LOCKED, BESIDE):
        cloud.event(problem, "ProblemDefined")
    begin, body = datetime.now(UTC), poison(cloud)
    send(cloud, body)
    for problem in (LOCKED, BESIDE):
        cloud.put(f"{problem}/data/rows.csv", ROWS)
    has_letters(cloud, 2)
    (locked,) = letters(cloud).keys() - {body}
    return SimpleNamespace(
        begin=begin,
        poison=body,
        locked=locked,
        at=given_up_at(cloud, body),
        alarms=cloud.topic.wait(is_alarm, 1, PATIENCE_SECONDS),
        why={problem: baton(cloud, "why", problem) for problem in (POISON, LOCKED, BESIDE)},
        status=baton(cloud, "status"),
    )


def is_alarm(message):
    if not message["Message"].startswith("{"):
        return False
    alarm = json.loads(message["Message"])
    name = alarm.get("AlarmName", "")
    return name == LETTERS and alarm["NewStateValue"] == "ALARM"


@pytest.fixture(scope="module")
def redriven(cloud, given_up):
    """The file may be read again; each redrive is asked for twice. Nothing is left in the end."""
    cloud.change_policy(
        cloud.landing, lambda statements: [each for each in statements if each.get("Sid") != LOCK]
    )
    by_problem = [told(cloud, "redrive", LOCKED)]
    cloud.event(LOCKED, "DataIngested")
    by_problem.append(told(cloud, "redrive", LOCKED))
    send(cloud, given_up.locked)  # as a redrive that ended before it could delete what it sent
    by_leg = [told(cloud, "redrive", LEG) for _ in range(2)]
    has_letters(cloud, 1)
    left = letters(cloud)
    for handle in left.values():
        cloud.client("sqs").delete_message(QueueUrl=url(cloud, LETTERS), ReceiptHandle=handle)
    assert all(is_quiet(cloud, problem) for problem in (POISON, LOCKED))
    return SimpleNamespace(by_problem=by_problem, by_leg=by_leg, left=list(left))


def judged(cloud, problem):
    """The problem's end: what the judge holds against it, and all that must not become more."""
    alerts, heard = cloud.topic.all(lambda _: True), cloud.bus.all(lambda _: True)
    evidence = gather(cloud, cloud.outputs, problem, alerts=alerts, heard=heard)
    return SimpleNamespace(
        findings=list(map(str, verdict(evidence))),
        picture=picture(evidence),
        runs=[run["run"] for run in evidence.rows["run"]],
        jobs=sorted(job.name for job in evidence.things.jobs),
        alerts=sorted(alert.message_id for alert in evidence.alerts),
        history=sorted((row["leg"], row["event_id"]) for row in evidence.history),
    )


def said_at(event):
    return datetime.fromisoformat(event["detail"]["metadata"]["occurred_at"])


def handled(cloud, problem, since):
    """How often each function was handed each event that said something of the problem since."""
    heard = [event for event in cloud.heard(problem) if said_at(event) > since]
    own = {event["detail"]["metadata"]["event_id"] for event in heard}
    return Counter(
        (note["function"], note["heard"], note["event"])
        for note in cloud.plans.notes(problem)
        if note.get("begins") and note["event"] in own
    )


@pytest.fixture(scope="module")
def replayed(cloud, given_up):
    """The finished life of the problem beside, said twice more."""
    cloud.event(BESIDE, "ModelDeployed")
    assert is_quiet(cloud, BESIDE)
    before, times = judged(cloud, BESIDE), [handled(cloud, BESIDE, given_up.begin)]
    stretch = ("--from", given_up.begin.isoformat(), "--to", datetime.now(UTC).isoformat())
    for _ in range(2):
        replay = told(cloud, "replay", *stretch)["replay"]
        assert cloud.until(lambda replay=replay: is_over(cloud, replay), PATIENCE_SECONDS)
        assert is_quiet(cloud, BESIDE)
        times.append(handled(cloud, BESIDE, given_up.begin))
    return SimpleNamespace(before=before, after=judged(cloud, BESIDE), times=times)


def is_over(cloud, replay):
    return cloud.client("events").describe_replay(ReplayName=replay)["State"] == "COMPLETED"


def test_the_reason_is_told_to_whom_it_concerns(given_up):
    """By its own words where they are ours or AWS's, with the command that tries again."""
    told_of = {problem: given_up.why[problem] for problem in (POISON, LOCKED)}

    assert "size: int_parsing" in told_of[POISON]
    assert f"Object Created of {POISON}, failed with MalformedEventError" in told_of[POISON]
    assert f"Object Created of {LOCKED}, failed with ClientError" in told_of[LOCKED]
    assert all(f"baton redrive {LEG}" in text for text in told_of.values())
    assert f"{LEG} gave up on 2 events" in given_up.status


def test_an_alarm_reaches_the_subscribers_of_the_alert_topic(given_up):
    (message,) = given_up.alarms

    assert "IngestFiles could not handle" in json.loads(message["Message"])["AlarmDescription"]


def test_others_do_not_wait_meanwhile(cloud, given_up):
    """A file dropped after the poison was taken in while that was still being tried."""
    (event,) = cloud.heard(BESIDE, "DataIngested")

    assert given_up.begin < said_at(event) < given_up.at


def test_what_was_mended_is_taken_in_once_however_often_it_is_tried_again(cloud, redriven):
    first, second = redriven.by_problem

    assert first["moved"] == {LEG: 1}
    assert "403" in first["reasons"][LEG][0]["reason"]
    assert second["total"] == 0
    assert len(cloud.heard(LOCKED, "DataIngested")) == 1
    assert judged(cloud, LOCKED).findings == []


def test_what_cannot_be_mended_comes_back_as_one_dead_letter(given_up, redriven):
    """Asked twice at once, the second finds it on its way."""
    assert [answer["total"] for answer in redriven.by_leg] == [1, 0]
    (why,) = redriven.by_leg[0]["reasons"][LEG]
    assert (why["problem"], why["reason"].split(":")[0]) == (POISON, "MalformedEventError")
    assert redriven.left == [given_up.poison]


def test_a_replay_is_heard_by_every_leg_that_heard_it_first(replayed):
    """Otherwise nothing would be shown by what it does not change."""
    first, second, third = replayed.times

    assert {function.removeprefix("baton-") for function, _, _ in first} >= LISTENERS
    assert all(first[key] < second[key] < third[key] for key in first)


def test_a_replay_of_a_finished_life_changes_nothing(replayed):
    """The same run, jobs and alerts, and nothing that the judge would hold against it."""
    before, after = replayed.before, replayed.after

    assert before.findings == []
    assert after == before
    assert len(after.runs) == 1
    assert after.alerts
