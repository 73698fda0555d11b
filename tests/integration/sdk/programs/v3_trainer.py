"""SDK v3: ModelTrainer trains the algorithm and a script; resources deploy the model and ask it."""

import os
from pathlib import Path

from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.resources import Endpoint, EndpointConfig, Model, TrainingJob
from sagemaker.core.shapes import ContainerDefinition, OutputDataConfig, ProductionVariant
from sagemaker.train.configs import Compute, InputData, SourceCode
from sagemaker.train.model_trainer import ModelTrainer
from shared import BUCKET, csv, finish

TRAIN = """
import json, os, pathlib
rows = (pathlib.Path(os.environ["SM_CHANNEL_TRAIN"]) / "train.csv").read_text().split()
given = json.loads(os.environ["SM_HPS"])
pathlib.Path(os.environ["SM_MODEL_DIR"], "rows.json").write_text(json.dumps([len(rows), given]))
print("loss=0.25")
"""
session = Session(default_bucket=BUCKET)
role = os.environ["SAGEMAKER_ROLE"]
train = session.upload_string_as_file_body(csv(), BUCKET, "v3/train/train.csv")
Path("source").mkdir(exist_ok=True)
Path("source/train.py").write_text(TRAIN)
common = {
    "sagemaker_session": session,
    "role": role,
    "compute": Compute(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=5),
    "output_data_config": OutputDataConfig(s3_output_path=f"s3://{BUCKET}/v3/out"),
}
image = image_uris.retrieve("xgboost", "us-east-1", version="1.7-1")
algorithm = ModelTrainer(
    training_image=image,
    base_job_name="v3-algorithm",
    hyperparameters={"objective": "binary:logistic", "num_round": 4, "eval_metric": "auc"},
    **common,
)
data = InputData(
    channel_name="train", data_source=f"s3://{BUCKET}/v3/train/", content_type="text/csv"
)
algorithm.train(input_data_config=[data], wait=True, logs=False)
job = TrainingJob.get(algorithm._latest_training_job.training_job_name)

script = ModelTrainer(
    training_image=image_uris.retrieve("sklearn", "us-east-1", version="1.2-1"),
    base_job_name="v3-script",
    source_code=SourceCode(source_dir="source", entry_script="train.py"),
    hyperparameters={"depth": 3},
    **common,
)
script.train(input_data_config=[data], wait=True, logs=False)
scripted = TrainingJob.get(script._latest_training_job.training_job_name)

container = ContainerDefinition(image=image, model_data_url=job.model_artifacts.s3_model_artifacts)
model = Model.create(model_name="v3-model", primary_container=container, execution_role_arn=role)
variant = ProductionVariant(
    variant_name="all", model_name="v3-model", instance_type="ml.m5.large", initial_instance_count=1
)
config = EndpointConfig.create(endpoint_config_name="v3-config", production_variants=[variant])
endpoint = Endpoint.create(endpoint_name="v3-endpoint", endpoint_config_name="v3-config")
endpoint.wait_for_status("InService", poll=1)
answer = endpoint.invoke(body="2,0,0\n-2,0,0", content_type="text/csv", accept="text/csv")
scores = [float(word) for word in answer.body.read().decode().replace(",", " ").split()]
endpoint.delete()
config.delete()
model.delete()
finish(
    status=job.training_job_status,
    metrics={item.metric_name: item.value for item in job.final_metric_data_list},
    scripted=scripted.training_job_status,
    artifact=scripted.model_artifacts.s3_model_artifacts,
    scores=scores,
    listed=sorted(item.training_job_name.rsplit("-", 1)[0] for item in TrainingJob.get_all()),
)
