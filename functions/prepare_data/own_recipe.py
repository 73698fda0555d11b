"""The whole recipe that a problem names by ``prepare.recipe``, in place of the proposal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from science.faults import Fault, UnusableData
from science.recipe import whole

if TYPE_CHECKING:
    from lifecycle.ports import Ports
    from lifecycle.records import RunRecord

KEPT = "code/recipe.json"
"""Where in a run's folder the recipe lies that made it, byte for byte."""


def with_recipe(run: RunRecord, ports: Ports) -> dict[str, Any]:
    """The run's definition, with the steps and the settings of its recipe where it names one.

    Raises:
        UnusableData: the recipe is not there, or cannot be carried out; every fault is told.
    """
    key = (run.definition.get("prepare") or {}).get("recipe")
    if not key:
        return run.definition
    address = f"s3://{ports.settings.landing_bucket}/{run.problem}/{key}"
    try:
        text = ports.objects.read(address)
    except FileNotFoundError as error:
        cure = f"drop the recipe at {key}, or take prepare.recipe out"
        raise UnusableData([Fault("there is no such recipe", whole.WHERE, cure)]) from error
    definition = whole.taken(text, run.definition)
    ports.objects.write(
        ports.settings.run_uri(run.problem, run.run, KEPT), text, "application/json"
    )
    return definition
