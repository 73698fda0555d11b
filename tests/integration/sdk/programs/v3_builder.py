"""SDK v3: ModelBuilder turns a trained archive, and one with scripts, into endpoints."""

import os
from pathlib import Path

from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.shapes import OutputDataConfig
from sagemaker.serve.model_builder import ModelBuilder
from sagemaker.train.configs import Compute, InputData, SourceCode
from sagemaker.train.model_trainer import ModelTrainer
from shared import BUCKET, await_endpoint, await_job, csv, finish

SERVE = """
import os
import xgboost

def model_fn(folder):
    booster = xgboost.Booster()
    booster.load_model(os.path.join(folder, "xgboost-model"))
    return booster

def output_fn(prediction, accept):
    return ",".join(f"{2 * value:.6f}" for value in prediction)
"""
session, role = Session(default_bucket=BUCKET), os.environ["SAGEMAKER_ROLE"]
session.upload_string_as_file_body(csv(), BUCKET, "builder/train/train.csv")
Path("serving").mkdir(exist_ok=True)
Path("serving/inference.py").write_text(SERVE)
image = image_uris.retrieve("xgboost", "us-east-1", version="1.7-1")
trainer = ModelTrainer(
    training_image=image,
    base_job_name="builder",
    hyperparameters={"objective": "binary:logistic", "num_round": 4},
    sagemaker_session=session,
    role=role,
    compute=Compute(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=5),
    output_data_config=OutputDataConfig(s3_output_path=f"s3://{BUCKET}/builder/out"),
)
data = InputData(
    channel_name="train", data_source=f"s3://{BUCKET}/builder/train/", content_type="text/csv"
)
trainer.train(input_data_config=[data], wait=False)
name = trainer._latest_training_job.training_job_name
await_job(session.sagemaker_client, "training_job", name)
artifact = f"s3://{BUCKET}/builder/out/{name}/output/model.tar.gz"


def scores(kind: str, **more: object) -> list[float]:
    """Build, deploy and ask."""
    builder = ModelBuilder(
        image_uri=image,
        s3_model_data_url=artifact,
        role_arn=role,
        sagemaker_session=session,
        instance_type="ml.m5.large",
        **more,
    )
    builder.build(model_name=f"builder-{kind}")
    endpoint = builder.deploy(
        endpoint_name=f"builder-{kind}",
        instance_type="ml.m5.large",
        initial_instance_count=1,
        wait=False,
    )
    await_endpoint(session.sagemaker_client, f"builder-{kind}")
    answer = endpoint.invoke(body="2,0,0\n-2,0,0", content_type="text/csv", accept="text/csv")
    text = answer.body.read().decode()
    endpoint.delete()
    return [float(word) for word in text.replace(",", " ").split()]


plain = scores("plain")
code = SourceCode(source_dir="serving", entry_script="inference.py")
finish(plain=plain, scripted=scores("scripted", source_code=code))
