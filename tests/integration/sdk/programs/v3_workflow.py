"""SDK v3: a processor, a pipeline with a gate, ModelBuilder, and a feature group."""

import json
import os
import time
from pathlib import Path

from sagemaker.core import image_uris, resources
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.processing import ScriptProcessor
from sagemaker.core.shapes import (
    FeatureDefinition,
    FeatureValue,
    OnlineStoreConfig,
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
)
from sagemaker.core.workflow.conditions import ConditionGreaterThanOrEqualTo
from sagemaker.core.workflow.functions import JsonGet
from sagemaker.core.workflow.parameters import ParameterFloat
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import ProcessingStep
from shared import BUCKET, csv, finish, until

EVALUATE = """
import json, pathlib
rows = pathlib.Path("/opt/ml/processing/input/data.csv").read_text().split()
report = {"rows": {"value": len(rows)}}
pathlib.Path("/opt/ml/processing/report/report.json").write_text(json.dumps(report))
"""
session, role = Session(default_bucket=BUCKET), os.environ["SAGEMAKER_ROLE"]
data = session.upload_string_as_file_body(csv(), BUCKET, "v3/data/data.csv")
Path("evaluate3.py").write_text(EVALUATE)
image = image_uris.retrieve("sklearn", "us-east-1", version="1.2-1")


def processor(of: Session) -> ScriptProcessor:
    """A processor of one small instance."""
    return ScriptProcessor(
        image_uri=image,
        command=["python3"],
        role=role,
        instance_count=1,
        instance_type="ml.m5.large",
        sagemaker_session=of,
    )


def job(name: str) -> dict[str, object]:
    """The arguments of a run."""
    source = ProcessingS3Input(
        s3_uri=data,
        local_path="/opt/ml/processing/input",
        s3_data_type="S3Prefix",
        s3_input_mode="File",
    )
    target = ProcessingS3Output(
        s3_uri=f"s3://{BUCKET}/v3/{name}",
        local_path="/opt/ml/processing/report",
        s3_upload_mode="EndOfJob",
    )
    return {
        "code": "evaluate3.py",
        "inputs": [ProcessingInput(input_name="data", s3_input=source)],
        "outputs": [ProcessingOutput(output_name="report", s3_output=target)],
    }


plain = processor(session)
plain.run(**job("plain"), wait=False)
name = plain.latest_job.processing_job_name
status = until(
    lambda: resources.ProcessingJob.get(name).processing_job_status, "Completed", "Failed"
)
report = json.loads(session.read_s3_file(BUCKET, "v3/plain/report.json"))

flow = PipelineSession(default_bucket=BUCKET)
bar = ParameterFloat("Bar", default_value=300.0)
file = PropertyFile(name="Report", output_name="report", path="report.json")
count = ProcessingStep("Count", step_args=processor(flow).run(**job("step")), property_files=[file])
rows = JsonGet(step_name="Count", property_file=file, json_path="rows.value")
gate = ConditionStep(
    "Gate",
    conditions=[ConditionGreaterThanOrEqualTo(left=rows, right=bar)],
    if_steps=[],
    else_steps=[FailStep("TooFew", error_message="too few rows")],
)
pipeline = Pipeline(
    name="v3-pipeline", parameters=[bar], steps=[count, gate], sagemaker_session=flow
)
pipeline.upsert(role_arn=role)


def run(**parameters: object) -> str:
    """An execution's status at its end."""
    execution = pipeline.start(parameters=parameters)
    return until(
        lambda: execution.describe()["PipelineExecutionStatus"], "Succeeded", "Failed", "Stopped"
    )


many, few = run(), run(Bar=1000.0)
definitions = [
    FeatureDefinition(feature_name="id", feature_type="String"),
    FeatureDefinition(feature_name="at", feature_type="Fractional"),
]
group = resources.FeatureGroup.create(
    feature_group_name="v3-group",
    record_identifier_feature_name="id",
    event_time_feature_name="at",
    feature_definitions=definitions,
    online_store_config=OnlineStoreConfig(enable_online_store=True),
)
group.wait_for_status("Created", poll=1)
values = {"id": "one", "at": str(time.time())}
group.put_record(
    record=[FeatureValue(feature_name=k, value_as_string=v) for k, v in values.items()]
)
read = group.get_record(record_identifier_value_as_string="one")
finish(
    status=status,
    report=report,
    many=many,
    few=few,
    record={item.feature_name: item.value_as_string for item in read.record},
    wanted=values,
)
