"""Recipe steps as a Data Wrangler flow.

Each step that has a counterpart becomes one node, or one for each column; the others are told, for
a flow that silently did less would be worse than none. A fitted step is written with what it found,
so that the flow does what the model was trained with.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Mapping, Optional

from science.flow import nodes_of_cells, nodes_of_tables
from science.flow.left_out import LeftOut, Made
from science.recipe.documents import written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from science.recipe.steps import Step

PREFIX = "sagemaker.spark."
NAMESPACE = uuid.UUID("6f0a2f0e-6a52-5c39-9f83-0c6c6f6e7e0b")
"""Node ids follow from what the node does and where it stands: the same recipe, the same flow."""
MAKERS = {**nodes_of_tables.MAKERS, **nodes_of_cells.MAKERS}


@dataclass
class Written:
    """A flow.

    Attributes:
        document: the ``.flow`` file as JSON.
        left_out: steps that have no counterpart: ``{"place", "step", "why"}``.
    """

    document: dict[str, Any]
    left_out: list[dict[str, Any]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The file."""
        return json.dumps(self.document, ensure_ascii=False, indent=1)


def write(steps: Sequence[Step], source: str) -> Written:
    """A recipe as a flow.

    Args:
        steps: the recipe.
        source: the S3 address of the rows, a CSV file or a folder of them.
    """
    made = Written({"metadata": {"version": 1, "disable_limits": False}, "nodes": []})
    chain = made.document["nodes"]
    _add(chain, "SOURCE", "sagemaker.s3_source_0.1", {"dataset_definition": _dataset(source)})
    _add(chain, "TRANSFORM", f"{PREFIX}infer_and_cast_type_0.1", {})
    for place, step in enumerate(steps):
        try:
            nodes = _nodes(step)
        except LeftOut as reason:
            told = {"place": place, "step": step.kind, "why": str(reason)}
            made.left_out.append(told)
            continue
        for node in nodes:
            _add(chain, "TRANSFORM", f"{PREFIX}{node.operator}", node.parameters, node.trained)
    return made


def _nodes(step: Step) -> list[Made]:
    maker = MAKERS.get(step.kind)
    if maker is None:
        raise LeftOut("no transform of Data Wrangler is known to do so")
    return maker(written(step))


def _add(
    chain: list[dict[str, Any]],
    kind: str,
    operator: str,
    parameters: Mapping[str, Any],
    trained: Optional[Mapping[str, Any]] = None,
) -> None:
    content = json.dumps([len(chain), operator, parameters, trained], sort_keys=True)
    node: dict[str, Any] = {
        "node_id": str(uuid.uuid5(NAMESPACE, content)),
        "type": kind,
        "operator": operator,
        "parameters": dict(parameters),
        "inputs": [],
        "outputs": [{"name": "default"}],
    }
    if trained:
        node["trained_parameters"] = dict(trained)
    if chain:
        above = {"name": "df", "node_id": chain[-1]["node_id"], "output_name": "default"}
        node["inputs"] = [above]
    chain.append(node)


def _dataset(source: str) -> dict[str, Any]:
    return {
        "__typename": "S3CreateDatasetDefinitionOutput",
        "datasetSourceType": "S3",
        "name": source.rstrip("/").rsplit("/", 1)[-1],
        "description": None,
        "s3ExecutionContext": {
            "__typename": "S3ExecutionContext",
            "s3Uri": source,
            "s3ContentType": "csv",
            "s3HasHeader": True,
            "s3FieldDelimiter": ",",
            "s3DirIncludesNested": source.endswith("/"),
            "s3AddsFilenameColumn": False,
        },
    }
