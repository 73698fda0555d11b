"""Old rows leave by rules that stand for all problems at once."""

from __future__ import annotations

import pytest

from apply_retention import decide
from events.wiring import of_type
from handle_apply_retention import lambda_handler as apply_retention
from lifecycle.events import RetentionNotApplied
from lifecycle.records import RetentionRecord
from lifecycle.retention import OLD_VERSIONS, unexpired
from lifecycle.settings import Settings
from tests.builders import cause_of, input_record, own_event, problem_record
from tests.fakes import FakeApi, FakeBus, FakeObjects, FakeRecords, fake_ports

SETTINGS = Settings(landing_bucket="landing", lake_bucket="lake")
DEFINED = {"problem": "churn", "definition_version": 1, "target": "y", "resolved_uri": "s3://x/y"}


def defined(name: str = "churn"):
    return own_event("ProblemDefined", {**DEFINED, "problem": name})


def rules(decision, bucket):
    (call,) = [call for call in decision.calls if call.request["Bucket"] == bucket]
    return {rule["ID"]: rule for rule in call.request["LifecycleConfiguration"]["Rules"]}


def keeping(days, name="churn"):
    return problem_record(f"compliance: {{retention_days: {days}}}\n", problem=name)


def test_what_people_drop_is_removed_after_its_days_but_never_the_definition():
    """Data, truths and rows to score go; problem.yaml and code stay."""
    found = rules(
        decide(cause_of(defined()), [keeping(30)], RetentionRecord(), {}, SETTINGS), "landing"
    )

    assert found["churn-data"]["Filter"] == {"Prefix": "churn/data/"}
    assert found["churn-data"]["Expiration"] == {"Days": 30}
    assert not [rule for rule in found.values() if rule["Filter"].get("Prefix") == "churn/"]


def test_rows_beside_models_are_removed_by_their_tag():
    """One rule for each number of days, whatever the number of problems."""
    problems = [keeping(30), keeping(30, "fraud"), keeping(7, "spam")]
    found = rules(decide(cause_of(defined()), problems, RetentionRecord(), {}, SETTINGS), "lake")

    assert found["rows-7-days"]["Filter"] == {"Tag": {"Key": "retention-days", "Value": "7"}}
    assert found["rows-7-days"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 7}
    assert found["rows-30-days"]["Expiration"] == {"Days": 30}
    assert found["spam-ingested"]["Expiration"] == {"Days": 7}


@pytest.mark.parametrize("bucket", ["LandingBucket", "LakeBucket"])
def test_the_rule_of_the_template_stays(bucket):
    """Writing a configuration replaces all of it, so the template's own rule is in it."""
    stands = of_type("AWS::S3::Bucket")[bucket]["LifecycleConfiguration"]["Rules"]

    assert [{"ID": rule.pop("Id"), "Filter": {"Prefix": ""}, **rule} for rule in stands] == [
        OLD_VERSIONS
    ]


def test_more_problems_than_s3_has_rules_for_are_told():
    """Nothing is written, and everyone hears."""
    problems = [keeping(30, f"p{number}") for number in range(200)]
    decision = decide(cause_of(defined()), problems, RetentionRecord(), {}, SETTINGS)

    assert decision.calls == ()
    assert decision.events == (RetentionNotApplied(problem="churn", rules=1601, allowed=1000),)


def test_rules_that_stand_are_not_written_again():
    """Of many problems that are defined at once, one writes for most."""
    problems = [keeping(30), keeping(7, "spam")]
    first = decide(cause_of(defined()), problems, RetentionRecord(), {}, SETTINGS)
    standing = {
        call.request["Bucket"]: call.request["LifecycleConfiguration"]["Rules"][::-1]
        for call in first.calls
    }

    again = decide(cause_of(defined()), problems, RetentionRecord(), standing, SETTINGS)
    others = standing | {"lake": standing["landing"]}
    half = decide(cause_of(defined()), problems, RetentionRecord(), others, SETTINGS)

    assert (again.calls, again.records) == ((), ())
    assert [call.request["Bucket"] for call in half.calls] == ["lake"]


def test_two_definitions_at_once_end_with_the_rules_of_both():
    """The one that commits second finds the row moved on, and writes again."""
    records = FakeRecords(keeping(30))
    api = FakeApi(FakeObjects())
    ports = fake_ports(records, FakeObjects(), api, FakeBus())
    written = []
    real = api.call

    def call(asked):
        written.append({rule["ID"] for rule in asked.request["LifecycleConfiguration"]["Rules"]})
        if len(written) == 1:  # another leg does all of its work in between
            records.rows[keeping(7, "spam").key] = keeping(7, "spam").model_copy(
                update={"version": 1}
            )
            row = RetentionRecord(version=1, problems=2)
            records.rows[row.key] = row
        return real(asked)

    api.call = call
    apply_retention.answer(defined(), ports)

    assert "spam-data" not in written[0]
    assert "spam-data" in written[-2]


def test_a_run_leaves_out_rows_that_s3_is_about_to_remove():
    """A file may vanish while the run reads it."""
    inputs = [
        input_record("data/old.csv", at="2026-01-01T00:00:00Z"),
        input_record("data/new.csv", at="2026-01-20T00:00:00Z"),
    ]

    left = unexpired(inputs, keeping(30).definition, "2026-01-31T00:00:00Z")

    assert [row.source for row in left] == ["churn/data/new.csv"]
