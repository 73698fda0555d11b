"""The evidence of one finished life, as the judge gathers it, for tests to falsify."""

import json

from faults.judge.evidence import Alert, Evidence, Said
from faults.judge.sagemaker_things import Job, Things

PROBLEM, RUN = "churn", "20260203T101112-3fa94c"
LAKE = "s3://lake"
FOLDER = f"{LAKE}/{PROBLEM}/runs/{RUN}"
PACKAGE = "arn:aws:sagemaker:eu-west-1:111122223333:model-package/churn/1"
INGESTED = f"{LAKE}/{PROBLEM}/ingested/d1.parquet"


class MemoryStore:
    """A bucket's listing in memory: rows of Parquet files and documents by address."""

    bucket = "lake"

    def __init__(self, rows=None, documents=None, keys=()):
        self.counts, self.documents = dict(rows or {}), dict(documents or {})
        uris = [*self.counts, *self.documents, *(f"s3://{self.bucket}/{key}" for key in keys)]
        self.etags = {self.key(uri): "e" for uri in uris}

        self.sizes = dict.fromkeys(self.etags, 1)

    def key(self, uri):
        start = f"s3://{self.bucket}/"
        return uri.removeprefix(start) if uri.startswith(start) else ""

    def has(self, uri):
        return self.key(uri) in self.etags

    def below(self, uri, suffix=""):
        return [
            f"s3://lake/{k}"
            for k in self.etags
            if k.startswith(self.key(uri)) and k.endswith(suffix)
        ]

    def document(self, uri):
        return self.documents.get(uri)

    def rows(self, uri):
        return self.counts.get(uri)

    def read(self, uri):
        return json.dumps(self.documents[uri]).encode()


class Landing(MemoryStore):
    bucket = "landing"
    text = "a,b\n" + "1,2\n" * 10

    def read(self, uri):
        return self.text.encode()


STEPS = (
    (
        "define_problem",
        "Object Created",
        [
            (
                "ProblemDefined",
                {
                    "definition_version": 1,
                    "target": "t",
                    "resolved_uri": f"{LAKE}/{PROBLEM}/problem.resolved.yaml",
                },
            )
        ],
        None,
    ),
    (
        "ingest_files",
        "WaitingDataReleased",
        [("DataIngested", {"uri": INGESTED, "rows": 10, "source": "churn/data/a.csv"})],
        None,
    ),
    ("start_run", "DataIngested", [("RunStarted", {"inputs": 1, "rows": 10})], RUN),
    (
        "prepare_data",
        "RunStarted",
        [("DataPrepared", {"rows": 9, "train_rows": 5, "validation_rows": 2, "holdout_rows": 2})],
        RUN,
    ),
    ("start_training", "DataPrepared", [("TrainingStarted", {"job": "train-1"})], RUN),
    (
        "finish_training",
        "JobEnded",
        [
            (
                "ModelTrained",
                {
                    "job": "train-1",
                    "training_job": "train-1",
                    "metric": "auc",
                    "score": 0.9,
                    "model_uri": f"{FOLDER}/training/model.tar.gz",
                },
            )
        ],
        RUN,
    ),
    ("evaluate_candidate", "ModelTrained", [], RUN),
    (
        "judge_candidate",
        "JobEnded",
        [
            ("CandidateEvaluated", {"score": 0.9}),
            ("CandidateApproved", {"model_package": PACKAGE, "by": "rules"}),
        ],
        RUN,
    ),
    (
        "deploy_model",
        "CandidateApproved",
        [("DeploymentStarted", {"endpoint": PROBLEM, "endpoint_config": "config-1"})],
        RUN,
    ),
    (
        "confirm_deployment",
        "EndpointChanged",
        [("ModelDeployed", {"endpoint": PROBLEM, "mode": "realtime"})],
        RUN,
    ),
    ("send_alert", "ModelDeployed", [], RUN),
)
"""Leg, what it heard, what it said, and of which run."""


def finished():
    """One file became one model that serves, and people were told."""
    history, said, ids = [], [], {}
    for second, (leg, heard, events, run) in enumerate(STEPS, 10):
        at = f"2026-02-03T10:11:{second}.000Z"
        cause = ids.get(heard, f"outside-{leg}")
        row = {
            "leg": leg,
            "heard": heard,
            "event_id": cause,
            "run": run,
            "at": at,
            "calls": [],
            "announced": [],
        }
        if leg == "evaluate_candidate":
            row["calls"] = ["sagemaker:CreateProcessingJob"]
        for name, data in events:
            ids[name] = f"id-{name}"
            row["announced"].append({"DetailType": name})
            whole = {"problem": PROBLEM, "run": run, **data}
            said.append(Said(name, ids[name], whole, json.dumps({"data": whole}), leg, cause, at))
        history.append(row)
    ids["WaitingDataReleased"] = ""
    said.append(
        Said(
            "WaitingDataReleased",
            "outside-ingest_files",
            {"problem": PROBLEM},
            "{}",
            "ingest_files",
            "x",
            "2026",
        )
    )
    evidence = Evidence(
        PROBLEM,
        _rows(),
        history,
        _lake(),
        Landing(keys=["churn/data/a.csv", "churn/problem.yaml"]),
        _things(),
        said=said,
    )
    evidence.alerts = [Alert("m1", "ModelDeployed", "id-ModelDeployed", "info")]
    evidence.heard = [Said(s.name, s.id, s.data, s.text, "", s.cause, s.at) for s in said]
    return evidence


def _rows():
    definition = {"data": {"minimum_rows": 5}, "metric": {"approve_at": 0.8}}
    job = {"problem": PROBLEM, "run": RUN, "ended": True, "detail": {}}
    return {
        "problem": [
            {
                "definition": definition,
                "definition_version": 1,
                "etag": "e",
                "active_run": None,
                "champion": RUN,
            }
        ],
        "run": [
            {
                "run": RUN,
                "stage": "deployed",
                "inputs": 1,
                "rows": 10,
                "model_package": PACKAGE,
                "endpoint_config": "config-1",
                "definition": definition,
            }
        ],
        "input": [
            {
                "digest": "d1",
                "source": "churn/data/a.csv",
                "etag": "e",
                "origin": "file",
                "uri": INGESTED,
                "rows": 10,
                "waiting": False,
                "rejected": [],
                "purpose": "data",
            }
        ],
        "job": [
            {"job_kind": "training-job", "name": "train-1", "leg": "finish_training", **job},
            {"job_kind": "processing-job", "name": "evaluate-1", "leg": "judge_candidate", **job},
            {"job_kind": "endpoint", "name": "config-1", "leg": "confirm_deployment", **job},
        ],
    }


def _lake():
    counts = {
        INGESTED: 10,
        f"{FOLDER}/prepared/train/t.parquet": 5,
        f"{FOLDER}/prepared/validation/v.parquet": 2,
        f"{FOLDER}/holdout/h.parquet": 2,
    }
    cleaning = {
        "rows_read": 10,
        "rows_kept": 9,
        "without_target": 0,
        "duplicates": 1,
        "dropped": {},
        "train_rows": 5,
        "validation_rows": 2,
        "holdout_rows": 2,
    }
    metric = {"name": "auc", "value": 0.9, "greater_is_better": True}
    documents = {
        f"{FOLDER}/inputs.json": {"inputs": [INGESTED]},
        f"{FOLDER}/reports/cleaning.json": cleaning,
        f"{FOLDER}/reports/evaluation.json": {"metric": metric},
    }
    return MemoryStore(
        counts,
        documents,
        [
            "churn/problem.resolved.yaml",
            f"churn/runs/{RUN}/training/model.tar.gz",
            f"churn/runs/{RUN}/model/model.tar.gz",
        ],
    )


def _things():
    training = {
        "TrainingJobStatus": "Completed",
        "ModelArtifacts": {"S3ModelArtifacts": f"{FOLDER}/training/model.tar.gz"},
        "FinalMetricDataList": [{"MetricName": "auc", "Value": 0.9}],
    }
    package = {
        "ModelPackageArn": PACKAGE,
        "CustomerMetadataProperties": {"run": RUN},
        "ModelApprovalStatus": "Approved",
    }
    return Things(
        jobs=[
            Job("training-job", "train-1", "Completed", RUN, "train", "", training),
            Job("processing-job", "evaluate-1", "Completed", RUN, "evaluate", "", {}),
        ],
        trainings={"train-1": training},
        packages=[package],
        endpoint={"EndpointStatus": "InService", "EndpointConfigName": "config-1"},
        served=[f"{FOLDER}/model/model.tar.gz"],
    )
