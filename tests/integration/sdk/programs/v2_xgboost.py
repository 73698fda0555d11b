"""SDK v2: the XGBoost algorithm is trained, deployed and asked; then the endpoint is deleted."""

import json
import os
import random
import sys
from pathlib import Path

import sagemaker
from sagemaker import image_uris
from sagemaker.deserializers import CSVDeserializer
from sagemaker.inputs import TrainingInput
from sagemaker.serializers import CSVSerializer

session = sagemaker.Session(default_bucket="lake")
random.seed(7)
rows = [[random.gauss(0, 1) for _ in range(3)] for _ in range(400)]
lines = [",".join([str(int(row[0] > 0)), *map(str, row)]) for row in rows]
train = session.upload_string_as_file_body(
    "\n".join(lines), session.default_bucket(), "xgboost/train/train.csv"
)
estimator = sagemaker.estimator.Estimator(
    image_uri=image_uris.retrieve("xgboost", session.boto_region_name, version="1.7-1"),
    role=os.environ["SAGEMAKER_ROLE"],
    instance_count=1,
    instance_type="ml.m5.large",
    output_path=f"s3://{session.default_bucket()}/xgboost/out",
    sagemaker_session=session,
    hyperparameters={"objective": "binary:logistic", "num_round": 5, "eval_metric": "auc"},
)
estimator.fit({"train": TrainingInput(train, content_type="text/csv")})
predictor = estimator.deploy(
    initial_instance_count=1,
    instance_type="ml.m5.large",
    serializer=CSVSerializer(),
    deserializer=CSVDeserializer(),
)
answer = predictor.predict([[2.0, 0.0, 0.0], [-2.0, 0.0, 0.0]])
flat = [float(value) for line in answer for value in line]
description = estimator.latest_training_job.describe()
metrics = {item["MetricName"]: item["Value"] for item in description["FinalMetricDataList"]}
predictor.delete_model()
predictor.delete_endpoint()
left = session.sagemaker_client.list_endpoints()["Endpoints"]
Path(sys.argv[1]).write_text(
    json.dumps({"scores": flat, "metrics": metrics, "data": estimator.model_data, "left": left})
)
