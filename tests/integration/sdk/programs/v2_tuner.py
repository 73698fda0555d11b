"""SDK v2: a tuning job of the XGBoost algorithm, its best training and its analytics."""

import os

import sagemaker
from sagemaker import image_uris
from sagemaker.inputs import TrainingInput
from sagemaker.tuner import ContinuousParameter, HyperparameterTuner, IntegerParameter
from shared import BUCKET, await_job, csv, finish

session = sagemaker.Session(default_bucket=BUCKET)
train = session.upload_string_as_file_body(csv(), BUCKET, "tuner/train/train.csv")
validation = session.upload_string_as_file_body(csv(100, 8), BUCKET, "tuner/validation/v.csv")
estimator = sagemaker.estimator.Estimator(
    image_uri=image_uris.retrieve("xgboost", session.boto_region_name, version="1.7-1"),
    role=os.environ["SAGEMAKER_ROLE"],
    instance_count=1,
    instance_type="ml.m5.large",
    output_path=f"s3://{BUCKET}/tuner/out",
    sagemaker_session=session,
    hyperparameters={"objective": "binary:logistic", "num_round": 3, "eval_metric": "auc"},
)
tuner = HyperparameterTuner(
    estimator,
    objective_metric_name="validation:auc",
    hyperparameter_ranges={
        "eta": ContinuousParameter(0.05, 0.5),
        "max_depth": IntegerParameter(2, 4),
    },
    max_jobs=3,
    max_parallel_jobs=2,
)
channels = {
    "train": TrainingInput(train, content_type="text/csv"),
    "validation": TrainingInput(validation, content_type="text/csv"),
}
tuner.fit(channels, wait=False)
name = tuner.latest_tuning_job.name
await_job(session.sagemaker_client, "hyper_parameter_tuning_job", name)
frame = tuner.analytics().dataframe()
best = tuner.best_training_job()
finish(
    best=best,
    values=[float(value) for value in frame["FinalObjectiveValue"]],
    names=list(frame["TrainingJobName"]),
    model=tuner.best_estimator().model_data,
)
