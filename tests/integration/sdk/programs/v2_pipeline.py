"""SDK v2: a pipeline of processing, training, a gate and the registry; then again, cached."""

import json
import os
from pathlib import Path

import sagemaker
from sagemaker import image_uris
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.model import Model
from sagemaker.processing import ProcessingInput, ProcessingOutput
from sagemaker.sklearn.processing import SKLearnProcessor
from sagemaker.workflow.condition_step import ConditionStep
from sagemaker.workflow.conditions import ConditionGreaterThanOrEqualTo
from sagemaker.workflow.fail_step import FailStep
from sagemaker.workflow.functions import Join, JsonGet
from sagemaker.workflow.model_step import ModelStep
from sagemaker.workflow.parameters import ParameterFloat, ParameterInteger, ParameterString
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.properties import PropertyFile
from sagemaker.workflow.steps import CacheConfig, ProcessingStep, TrainingStep
from shared import BUCKET, csv, finish, until

SPLIT = """
import json, pathlib
lines = pathlib.Path("/opt/ml/processing/input/data.csv").read_text().splitlines()
pathlib.Path("/opt/ml/processing/train/train.csv").write_text("\\n".join(lines[:300]))
pathlib.Path("/opt/ml/processing/test/test.csv").write_text("\\n".join(lines[300:]))
"""
EVALUATE = """
import json, pathlib, tarfile
import numpy, xgboost
with tarfile.open("/opt/ml/processing/model/model.tar.gz") as packed:
    packed.extractall("/tmp/evaluated", filter="data")
booster = xgboost.Booster()
booster.load_model("/tmp/evaluated/xgboost-model")
data = numpy.loadtxt("/opt/ml/processing/test/test.csv", delimiter=",")
scores = booster.predict(xgboost.DMatrix(data[:, 1:]))
report = {"metrics": {"accuracy": {"value": float(((scores > 0.5) == data[:, 0]).mean())}}}
pathlib.Path("/opt/ml/processing/evaluation/evaluation.json").write_text(json.dumps(report))
"""
session = PipelineSession(default_bucket=BUCKET)
role = os.environ["SAGEMAKER_ROLE"]
for name, text in (("split.py", SPLIT), ("evaluate.py", EVALUATE)):
    Path(name).write_text(text)
source = sagemaker.Session(default_bucket=BUCKET).upload_string_as_file_body(
    csv(), BUCKET, "pipeline/data/data.csv"
)
data = ParameterString("Data", default_value=source)
rounds = ParameterInteger("Rounds", default_value=4)
bar = ParameterFloat("Bar", default_value=0.6)
one = {"instance_count": 1, "instance_type": "ml.m5.large", "sagemaker_session": session}
cache = CacheConfig(enable_caching=True, expire_after="30d")

processor = SKLearnProcessor(framework_version="1.2-1", role=role, **one)
split = ProcessingStep(
    "Split",
    step_args=processor.run(
        code="split.py",
        inputs=[ProcessingInput(source=data, destination="/opt/ml/processing/input")],
        outputs=[
            ProcessingOutput(output_name=name, source=f"/opt/ml/processing/{name}")
            for name in ("train", "test")
        ],
    ),
    cache_config=cache,
)
outputs = split.properties.ProcessingOutputConfig.Outputs
image = image_uris.retrieve("xgboost", "us-east-1", version="1.7-1")
estimator = Estimator(
    image_uri=image,
    role=role,
    output_path=f"s3://{BUCKET}/pipeline/models",
    hyperparameters={"objective": "binary:logistic", "num_round": rounds},
    **one,
)
train = TrainingStep(
    "Train",
    step_args=estimator.fit(
        {"train": TrainingInput(outputs["train"].S3Output.S3Uri, content_type="text/csv")}
    ),
    cache_config=cache,
)
artifact = train.properties.ModelArtifacts.S3ModelArtifacts
evaluation = PropertyFile("Evaluation", output_name="evaluation", path="evaluation.json")
evaluate = ProcessingStep(
    "Evaluate",
    step_args=processor.run(
        code="evaluate.py",
        inputs=[
            ProcessingInput(source=artifact, destination="/opt/ml/processing/model"),
            ProcessingInput(
                source=outputs["test"].S3Output.S3Uri, destination="/opt/ml/processing/test"
            ),
        ],
        outputs=[
            ProcessingOutput(output_name="evaluation", source="/opt/ml/processing/evaluation")
        ],
    ),
    property_files=[evaluation],
)
model = Model(image_uri=image, model_data=artifact, sagemaker_session=session, role=role)
register = ModelStep(
    "Keep",
    step_args=model.register(
        content_types=["text/csv"],
        response_types=["text/csv"],
        inference_instances=["ml.m5.large"],
        transform_instances=["ml.m5.large"],
        model_package_group_name="pipeline-models",
        approval_status="PendingManualApproval",
    ),
)
accuracy = JsonGet(
    step_name="Evaluate", property_file=evaluation, json_path="metrics.accuracy.value"
)
gate = ConditionStep(
    "Gate",
    conditions=[ConditionGreaterThanOrEqualTo(accuracy, bar)],
    if_steps=[register],
    else_steps=[FailStep("TooWeak", error_message=Join(on=" ", values=["below", bar]))],
)
pipeline = Pipeline(
    "sdk-pipeline",
    parameters=[data, rounds, bar],
    steps=[split, train, evaluate, gate],
    sagemaker_session=session,
)
pipeline.upsert(role_arn=role)
again = pipeline.upsert(role_arn=role)


def run(**parameters: object) -> dict[str, object]:
    execution = pipeline.start(parameters=parameters)
    status = until(
        lambda: execution.describe()["PipelineExecutionStatus"], "Succeeded", "Failed", "Stopped"
    )
    steps = {step["StepName"]: step for step in execution.list_steps()}
    told = {name: step.get("FailureReason") for name, step in steps.items()}
    cached = sorted(name for name, step in steps.items() if "CacheHitResult" in step)
    return {"status": status, "told": told, "cached": cached}


first, weak = run(), run(Bar=1.5)
groups = session.sagemaker_client.list_model_packages(ModelPackageGroupName="pipeline-models")
finish(
    first=first,
    weak=weak,
    packages=[item["ModelApprovalStatus"] for item in groups["ModelPackageSummaryList"]],
    kept=json.loads(pipeline.describe()["PipelineDefinition"])["Version"],
    version=again.get("PipelineVersionId"),
)
