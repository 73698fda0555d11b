"""A pipeline's parameters: their types, their defaults, and what an execution gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ValidationException
from local.sagemaker.pipelines.pipeline_references import as_text

if TYPE_CHECKING:
    from collections.abc import Callable

type Document = dict[str, Any]

TYPES: dict[str, tuple[type, ...]] = {
    "String": (str,),
    "Integer": (int,),
    "Boolean": (bool,),
    "Float": (float, int),
}
_TRUTHS = {"true": True, "false": False}


def _truth(text: str) -> bool:
    if text.lower() not in _TRUTHS:
        raise ValueError(text)
    return _TRUTHS[text.lower()]


_READERS: dict[str, Callable[[str], Any]] = {
    "String": str,
    "Integer": int,
    "Float": float,
    "Boolean": _truth,
}


def parameter_faults(parameters: Any) -> list[str]:
    """What is wrong with the parameters of a definition; empty when nothing is."""
    if not isinstance(parameters, list):
        return ["Parameters must be a list"]
    faults: list[str] = []
    seen: set[str] = set()
    for parameter in parameters:
        name = parameter.get("Name") if isinstance(parameter, dict) else None
        if not isinstance(name, str) or parameter.get("Type") not in TYPES:
            faults.append(f"A parameter has a Name and a Type of {', '.join(TYPES)}: {parameter!r}")
            continue
        if name in seen:
            faults.append(f"Parameter names must be unique; {name} is there twice")
        seen.add(name)
        if unknown := set(parameter) - {"Name", "Type", "DefaultValue", "EnumValues"}:
            faults.append(f"Parameter {name} has unknown members: {', '.join(sorted(unknown))}")
        default = parameter.get("DefaultValue")
        if default is not None and not _fits(default, parameter["Type"]):
            faults.append(f"Default value of parameter {name} is not of type {parameter['Type']}")
        choices = parameter.get("EnumValues")
        if choices and default is not None and default not in choices:
            faults.append(f"Default value of parameter {name} is none of its enum values")
    return faults


def parameter_values(
    parameters: list[Document], given: list[Document], earlier: Document | None = None
) -> Document:
    """The typed value of each parameter of an execution.

    Args:
        parameters: Those of the definition.
        given: Name and Value (text) of each that the caller sets.
        earlier: Values of the execution that a selective one builds upon; they are its defaults.

    Raises:
        ValidationException: Naming every parameter that is unknown, missing or of the wrong type.
    """
    known = {parameter["Name"]: parameter for parameter in parameters}
    faults: list[str] = []
    unknown = [item["Name"] for item in given if item["Name"] not in known]
    if unknown:
        faults.append(f"Pipeline parameters not found in the definition: {unknown}")
    values: Document = {
        name: parameter["DefaultValue"]
        for name, parameter in known.items()
        if parameter.get("DefaultValue") is not None
    } | {name: value for name, value in (earlier or {}).items() if name in known}
    for item in given:
        if parameter := known.get(item["Name"]):
            try:
                values[item["Name"]] = _typed(item["Value"], parameter)
            except ValueError as error:
                faults.append(str(error))
    if missing := sorted(set(known) - set(values)):
        faults.append(f"Missing required parameters: {missing}")
    if faults:
        raise ValidationException("; ".join(faults))
    return values


def listed(values: Document) -> list[Document]:
    """Parameters as ListPipelineParametersForExecution has them: names and texts."""
    return [{"Name": name, "Value": as_text(value)} for name, value in values.items()]


def _typed(text: str, parameter: Document) -> Any:
    kind = parameter["Type"]
    try:
        value = _READERS[kind](text)
    except ValueError as error:
        raise ValueError(f"Parameter {parameter['Name']}: {text!r} is not {kind}") from error
    choices = parameter.get("EnumValues")
    if choices and value not in choices:
        raise ValueError(f"Parameter {parameter['Name']}: {text!r} is none of {choices}")
    return value


def _fits(value: Any, kind: str) -> bool:
    return isinstance(value, TYPES[kind]) and isinstance(value, bool) == (kind == "Boolean")
