"""A model's specification as a document of SageMakerPublicHub, which newer SDKs read.

The members are those of the specification in capitals, with whole addresses for keys and one image
for each family of instances (SageMaker Python SDK, `jumpstart/hub/interfaces.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.sagemaker.containers.jumpstart.specifications import content_bucket, specification

if TYPE_CHECKING:
    from local.sagemaker.containers.jumpstart.entries import Entry

type Document = dict[str, Any]

SCHEMA_VERSION = "2.3.0"
_KEPT = (
    "min_sdk_version",
    "url",
    "training_supported",
    "incremental_training_supported",
    "hosting_use_script_uri",
    "inference_environment_variables",
    "inference_dependencies",
    "default_inference_instance_type",
    "supported_inference_instance_types",
    "inference_enable_network_isolation",
    "resource_name_base",
    "hyperparameters",
    "training_dependencies",
    "default_training_instance_type",
    "supported_training_instance_types",
    "training_enable_network_isolation",
)
_KEYS = (
    "hosting_artifact_key",
    "hosting_script_key",
    "hosting_prepacked_artifact_key",
    "training_script_key",
)


def hub_document(entry: Entry, region: str, bucket: str = "") -> Document:
    """What HubContentDocument says of a model.

    Args:
        entry: The model.
        region: The Region of its images.
        bucket: Where the catalogue was published; by default the Region's content bucket.
    """
    told = specification(entry, region)
    root = f"s3://{bucket or content_bucket(region)}"
    document = {_capital(name): _capitals(told[name]) for name in _KEPT if name in told}
    for name in _KEYS:
        if told.get(name):
            document[_capital(name.removesuffix("key") + "uri")] = f"{root}/{told[name]}"
    document |= {
        "ModelTypes": ["OPEN_WEIGHTS"],
        "Capabilities": [],
        "Task": entry.task,
        "Framework": entry.framework,
        "SageMakerSdkPredictorSpecifications": _capitals(told["predictor_specs"]),
        "HostingEcrUri": entry.image.uri(region),
        "HostingInstanceTypeVariants": _variants(told["hosting_instance_type_variants"], region),
    }
    if entry.training is not None:
        variants = _variants(told["training_instance_type_variants"], region)
        document |= {
            "TrainingEcrUri": entry.training.image.uri(region),
            "TrainingMetrics": told["metrics"],
            "TrainingInstanceTypeVariants": variants,
        }
    return document


def _variants(told: Document, region: str) -> Document:
    images = told["regional_aliases"][region]
    return {
        "Variants": {
            family: {
                "Properties": {
                    "ImageUri": images[chosen["regional_properties"]["image_uri"].lstrip("$")]
                }
            }
            for family, chosen in told["variants"].items()
        }
    }


def _capitals(value: Any) -> Any:
    """The same with the names of members in capitals, all the way down."""
    if isinstance(value, dict):
        return {_capital(name): _capitals(item) for name, item in value.items()}
    return [_capitals(item) for item in value] if isinstance(value, list) else value


def _capital(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
