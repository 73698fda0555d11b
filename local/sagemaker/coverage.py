"""Prints which operations there are, as Markdown: `python -m local.sagemaker.coverage`."""

from __future__ import annotations

import inspect

from local.sagemaker.api.operations import Operation, registry
from local.sagemaker.api.service_models import SERVICES, operation_model, service_model


def table() -> str:
    """One section a service: its operations here, and what each of them does not support."""
    lines = []
    for service in SERVICES:
        found = sorted(
            (item for item in registry if item.service == service), key=lambda item: item.name
        )
        total = len(service_model(service).operation_names)
        lines += [f"## {service}", "", f"{len(found)} of {total} operations.", ""]
        lines += ["| operation | what it does | refused, by name |", "|---|---|---|"]
        lines += [f"| {item.name} | {_summary(item)} | {_refused(item)} |" for item in found]
        lines.append("")
    return "\n".join(lines)


def _summary(item: Operation) -> str:
    return (inspect.getdoc(item.implementation) or "").partition("\n")[0]


def _refused(item: Operation) -> str:
    shape = operation_model(item.service, item.name).input_shape
    members = set(shape.members) if shape is not None else set()
    unknown = members - item.honours if item.honours is not None else set()
    return ", ".join(sorted(unknown | item.refuses)) or "–"


if __name__ == "__main__":
    from local.sagemaker.assembly import load_operations

    load_operations()
    print(table())
