"""What the SageMaker SDKs read: the manifest of all models, and a specification of each.

Keys and members are those of the public layout: `models_manifest.json` lists headers, whose
`spec_key` leads to a specification; images come from `…_instance_type_variants`, scripts and
archives are keys in the same bucket (SageMaker Python SDK, `jumpstart/types.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.sagemaker.containers.jumpstart.catalogue import find

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local.sagemaker.containers.jumpstart.entries import Entry, Hyperparameter, Image

type Document = dict[str, Any]

MANIFEST = "models_manifest.json"
PROPRIETARY_MANIFEST = "proprietary-sdk-manifest.json"
MINIMUM_SDK = "2.144.0"
DEFAULT_INSTANCE = "ml.m5.xlarge"
#: Families whose instances the models may be given; the image is the same on all of them.
FAMILIES = (
    *("t2", "t3", "m4", "m5", "m5d", "m6i", "m7i", "c4", "c5", "c5d", "c6i", "c7i"),
    *("r5", "r6i", "r7i", "g4dn", "g5", "p3", "local"),
)
INSTANCES = tuple(
    f"ml.{family}.{size}"
    for family in ("m5", "c5", "r5", "g4dn", "g5")
    for size in ("large", "xlarge", "2xlarge", "4xlarge")
    if not (family.startswith("g") and size == "large")
)
_COMMON: Document = {
    "inference_vulnerable": False,
    "inference_dependencies": [],
    "inference_vulnerabilities": [],
    "training_vulnerable": False,
    "training_dependencies": [],
    "training_vulnerabilities": [],
    "deprecated": False,
}
_SERVING_VARIABLES = (
    ("SAGEMAKER_PROGRAM", "text", "inference.py", False),
    ("SAGEMAKER_SUBMIT_DIRECTORY", "text", "/opt/ml/model/code", False),
    ("SAGEMAKER_CONTAINER_LOG_LEVEL", "text", "20", False),
    ("SAGEMAKER_MODEL_SERVER_TIMEOUT", "text", "3600", False),
    ("ENDPOINT_SERVER_TIMEOUT", "int", "3600", True),
    ("MODEL_CACHE_ROOT", "text", "/opt/ml/model", True),
    ("SAGEMAKER_ENV", "text", "1", True),
    ("SAGEMAKER_MODEL_SERVER_WORKERS", "int", "1", True),
)


def content_bucket(region: str) -> str:
    """The bucket that the SDKs look into."""
    return f"jumpstart-cache-prod-{region}"


def manifest(entries: Iterable[Entry]) -> list[Document]:
    """The headers of models."""
    return [
        {
            "model_id": entry.model_id,
            "version": entry.version,
            "min_version": MINIMUM_SDK,
            "spec_key": specification_key(entry),
            "search_keywords": list(entry.keywords),
        }
        for entry in entries
    ]


def specification_key(entry: Entry) -> str:
    """Where a model's specification lies."""
    return f"community_models/{entry.model_id}/specs_v{entry.version}.json"


def archive_key(entry: Entry) -> str:
    """Where a model's archive lies, weights and script together."""
    file = f"infer-prepack-{entry.model_id}.tar.gz"
    return f"{entry.framework}-infer/prepack/v{entry.version}/{file}"


def script_key(entry: Entry, scope: str) -> str:
    """Where a model's scripts lie; the scope is `inference` or `transfer_learning`."""
    root = f"source-directory-tarballs/{entry.framework}/{scope}/{entry.task}"
    return f"{root}/{entry.model_id}/v{entry.version}/sourcedir.tar.gz"


def specification(entry: Entry, region: str) -> Document:
    """All that the SDKs know of a model.

    Args:
        entry: The model.
        region: The Region whose registry its images are in.
    """
    document: Document = {
        "model_id": entry.model_id,
        "url": "",
        "version": entry.version,
        "min_sdk_version": MINIMUM_SDK,
        "incremental_training_supported": False,
        "training_supported": entry.training is not None,
        "hosting_script_key": script_key(entry, "inference"),
        "hosting_use_script_uri": not entry.weights,
        "hosting_instance_type_variants": _variants(entry.image, region),
        "inference_environment_variables": _variables(),
        "default_inference_instance_type": DEFAULT_INSTANCE,
        "supported_inference_instance_types": list(INSTANCES),
        "inference_enable_network_isolation": False,
        "resource_name_base": _name_base(entry),
        "predictor_specs": {
            "default_content_type": entry.content_types[0],
            "supported_content_types": list(entry.content_types),
            "default_accept_type": "application/json",
            "supported_accept_types": ["application/json"],
        },
    }
    if entry.weights:
        key = archive_key(entry)
        document |= {"hosting_artifact_key": key, "hosting_prepacked_artifact_key": key}
    else:
        # nothing lies there: such a model is served from what its own training made
        document["hosting_artifact_key"] = f"untrained/{entry.model_id}/train-it-first.tar.gz"
    return _COMMON | document | _training(entry, region)


def resolve(model_id: str, region: str, bucket: str = "") -> Document:
    """What CreateModel and CreateTrainingJob need of a model.

    Args:
        model_id: AWS's id.
        region: The Region.
        bucket: Where the catalogue was published; by default the Region's content bucket.

    Returns:
        Image, ModelDataUrl and Environment for hosting, and TrainingImage, HyperParameters and
        MetricDefinitions for training, as far as the model has them.

    Raises:
        UnknownModelError: Listing the models that there are.
    """
    entry = find(model_id)
    root = f"s3://{bucket or content_bucket(region)}"
    document: Document = {"ModelId": entry.model_id, "ModelVersion": entry.version}
    environment = {name: value for name, _, value, _ in _SERVING_VARIABLES}
    document |= {"Image": entry.image.uri(region), "Environment": environment}
    if entry.weights:
        document["ModelDataUrl"] = f"{root}/{archive_key(entry)}"
    if entry.training is not None:
        own = {item.name: item.default for item in entry.training.hyperparameters}
        document |= {
            "TrainingImage": entry.training.image.uri(region),
            "HyperParameters": own
            | {
                "sagemaker_program": "transfer_learning.py",
                "sagemaker_submit_directory": f"{root}/{script_key(entry, 'transfer_learning')}",
            },
            "MetricDefinitions": _metrics(entry),
        }
    return document


def _training(entry: Entry, region: str) -> Document:
    training = entry.training
    if training is None:
        return {}
    own = [_hyperparameter(item, "algorithm") for item in training.hyperparameters]
    container = [
        {"name": name, "type": "text", "default": value, "scope": "container"}
        for name, value in (
            ("sagemaker_submit_directory", "/opt/ml/input/data/code/sourcedir.tar.gz"),
            ("sagemaker_program", "transfer_learning.py"),
            ("sagemaker_container_log_level", "20"),
        )
    ]
    return {
        "training_instance_type_variants": _variants(training.image, region),
        "training_artifact_key": None,
        "training_script_key": script_key(entry, "transfer_learning"),
        "hyperparameters": own + container,
        "metrics": _metrics(entry),
        "default_training_instance_type": DEFAULT_INSTANCE,
        "supported_training_instance_types": list(INSTANCES),
        "training_enable_network_isolation": False,
    }


def _metrics(entry: Entry) -> list[Document]:
    metrics = entry.training.metrics if entry.training else {}
    return [{"Name": name, "Regex": regex} for name, regex in metrics.items()]


def _hyperparameter(item: Hyperparameter, scope: str) -> Document:
    document: Document = {
        "name": item.name,
        "type": item.kind,
        "default": item.default,
        "scope": scope,
    }
    if item.low is not None:
        document["min"] = item.low
    if item.high is not None:
        document["max"] = item.high
    if item.options:
        document["options"] = list(item.options)
    return document


def _variants(image: Image, region: str) -> Document:
    chosen = {"regional_properties": {"image_uri": "$image"}}
    return {
        "regional_aliases": {region: {"image": image.uri(region)}},
        "variants": dict.fromkeys(FAMILIES, chosen),
    }


def _variables() -> list[Document]:
    return [
        {
            "name": name,
            "type": kind,
            "default": value,
            "scope": "container",
            "required_for_model_class": required,
        }
        for name, kind, value, required in _SERVING_VARIABLES
    ]


def _name_base(entry: Entry) -> str:
    """What names of resources begin with: short, for a timestamp follows in 63 characters."""
    return entry.model_id.replace(".", "-")[:38].rstrip("-")
