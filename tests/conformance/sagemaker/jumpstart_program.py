"""Run by SageMaker's own Python SDK: resolves and deploys JumpStart models, and tells what came.

Arguments: the role. The result is the last line that is printed, JSON.
"""

from __future__ import annotations

import json
import sys
import time

import boto3
from sagemaker import hyperparameters, image_uris, metric_definitions, script_uris
from sagemaker.jumpstart.model import JumpStartModel

SENTENCES = "huggingface-sentencesimilarity-all-MiniLM-L6-v2"
TREES = "lightgbm-classification-model"


def trees():
    """What the SDK finds for the training of a tabular model."""
    asked = {"model_id": TREES, "model_version": "*"}
    return {
        "image": image_uris.retrieve(
            region=None,
            framework=None,
            image_scope="training",
            instance_type="ml.m5.xlarge",
            **asked,
        ),
        "script": script_uris.retrieve(script_scope="training", **asked),
        "hyperparameters": hyperparameters.retrieve_default(**asked),
        "metrics": metric_definitions.retrieve_default(**asked),
    }


def sentences(role):
    """What a deployed sentence encoder answers."""
    predictor = JumpStartModel(model_id=SENTENCES, role=role).deploy(wait=False)
    client = boto3.client("sagemaker")
    name = predictor.endpoint_name
    deadline = time.monotonic() + 60
    while client.describe_endpoint(EndpointName=name)["EndpointStatus"] == "Creating":
        if time.monotonic() > deadline:
            raise TimeoutError(name)
        time.sleep(0.2)
    return predictor.predict({"text_inputs": ["How cute your dog is!", "Your dog is so cute."]})


sys.stdout.write(json.dumps({"trees": trees(), "sentences": sentences(sys.argv[1])}))
