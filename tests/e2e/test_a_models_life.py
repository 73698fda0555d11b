"""From a dropped file to a served, watched model: the contract's own story, two classes."""

import io
import json

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests import tables

pytestmark = pytest.mark.e2e

PROBLEM = "churn"
CUSTOMERS = tables.customers(1500)
NEW = tables.questions(tables.customers(200, seed=8), "Churn")
TRUE = [row["Churn"] for row in tables.customers(200, seed=8)]


def opening(cloud):
    """Define the problem, ask for answers before there is a model, and drop the data."""
    cloud.define(
        PROBLEM,
        "Churn",
        positive="Yes",
        objective="Keep customers who would leave",
        metric={"name": "roc_auc", "approve_at": 0.75},
        columns={"id": "customerID", "sensitive": ["gender"]},
        retrain={"on": []},
    )
    cloud.put(f"{PROBLEM}/score/early.csv", tables.to_csv(NEW))
    cloud.put(f"{PROBLEM}/data/customers.csv", tables.to_csv(CUSTOMERS))


@pytest.fixture(scope="module")
def run(cloud):
    """The run whose model serves."""
    return cloud.event(PROBLEM, "ModelDeployed")["run"]


def test_every_leg_says_what_happened(cloud, run):
    """In order, each event naming the one that caused it, all of one correlation."""
    cloud.event(PROBLEM, "FeaturesStored", run=run)
    events = [e for e in cloud.heard(PROBLEM) if e["detail"]["data"]["run"] in (run, None)]
    named = {event["detail-type"]: event for event in reversed(events)}
    relay = [
        "DataIngested",
        "RunStarted",
        "DataPrepared",
        "TuningStarted",
        "ModelTuned",
        "CandidateEvaluated",
        "CandidateApproved",
        "DeploymentStarted",
        "ModelDeployed",
    ]

    assert {event["source"] for event in events} == {"baton"}
    times = [named[name]["detail"]["metadata"]["occurred_at"] for name in relay]
    assert times == sorted(times)
    data, started, prepared = (named[name]["detail"]["metadata"] for name in relay[:3])
    assert started["causation_id"] in {data["event_id"], _id(named["ProblemDefined"])}
    assert prepared["causation_id"] == started["event_id"]
    assert prepared["correlation_id"] == started["correlation_id"]
    assert len({_id(event) for event in events}) == len(events)
    assert named["ModelDeployed"]["detail"]["data"]["mode"] == "realtime"


def _id(event):
    return event["detail"]["metadata"]["event_id"]


def test_the_definition_is_written_back_with_every_default(cloud, run):
    resolved = cloud.read(f"{PROBLEM}/problem.resolved.yaml").decode()

    for expected in ("positive: ", "holdout: 0.15", "strategy: bayesian", "minimum_rows: 500"):
        assert expected in resolved


def test_the_endpoint_answers_raw_rows_and_is_right(cloud, run):
    """Rows as they stand in the data, no preparation by the caller."""
    answers = cloud.answers(PROBLEM, NEW)

    assert [set(answer) for answer in answers] == [{"label", "score"}] * len(NEW)
    assert all((a["label"] == "Yes") == (a["score"] >= 0.5) for a in answers) or {
        a["label"] for a in answers
    } == {"Yes", "No"}
    right = sum(answer["label"] == label for answer, label in zip(answers, TRUE, strict=True))
    assert right / len(NEW) > 0.75


def test_every_content_type_gets_the_same_answers_in_the_order_asked(cloud, run):
    rows = NEW[:20]
    expected = cloud.answers(PROBLEM, rows)

    lines = "".join(json.dumps(row) + "\n" for row in rows)
    assert cloud.answers(PROBLEM, tables.to_csv(rows, header=False), "text/csv") == expected
    assert cloud.answers(PROBLEM, tables.to_csv(rows), "text/csv") == expected
    assert cloud.answers(PROBLEM, lines, "application/jsonlines") == expected
    assert cloud.answers(PROBLEM, rows[::-1]) == expected[::-1]
    assert cloud.answers(PROBLEM, rows[3:4]) == expected[3:4]
    as_csv = cloud.ask(PROBLEM, rows[:2], accept="text/csv").strip().splitlines()
    assert [line.split(",")[0] for line in as_csv] == [a["label"] for a in expected[:2]]


def test_odd_rows_are_answered_all_the_same(cloud, run):
    """An unknown category, a missing column, a number as a number, an extra column, a null."""
    odd = [
        {**NEW[0], "plan": "never seen"},
        {"age": 40},
        {**NEW[0], "monthly": 55.5, "tenure": None},
        {**NEW[0], "shoe size": 42},
    ]

    answers = cloud.answers(PROBLEM, odd)

    assert [0 <= answer["score"] <= 1 for answer in answers] == [True] * 4
    assert answers[3] == cloud.answers(PROBLEM, NEW[:1])[0]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [("{not json", "application/json"), ("1,2,3", "text/csv"), ("<rows/>", "application/xml")],
)
def test_a_bad_request_is_told_what_is_wrong(cloud, run, body, content_type):
    """A 4xx of the model, in words; the endpoint goes on."""
    runtime = cloud.client("sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ModelError) as caught:
        cloud.ask(PROBLEM, body, content_type)

    assert 400 <= caught.value.response["OriginalStatusCode"] < 500
    assert len(caught.value.response["OriginalMessage"]) > 20


@pytest.mark.parametrize(
    "name",
    ["profile", "cleaning", "training", "evaluation", "bias", "explanation", "cost"],
)
def test_reports_are_there_for_people_and_programs(cloud, run, name):
    """A page that needs no network, and the same as JSON."""
    assert cloud.report(PROBLEM, run, name)
    page = cloud.read(f"{PROBLEM}/runs/{run}/reports/{name}.html").decode()

    assert page.lower().startswith("<!doctype html>")
    assert "<script src" not in page
    assert "<link" not in page


def test_the_evaluation_says_how_good_the_model_is(cloud, run):
    """Every metric of two classes, curves as pictures, and bias in Clarify's form."""
    evaluation = cloud.report(PROBLEM, run, "evaluation")
    page = cloud.read(f"{PROBLEM}/runs/{run}/reports/evaluation.html").decode()
    analysis = cloud.report(PROBLEM, run, "analysis")

    wanted = {"accuracy", "balanced_accuracy", "precision", "recall", "f1", "roc_auc", "pr_auc"}
    assert wanted | {"log_loss"} <= set(evaluation["metrics"])
    assert evaluation["metric"]["name"] == "roc_auc"
    assert evaluation["metric"]["value"] > 0.8
    assert page.count("<svg") >= 3
    (facet,) = analysis["pre_training_bias_metrics"]["facets"]["gender"][:1]
    assert {"DPL", "CI"} <= {metric["name"] for metric in facet["metrics"]}
    assert "gender" in analysis["post_training_bias_metrics"]["facets"]


def test_the_registry_holds_the_candidate(cloud, run):
    """Group = problem; metrics, lineage and approval with it."""
    sagemaker = cloud.client("sagemaker")
    (summary,) = sagemaker.list_model_packages(ModelPackageGroupName=PROBLEM)[
        "ModelPackageSummaryList"
    ]
    package = sagemaker.describe_model_package(ModelPackageName=summary["ModelPackageArn"])

    assert package["ModelApprovalStatus"] == "Approved"
    assert package["CustomerMetadataProperties"]["run"] == run
    assert float(package["CustomerMetadataProperties"]["roc_auc"]) > 0.8
    report = package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    assert json.loads(cloud.read(report))["run"] == run


def test_the_cleaned_rows_are_kept_as_features(cloud, run):
    stored = cloud.event(PROBLEM, "FeaturesStored", run=run)
    group = cloud.client("sagemaker").describe_feature_group(FeatureGroupName=PROBLEM)
    folder = stored["uri"].removeprefix(f"s3://{cloud.lake}/")
    files = [parquet.read_table(io.BytesIO(cloud.read(key))) for key in cloud.keys(folder)]
    table = pa.concat_tables(files)

    assert group["FeatureGroupStatus"] == "Created"
    assert table.num_rows == stored["rows"] == len(CUSTOMERS)
    assert {item["FeatureName"] for item in group["FeatureDefinitions"]} <= set(table.column_names)


def test_people_hear_that_a_model_serves(cloud, run):
    """A readable subject and message, with attributes to filter by."""
    alert = cloud.alert(PROBLEM, "ModelDeployed")

    attributes = {name: item["Value"] for name, item in alert["MessageAttributes"].items()}
    expected = {"problem": PROBLEM, "severity": "info", "event": "ModelDeployed"}
    assert attributes == expected
    assert PROBLEM in alert["Subject"]
    assert run in alert["Message"]


def test_a_file_dropped_before_the_model_exists_is_scored_when_it_does(cloud, run):
    """CSV in, CSV out: the same rows in the same order, with the endpoint's own answers."""
    ready = cloud.event(PROBLEM, "PredictionsReady", key=f"{PROBLEM}/score/early.csv")
    scored = tables.from_csv(cloud.read(ready["uri"]))

    assert ready["uri"] == f"s3://{cloud.lake}/{PROBLEM}/predictions/early.csv"
    assert [row["customerID"] for row in scored] == [row["customerID"] for row in NEW]
    answers = cloud.answers(PROBLEM, NEW)
    assert [row["prediction"] for row in scored] == [answer["label"] for answer in answers]
    got = [float(row["score"]) for row in scored]
    assert got == pytest.approx([answer["score"] for answer in answers], abs=1e-5)


def test_a_file_dropped_later_is_scored_at_once_and_a_bad_one_set_aside(cloud, run):
    """Names with blanks and letters of any language are fine."""
    good, bad = f"{PROBLEM}/score/märz 100%+/neue kunden.jsonl", f"{PROBLEM}/score/bad.parquet"
    cloud.put(bad, b"this is no parquet")
    cloud.put(good, "".join(json.dumps(row) + "\n" for row in NEW[:30]))

    ready = cloud.event(PROBLEM, "PredictionsReady", key=good)
    refused = cloud.event(PROBLEM, "DataRejected", source=bad)

    lines = [json.loads(line) for line in cloud.read(ready["uri"]).splitlines()]
    assert [line["customerID"] for line in lines] == [row["customerID"] for row in NEW[:30]]
    assert all(line["prediction"] in {"Yes", "No"} for line in lines)
    assert cloud.read(refused["quarantine_uri"]) == b"this is no parquet"
    reason = json.loads(cloud.read(refused["quarantine_uri"] + ".reason.json"))
    assert reason["faults"][0]["message"]
    assert cloud.alert(PROBLEM, "DataRejected", containing=bad)


def test_the_front_door_answers_who_signs(cloud, run):
    """The same answers with an inference id; 403 without a signature, words for a bad request."""
    url = f"{cloud.outputs['PredictUrl']}{PROBLEM}"
    body = json.dumps({"instances": NEW[:2]}).encode()

    status, text = cloud.fetch(url, body)

    reply = json.loads(text)
    assert (status, reply["predictions"]) == (200, cloud.answers(PROBLEM, NEW[:2]))
    assert reply["inference_id"]
    assert cloud.fetch(url, body, signed=False)[0] == 403
    status, text = cloud.fetch(f"{cloud.outputs['PredictUrl']}nobody", body)
    assert status == 404
    assert "nobody" in json.loads(text)["error"]
    status, text = cloud.fetch(url, b"{oops")
    assert (status, bool(json.loads(text)["error"])) == (400, True)


def test_the_console_shows_the_problem(cloud, run):
    status, page = cloud.fetch(cloud.outputs["ConsoleUrl"])

    assert status == 200
    assert run in page
    assert cloud.fetch(cloud.outputs["ConsoleUrl"], signed=False)[0] == 403
