"""The steps of a Data Wrangler flow, which a problem names by ``prepare.flow``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from science.faults import Fault, UnusableData
from science.flow.reading import read

if TYPE_CHECKING:
    from lifecycle.ports import Ports
    from lifecycle.records import RunRecord


def with_flow(run: RunRecord, ports: Ports) -> RunRecord:
    """The run with the steps of its flow as the definition's own.

    Raises:
        UnusableData: the flow is not there, or holds what is not honoured; every node is told.
    """
    settings = run.definition.get("prepare") or {}
    key = settings.get("flow")
    if not key:
        return run
    address = f"s3://{ports.settings.landing_bucket}/{run.problem}/{key}"
    try:
        found = read(ports.objects.read(address))
    except FileNotFoundError as error:
        cure = f"drop the flow at {key}, or take prepare.flow out"
        raise UnusableData([Fault("there is no such flow", "prepare.flow", cure)]) from error
    own = {**settings, "steps": found.on_texts()}
    return run.model_copy(update={"definition": {**run.definition, "prepare": own}})
