"""The wiring as the template has it: all that is said is heard, by legs that understand it."""

from __future__ import annotations

import base64
import importlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from moto.events.models import EventPattern

from events.catalogue import files, schema
from events.wiring import DEFAULT_BUS, DEPLOYED, Rule, functions, of_type, rules, said_by
from lifecycle.cause import parse_cause
from lifecycle.events import CATALOGUE, SOURCE
from lifecycle.leg import Leg

EVENTS = Path(__file__).parents[2] / "events"
STREAM_SAMPLE = "aws/kinesis-records"
FOR_OTHERS = {
    "FetchStarted",
    "FeaturesStored",
    "TrainingStarted",
    "TuningStarted",
    "CandidateEvaluated",
    "DeploymentStarted",
    "ScoringStarted",
    "GroundTruthTaken",
}
"""Said for people and other systems that follow the bus: no leg has anything to do then."""

UNHEARD = {"aws/training-job-of-a-tuning-job", "aws/model-package-described"}
"""What AWS sends besides, and no leg may be bothered with."""

LATER = {"LabelsRequested", "DataLabeled"}
"""Labelling comes with legs of its own; its events have their place already."""


def _read() -> dict[str, dict[str, Any]]:
    paths = [*EVENTS.glob("aws/*.json"), *EVENTS.glob("lifecycle/*.json")]
    return {
        path.relative_to(EVENTS).as_posix().removesuffix(".json"): json.loads(path.read_text())
        for path in sorted(paths)
        if not path.name.endswith(".schema.json")
    }


SAMPLES = _read()
ENVELOPES = {name: sample for name, sample in SAMPLES.items() if name != STREAM_SAMPLE}
OWN = {name: sample for name, sample in ENVELOPES.items() if sample["source"] == SOURCE}
PATTERNS = [rule for rule in rules() if rule.pattern]


def bus_of(sample: dict[str, Any]) -> str:
    return DEPLOYED["EventBus"] if sample["source"] == SOURCE else DEFAULT_BUS


def meets(rule: Rule, sample: dict[str, Any]) -> bool:
    """Whether EventBridge would hand the sample to the rule's queue."""
    if rule.bus != bus_of(sample):
        return False
    if rule.schedule:
        resource = (sample["resources"] or [""])[0]
        return sample["source"] == "aws.events" and f"-{rule.name}-" in resource
    event: Any = sample  # moto's type of an event knows no envelope of a delivered one
    return bool(EventPattern.load(json.dumps(rule.pattern)).matches_event(event))


def heard_by(sample: dict[str, Any]) -> list[str]:
    return [rule.function for rule in rules() if meets(rule, sample)]


@cache
def leg_of(function: str) -> Leg:
    """The handler of a function that a queue drives."""
    handler = importlib.import_module(f"handle_{functions()[function].folder}").lambda_handler
    assert isinstance(handler, Leg)
    return handler


@pytest.mark.parametrize("name", ENVELOPES)
def test_every_sample_is_understood(name):
    """The legs' own parser reads every event that may come."""
    parse_cause(SAMPLES[name])


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_own_event_has_a_sample(name):
    """The sample is named after its event."""
    assert f"lifecycle/{name}" in OWN


@pytest.mark.parametrize("name", OWN)
def test_every_own_sample_is_of_its_schema(name):
    """Fields, types and the envelope are what the schema says."""
    sample = SAMPLES[name]

    jsonschema.validate(sample, schema(CATALOGUE[sample["detail-type"]]))


def test_schemas_and_catalogue_are_up_to_date():
    """Writing them again (`make catalogue`) changes nothing, and leaves nothing behind."""
    expected = files()

    stale = [path.name for path, text in expected.items() if path.read_text("utf-8") != text]
    left_behind = set(EVENTS.glob("lifecycle/*.schema.json")) - set(expected)

    assert (stale, left_behind) == ([], set())


@pytest.mark.parametrize("function", functions())
def test_whatever_a_function_says_is_heard(function):
    """By a leg, or it is meant for people and other systems."""
    routed = {kind for rule in PATTERNS for kind in rule.pattern["detail-type"]}

    unheard = set(said_by(functions()[function].folder)) - routed - FOR_OTHERS

    assert unheard == set()


def test_what_is_said_for_others_is_heard_by_no_leg():
    """So that the list above cannot hide a leg that went deaf."""
    routed = {kind for rule in PATTERNS for kind in rule.pattern["detail-type"]}

    assert routed.isdisjoint(FOR_OTHERS)


def test_every_own_event_is_said():
    """An event that nobody says would be a promise without a giver."""
    said = {name for function in functions().values() for name in said_by(function.folder)}

    assert set(CATALOGUE) - said == LATER


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)
def test_every_rule_meets_a_sample(rule):
    """A pattern that matches nothing that is ever sent is a leg that never runs."""
    assert any(meets(rule, sample) for sample in ENVELOPES.values())


@pytest.mark.parametrize("name", ENVELOPES)
def test_a_leg_is_sent_only_what_it_hears(name):
    """What a rule puts into a queue is of a class that the queue's handler takes."""
    event = parse_cause(SAMPLES[name]).event

    surprised = [who for who in heard_by(SAMPLES[name]) if not isinstance(event, leg_of(who).hears)]

    assert surprised == []


@pytest.mark.parametrize("function", sorted({rule.function for rule in rules()}))
def test_a_leg_hears_only_what_it_is_sent(function):
    """Every class that a handler takes comes by some rule."""
    sent = {
        type(parse_cause(sample).event)
        for sample in ENVELOPES.values()
        if function in heard_by(sample)
    }

    assert set(leg_of(function).hears) == sent


@pytest.mark.parametrize("name", sorted(UNHEARD))
def test_what_concerns_nobody_wakes_nobody(name):
    """A tuning job's own trainings, and edits of a package that leave its approval as it was."""
    assert heard_by(SAMPLES[name]) == []


@pytest.mark.parametrize("name", sorted(set(ENVELOPES) - set(OWN) - UNHEARD))
def test_whatever_aws_sends_is_heard(name):
    """Every other sample of AWS's wakes a leg."""
    assert heard_by(SAMPLES[name]) != []


@pytest.mark.parametrize("name", OWN)
def test_people_are_told_of_events_with_a_severity_alone(name):
    """The alerting leg hears exactly those."""
    told = "SendAlert" in heard_by(SAMPLES[name])

    assert told == (CATALOGUE[SAMPLES[name]["detail-type"]].severity is not None)


def test_stream_records_hold_what_the_contract_says():
    """Each is a JSON object that names its problem, with a record or with a label."""
    records = SAMPLES[STREAM_SAMPLE]["Records"]

    documents = [json.loads(base64.b64decode(item["kinesis"]["data"])) for item in records]

    assert [set(document) for document in documents] == [
        {"problem", "record"},
        {"problem", "inference_id", "label"},
    ]


def test_legs_take_turns_where_the_template_lets_them():
    """One that may not send to its own queue would fail at every message."""
    lets = {name for name in of_type("AWS::IAM::Policy") if name.endswith("TakesTurns")}
    driven = {rule.function for rule in rules()}

    assert {f"{name}TakesTurns" for name in driven if leg_of(name).fair} == lets


def test_legs_that_read_files_take_turns():
    """Of those whose messages are handled few at a time; users send as many files as they like."""
    files = {rule.function for rule in PATTERNS if "aws.s3" in rule.pattern["source"]}
    few = {
        name
        for name, function in of_type("AWS::Serverless::Function").items()
        if "ScalingConfig" in function.get("Events", {}).get("Messages", {}).get("Properties", {})
    }

    assert files & few
    assert {name for name in files & few if not leg_of(name).fair} == set()
