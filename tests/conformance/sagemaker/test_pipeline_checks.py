"""Check steps: baselines that are computed, compared, registered and reused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.sagemaker.laptop import BUCKET, IMAGE, unique
from tests.conformance.sagemaker.pipelines import (
    LOCAL,
    create,
    ended,
    processing,
    report,
    start,
    steps_of,
)

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = pytest.mark.conformance

ANALYZER = """
import json, os
from pathlib import Path
base = Path(os.environ["SAGEMAKER_BASE_DIR"])
output = base / "processing" / "output"
mean = float((base / "processing/input/data/rows.csv").read_text())
(output / "statistics.json").write_text(json.dumps({"mean": mean}))
(output / "constraints.json").write_text(json.dumps({"most": 1.5 * mean}))
known = os.environ.get("baseline_constraints")
if known:
    most = json.loads((base / known.removeprefix("/opt/ml/")).read_text())["most"]
    found = [{"feature_name": "rows", "constraint_check_type": "most"}] if mean > most else []
    (output / "constraint_violations.json").write_text(json.dumps({"violations": found}))
"""


def check(laptop: LocalSageMaker, mean: str, **more: Any) -> dict[str, Any]:
    """A data quality check whose analyzer is a script: it holds the mean against a bound."""
    folder = unique("check")
    laptop.put("checks/code/run.py", ANALYZER)
    laptop.put(f"checks/{folder}/rows.csv", mean)
    step = processing(laptop, "Check")
    arguments = step["Arguments"]
    data = dict(arguments["ProcessingInputs"][0]["S3Input"])
    arguments["ProcessingInputs"][0]["S3Input"]["S3Uri"] = f"s3://{BUCKET}/checks/code/"
    data |= {"S3Uri": f"s3://{BUCKET}/checks/{folder}/", "LocalPath": f"{LOCAL}/input/data"}
    arguments["ProcessingInputs"].append({"InputName": "data", "S3Input": data})
    arguments["ProcessingOutputConfig"]["Outputs"][0]["S3Output"] |= {
        "S3Uri": f"s3://{BUCKET}/checks/{folder}/result",
        "LocalPath": f"{LOCAL}/output",
    }
    del step["PropertyFiles"]
    del arguments["AppSpecification"]["ContainerArguments"]
    return step | {"Type": "QualityCheck", "CheckType": "DATA_QUALITY", **more}


def outcome(laptop: LocalSageMaker, *steps: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    arn = start(laptop, create(laptop, *steps))
    status = ended(laptop, arn)["PipelineExecutionStatus"]
    return status, steps_of(laptop, arn)


def test_a_baseline_is_registered_and_later_runs_are_held_against_it(
    laptop: LocalSageMaker,
) -> None:
    """The first run registers; one within bounds passes; one beyond fails, or only reports."""
    group = unique("group")
    baseline = {
        part: {
            "ContentType": "application/json",
            "S3Uri": {"Get": f"Steps.Check.CalculatedBaseline{part}"},
        }
        for part in ("Statistics", "Constraints")
    }
    register = {
        "Name": "Register",
        "Type": "RegisterModel",
        "Arguments": {
            "ModelPackageGroupName": group,
            "ModelApprovalStatus": "Approved",
            "InferenceSpecification": {
                "Containers": [{"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz"}],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
            "DriftCheckBaselines": {"ModelDataQuality": baseline},
        },
    }
    first = check(laptop, "10", SkipCheck=True, RegisterNewBaseline=True)
    status, found = outcome(laptop, first, register)
    assert status == "Succeeded", found
    metadata = found["Check"]["Metadata"]["QualityCheck"]
    registered = metadata["CalculatedBaselineConstraints"]
    assert metadata["BaselineUsedForDriftCheckConstraints"] == registered
    assert json.loads(laptop.s3.objects[BUCKET, registered.removeprefix(f"s3://{BUCKET}/")]) == {
        "most": 15.0
    }

    status, found = outcome(laptop, check(laptop, "12", ModelPackageGroupName=group))
    assert status == "Succeeded", found
    metadata = found["Check"]["Metadata"]["QualityCheck"]
    assert metadata["BaselineUsedForDriftCheckConstraints"] == registered
    assert metadata["CalculatedBaselineConstraints"] != registered
    assert metadata["CheckJobArn"].startswith("arn:aws:sagemaker:")

    status, found = outcome(laptop, check(laptop, "16", ModelPackageGroupName=group))
    assert status == "Failed"
    assert "1 violations" in found["Check"]["FailureReason"]
    assert found["Check"]["Metadata"]["QualityCheck"]["ViolationReport"].endswith(
        "/constraint_violations.json"
    )
    lenient = check(laptop, "16", ModelPackageGroupName=group, FailOnViolation=False)
    assert outcome(laptop, lenient)[0] == "Succeeded"


def test_a_check_without_a_baseline_fails_before_its_job(laptop: LocalSageMaker) -> None:
    """No baseline supplied or registered: the step says so, and no job ran."""
    status, found = outcome(laptop, check(laptop, "1", ModelPackageGroupName=unique("nobody")))

    assert status == "Failed"
    assert "no baseline to compare with" in found["Check"]["FailureReason"]
    assert "Metadata" not in found["Check"]


def test_a_skipped_check_hands_the_supplied_baseline_on(laptop: LocalSageMaker) -> None:
    """Without a new baseline and without a check, no job runs and the known one is used."""
    supplied = {"Std:Join": {"On": "/", "Values": [report("top"), "report.json"]}}
    skipped = check(laptop, "1", SkipCheck=True, SuppliedBaselineConstraints=supplied)
    status, found = outcome(laptop, processing(laptop, "top"), skipped)

    assert status == "Succeeded", found
    metadata = found["Check"]["Metadata"]["QualityCheck"]
    assert metadata["BaselineUsedForDriftCheckConstraints"].endswith("/top/report.json")
    assert "CheckJobArn" not in metadata
