"""The JSON schema that a model card's content is held against.

Pages "Model card JSON schema" and, for the card of a model package, "Model package model card
schema (Studio)": the sections, their members, lengths and enums.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ValidationException

if TYPE_CHECKING:
    from collections.abc import Iterator

type Schema = dict[str, Any]


def _text(most: int) -> Schema:
    return {"type": "string", "maxLength": most}


def _list(item: Schema, most: int | None = None, least: int = 0) -> Schema:
    bounds = {} if most is None else {"maxItems": most}
    return {"type": "array", "items": item, "minItems": least, **bounds}


def _object(members: Schema, *required: str) -> Schema:
    return {"type": "object", "properties": members, "required": list(required)}


def _map(value: Schema) -> Schema:
    return {"type": "object", "additional": value}


def _one_of(*words: str) -> Schema:
    return {"type": "string", "enum": list(words)}


NAME = {"type": "string", "pattern": ".{1,255}"}
GROUP_NAME = {"type": "string", "pattern": ".{1,63}"}
NUMBER = {"type": "number"}
TEXT = _text(1024)
LONG_TEXT = _text(2048)
_AXIS = _text(63)
_AXES = _list(_AXIS)
_ENVIRONMENT = _object({"container_image": _list(TEXT, 15)})
_TRAINING_METRIC = _object({"name": NAME, "notes": TEXT, "value": NUMBER}, "name", "value")
_HYPER_PARAMETER = _object({"name": NAME, "value": NAME}, "name", "value")


def _metric(kinds: tuple[str, ...], value: Schema, x_axis: Schema, y_axis: Schema) -> Schema:
    members = {
        "name": NAME,
        "notes": TEXT,
        "type": _one_of(*kinds),
        "value": value,
        "x_axis_name": x_axis,
        "y_axis_name": y_axis,
    }
    return _object(members, "name", "type", "value")


_SIMPLE = {"any": [NUMBER, _AXIS, {"type": "boolean"}]}
METRICS = {
    "any": [
        _metric(("number", "string", "boolean"), _SIMPLE, _AXIS, _AXIS),
        _metric(("linear_graph",), _list(_list(NUMBER, 2, 2), None, 1), _AXIS, _AXIS),
        _metric(("bar_chart",), _list(NUMBER, None, 1), _AXES, _AXIS),
        _metric(("matrix",), _list(_list(NUMBER, 20, 1), 20, 1), _AXES, _AXES),
    ]
}
_EVALUATION = _object(
    {
        "name": GROUP_NAME,
        "evaluation_observation": _text(2096),
        "evaluation_job_arn": _text(256),
        "datasets": _list(TEXT, 10),
        "metadata": _map(TEXT),
        "metric_groups": _list(
            _object({"name": GROUP_NAME, "metric_data": _list(METRICS)}, "name", "metric_data")
        ),
    },
    "name",
)
_FUNCTION = _object(
    {"function": _one_of("Maximize", "Minimize"), "facet": _text(63), "condition": _text(63)}
)
_TRAINING_JOB = _object(
    {
        "training_arn": TEXT,
        "training_datasets": _list(TEXT, 15),
        "training_environment": _ENVIRONMENT,
        "training_metrics": _list(_TRAINING_METRIC, 50),
        "user_provided_training_metrics": _list(_TRAINING_METRIC, 50),
        "hyper_parameters": _list(_HYPER_PARAMETER, 100),
        "user_provided_hyper_parameters": _list(_HYPER_PARAMETER, 100),
    }
)
_SECTIONS: Schema = {
    "intended_uses": _object(
        {
            "purpose_of_model": LONG_TEXT,
            "intended_uses": LONG_TEXT,
            "factors_affecting_model_efficiency": LONG_TEXT,
            "risk_rating": _one_of("High", "Medium", "Low", "Unknown"),
            "explanations_for_risk_rating": LONG_TEXT,
        }
    ),
    "business_details": _object(
        {
            "business_problem": LONG_TEXT,
            "business_stakeholders": LONG_TEXT,
            "line_of_business": LONG_TEXT,
        }
    ),
    "training_details": _object(
        {
            "objective_function": _object({"function": _FUNCTION, "notes": TEXT}),
            "training_observations": TEXT,
            "training_job_details": _TRAINING_JOB,
        }
    ),
    "evaluation_details": _list(_EVALUATION),
    "additional_information": _object(
        {
            "ethical_considerations": LONG_TEXT,
            "caveats_and_recommendations": LONG_TEXT,
            "custom_details": _map(TEXT),
        }
    ),
}
_CREATED = {"model_creator": TEXT, "model_artifact": _list(TEXT, 15)}
_CONTAINER = _object(
    {"model_data_url": TEXT, "image": _text(255), "nearest_model_name": {"type": "string"}}, "image"
)
_ALGORITHM = _object({"algorithm_name": _text(170), "model_data_url": TEXT}, "algorithm_name")
_PACKAGE_DETAILS = _object(
    {
        "model_package_description": TEXT,
        "model_package_arn": TEXT,
        "created_by": _object({"user_profile_name": _text(63)}),
        "model_package_status": _one_of("Pending", "InProgress", "Completed", "Failed", "Deleting"),
        "model_approval_status": _one_of("Approved", "Rejected", "PendingManualApproval"),
        "approval_description": TEXT,
        "model_package_group_name": _text(63),
        "model_package_name": _text(63),
        "model_package_version": NUMBER,
        "domain": {"type": "string"},
        "task": {"type": "string"},
        "source_algorithms": _list(_ALGORITHM, 1),
        "inference_specification": _object({"containers": _list(_CONTAINER, 15, 1)}, "containers"),
    }
)
CARD = _object(
    {
        "model_overview": _object(
            _CREATED
            | {
                "model_description": TEXT,
                "model_id": TEXT,
                "model_name": TEXT,
                "model_version": NUMBER,
                "problem_type": {"type": "string"},
                "algorithm_type": TEXT,
                "model_owner": TEXT,
                "inference_environment": _ENVIRONMENT,
            }
        ),
        "model_package_details": _PACKAGE_DETAILS,
        **_SECTIONS,
    }
)
PACKAGE_CARD = _object({"model_overview": _object(_CREATED), **_SECTIONS})
_TYPES: dict[str, Any] = {
    "string": str,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}


def read_content(text: str, schema: Schema = CARD) -> dict[str, Any]:
    """A model card's content.

    Args:
        text: JSON.
        schema: `CARD`, or `PACKAGE_CARD` for the card of a model package.

    Raises:
        ValidationException: When it is no JSON object, or not of the schema; names every fault.
    """
    try:
        content = json.loads(text)
    except ValueError as error:
        raise ValidationException(f"Model card content is not JSON: {error}") from error
    if found := list(faults(content, schema, "$")):
        raise ValidationException(
            "Model card content does not follow the model card JSON schema: " + "; ".join(found)
        )
    return dict(content)


def faults(value: Any, schema: Schema, path: str) -> Iterator[str]:
    """What is wrong with a value, as `path: what`."""
    if "any" in schema:
        tried = [list(faults(value, option, path)) for option in schema["any"]]
        if all(tried):
            yield f"{path}: of none of the forms that are allowed ({min(tried, key=len)[0]})"
        return
    kind = schema["type"]
    if not isinstance(value, _TYPES[kind]) or (kind == "number" and isinstance(value, bool)):
        yield f"{path}: must be of type {kind}"
    elif kind == "object":
        yield from _object_faults(value, schema, path)
    elif kind == "array":
        if not schema["minItems"] <= len(value) <= schema.get("maxItems", len(value)):
            yield f"{path}: has {len(value)} items"
        for number, item in enumerate(value):
            yield from faults(item, schema["items"], f"{path}[{number}]")
    elif kind == "string":
        yield from _text_faults(value, schema, path)


def _object_faults(value: dict[str, Any], schema: Schema, path: str) -> Iterator[str]:
    if "additional" in schema:
        for name, item in value.items():
            yield from faults(item, schema["additional"], f"{path}.{name}")
        return
    yield from (f"{path}.{name}: is required" for name in schema["required"] if name not in value)
    for name, item in value.items():
        if name in schema["properties"]:
            yield from faults(item, schema["properties"][name], f"{path}.{name}")
        else:
            yield f"{path}.{name}: is not defined"


def _text_faults(value: str, schema: Schema, path: str) -> Iterator[str]:
    if len(value) > schema.get("maxLength", len(value)):
        yield f"{path}: is longer than {schema['maxLength']}"
    if value not in schema.get("enum", [value]):
        yield f"{path}: must be one of {', '.join(schema['enum'])}"
    if "pattern" in schema and not re.fullmatch(schema["pattern"], value, re.DOTALL):
        yield f"{path}: must match {schema['pattern']}"
