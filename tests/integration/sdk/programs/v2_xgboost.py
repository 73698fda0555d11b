"""SDK v2: the XGBoost algorithm is trained, deployed and asked; then the endpoint is deleted."""

import os

import sagemaker
from sagemaker import image_uris
from sagemaker.deserializers import CSVDeserializer
from sagemaker.inputs import TrainingInput
from sagemaker.serializers import CSVSerializer
from shared import BUCKET, await_endpoint, await_job, csv, finish

session = sagemaker.Session(default_bucket=BUCKET)
train = session.upload_string_as_file_body(csv(), BUCKET, "xgboost/train/train.csv")
test = session.upload_string_as_file_body("2.0,0,0\n-2.0,0,0\n", BUCKET, "xgboost/test/rows.csv")
estimator = sagemaker.estimator.Estimator(
    image_uri=image_uris.retrieve("xgboost", session.boto_region_name, version="1.7-1"),
    role=os.environ["SAGEMAKER_ROLE"],
    instance_count=1,
    instance_type="ml.m5.large",
    output_path=f"s3://{BUCKET}/xgboost/out",
    sagemaker_session=session,
    hyperparameters={"objective": "binary:logistic", "num_round": 5, "eval_metric": "auc"},
)
estimator.fit({"train": TrainingInput(train, content_type="text/csv")})
description = estimator.latest_training_job.describe()
metrics = {item["MetricName"]: item["Value"] for item in description["FinalMetricDataList"]}

predictor = estimator.deploy(
    initial_instance_count=1,
    instance_type="ml.m5.large",
    serializer=CSVSerializer(),
    deserializer=CSVDeserializer(),
    wait=False,
)
client = session.sagemaker_client
await_endpoint(client, predictor.endpoint_name)
answer = predictor.predict([[2.0, 0.0, 0.0], [-2.0, 0.0, 0.0]])
scores = [float(value) for line in answer for value in line]
predictor.delete_model()
predictor.delete_endpoint()
left = [
    item["EndpointName"]
    for item in client.list_endpoints()["Endpoints"]
    if item["EndpointStatus"] != "Deleting"
]

transformer = estimator.transformer(
    instance_count=1,
    instance_type="ml.m5.large",
    output_path=f"s3://{BUCKET}/xgboost/scores",
    assemble_with="Line",
    accept="text/csv",
)
transformer.transform(test, content_type="text/csv", split_type="Line", wait=False)
await_job(client, "transform_job", transformer.latest_transform_job.name)
scored = session.read_s3_file(BUCKET, "xgboost/scores/rows.csv.out")
finish(
    scores=scores,
    metrics=metrics,
    data=estimator.model_data,
    left=left,
    scored=[float(line) for line in scored.split()],
)
