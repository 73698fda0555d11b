"""SDK v2: captured traffic, a suggested baseline, and a monitoring schedule that finds drift."""

import json
import os
from datetime import UTC, datetime

import sagemaker
from sagemaker import image_uris
from sagemaker.inputs import TrainingInput
from sagemaker.model_monitor import DataCaptureConfig, DefaultModelMonitor
from sagemaker.model_monitor.dataset_format import DatasetFormat
from sagemaker.serializers import CSVSerializer
from shared import BUCKET, await_endpoint, await_job, csv, finish, until

session = sagemaker.Session(default_bucket=BUCKET)
client, role = session.sagemaker_client, os.environ["SAGEMAKER_ROLE"]
train = session.upload_string_as_file_body(csv(), BUCKET, "monitor/train/train.csv")
header = "label,a,b,c\n"
baseline = session.upload_string_as_file_body(header + csv(), BUCKET, "monitor/baseline/data.csv")
estimator = sagemaker.estimator.Estimator(
    image_uri=image_uris.retrieve("xgboost", "us-east-1", version="1.7-1"),
    role=role,
    instance_count=1,
    instance_type="ml.m5.large",
    output_path=f"s3://{BUCKET}/monitor/out",
    sagemaker_session=session,
    hyperparameters={"objective": "binary:logistic", "num_round": 3},
)
estimator.fit({"train": TrainingInput(train, content_type="text/csv")}, wait=False)
await_job(client, "training_job", estimator.latest_training_job.name)
predictor = estimator.deploy(
    initial_instance_count=1,
    instance_type="ml.m5.large",
    serializer=CSVSerializer(),
    data_capture_config=DataCaptureConfig(
        enable_capture=True,
        sampling_percentage=100,
        destination_s3_uri=f"s3://{BUCKET}/monitor/captured",
        sagemaker_session=session,
    ),
    wait=False,
)
await_endpoint(client, predictor.endpoint_name)
for number in range(20):
    predictor.predict([[50.0 + number, 0.0, 0.0]])

monitor = DefaultModelMonitor(
    role=role, instance_count=1, instance_type="ml.m5.large", sagemaker_session=session
)
monitor.suggest_baseline(
    baseline_dataset=baseline,
    dataset_format=DatasetFormat.csv(header=True),
    output_s3_uri=f"s3://{BUCKET}/monitor/suggested",
    wait=False,
    logs=False,
)
baselining = await_job(client, "processing_job", monitor.latest_baselining_job.job_name)
constraints = monitor.suggested_constraints().body_dict if baselining == "Completed" else {}
statistics = monitor.baseline_statistics().body_dict if baselining == "Completed" else {}
monitor.create_monitoring_schedule(
    monitor_schedule_name="sdk-monitor",
    endpoint_input=predictor.endpoint_name,
    output_s3_uri=f"s3://{BUCKET}/monitor/reports",
    statistics=monitor.baseline_statistics(),
    constraints=monitor.suggested_constraints(),
    schedule_cron_expression="NOW",
    data_analysis_start_time="-PT1H",
    data_analysis_end_time="PT0H",
    enable_cloudwatch_metrics=True,
)
until(
    lambda: client.describe_monitoring_schedule(MonitoringScheduleName="sdk-monitor")[
        "MonitoringScheduleStatus"
    ],
    "Scheduled",
    "Failed",
)


def executed() -> str:
    """The status of the schedule's first execution."""
    found = client.list_monitoring_executions(MonitoringScheduleName="sdk-monitor")
    listed = found["MonitoringExecutionSummaries"]
    return listed[0]["MonitoringExecutionStatus"] if listed else "none"


status = until(executed, "Completed", "CompletedWithViolations", "Failed")
execution = monitor.list_executions()[-1] if monitor.list_executions() else None
violations = execution.constraint_violations().body_dict if execution else {}
monitor.delete_monitoring_schedule()
predictor.delete_endpoint()
finish(
    baselining=baselining,
    features=[item["name"] for item in constraints.get("features", [])],
    rows=statistics.get("dataset", {}).get("item_count"),
    status=status,
    violations=json.loads(json.dumps(violations, default=str)),
    at=datetime.now(UTC),
)
