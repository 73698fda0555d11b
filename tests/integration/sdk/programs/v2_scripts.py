"""SDK v2: scripts of the caller: XGBoost in script mode, SKLearnProcessor, ScriptProcessor."""

import os
from pathlib import Path

import sagemaker
from sagemaker import image_uris
from sagemaker.processing import ProcessingInput, ProcessingOutput, ScriptProcessor
from sagemaker.sklearn.processing import SKLearnProcessor
from sagemaker.xgboost.estimator import XGBoost
from shared import BUCKET, await_endpoint, await_job, csv, finish

PREPARE = """
import argparse, pathlib
parser = argparse.ArgumentParser()
parser.add_argument("--rows", type=int)
rows = parser.parse_args().rows
lines = pathlib.Path("/opt/ml/processing/input/data.csv").read_text().splitlines()
out = pathlib.Path("/opt/ml/processing/train")
(out / "train.csv").write_text("\\n".join(lines[:rows]))
"""
TRAIN = """
import argparse, os, pathlib
import numpy, xgboost

def model_fn(folder):
    booster = xgboost.Booster()
    booster.load_model(os.path.join(folder, "model.ubj"))
    return booster

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--train", default=os.environ["SM_CHANNEL_TRAIN"])
    parser.add_argument("--model-dir", default=os.environ["SM_MODEL_DIR"])
    given = parser.parse_args()
    data = numpy.loadtxt(pathlib.Path(given.train) / "train.csv", delimiter=",")
    matrix = xgboost.DMatrix(data[:, 1:], data[:, 0])
    booster = xgboost.train({"objective": "binary:logistic"}, matrix, given.rounds)
    booster.save_model(pathlib.Path(given.model_dir) / "model.ubj")
"""

session = sagemaker.Session(default_bucket=BUCKET)
role = os.environ["SAGEMAKER_ROLE"]
for name, text in (("prepare.py", PREPARE), ("train.py", TRAIN)):
    Path(name).write_text(text)
data = session.upload_string_as_file_body(csv(), BUCKET, "scripts/data/data.csv")
one = {"instance_count": 1, "instance_type": "ml.m5.large", "sagemaker_session": session}

processor = SKLearnProcessor(framework_version="1.2-1", role=role, **one)
processor.run(
    code="prepare.py",
    arguments=["--rows", "300"],
    inputs=[ProcessingInput(source=data, destination="/opt/ml/processing/input")],
    outputs=[ProcessingOutput(output_name="train", source="/opt/ml/processing/train")],
    wait=False,
)
client = session.sagemaker_client
await_job(client, "processing_job", processor.latest_job.job_name)
prepared = processor.latest_job.outputs[0].destination

image = image_uris.retrieve("sklearn", "us-east-1", version="1.2-1")
plain = ScriptProcessor(image_uri=image, command=["python3"], role=role, **one)
plain.run(
    code="prepare.py",
    arguments=["--rows", "10"],
    inputs=[ProcessingInput(source=data, destination="/opt/ml/processing/input")],
    outputs=[
        ProcessingOutput(
            source="/opt/ml/processing/train", destination=f"s3://{BUCKET}/scripts/ten"
        )
    ],
    wait=False,
    logs=False,
)
await_job(client, "processing_job", plain.latest_job.job_name)
ten = session.read_s3_file(BUCKET, "scripts/ten/train.csv")

estimator = XGBoost(
    entry_point="train.py",
    framework_version="1.7-1",
    role=role,
    hyperparameters={"rounds": 4},
    **one,
)
estimator.fit({"train": prepared}, wait=False)
await_job(client, "training_job", estimator.latest_training_job.name)
predictor = estimator.deploy(initial_instance_count=1, instance_type="ml.m5.large", wait=False)
status = await_endpoint(client, predictor.endpoint_name)
predictor.serializer = sagemaker.serializers.CSVSerializer()
predictor.deserializer = sagemaker.deserializers.CSVDeserializer()
scores = [float(value) for line in predictor.predict("2,0,0\n-2,0,0") for value in line]
predictor.delete_endpoint()
finish(scores=scores, ten=len(ten.split()), prepared=prepared, status=status)
