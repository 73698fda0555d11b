"""Data Wrangler flows for tests."""

from __future__ import annotations

from science.flow.reading import read_document

SPARK = "sagemaker.spark."


def flow(*transforms, extra=()):
    """A flow whose transforms follow each other: (operator, parameters[, trained])."""
    nodes = [
        {
            "node_id": "source",
            "type": "SOURCE",
            "operator": "sagemaker.s3_source_0.1",
            "parameters": {"dataset_definition": {}},
            "inputs": [],
            "outputs": [{"name": "default"}],
        }
    ]
    for place, (operator, parameters, *trained) in enumerate(transforms):
        nodes.append(
            {
                "node_id": f"n{place}",
                "type": "TRANSFORM",
                "operator": operator if "." in operator[:10] else f"{SPARK}{operator}",
                "parameters": parameters,
                "trained_parameters": trained[0] if trained else None,
                "inputs": [
                    {"name": "df", "node_id": nodes[-1]["node_id"], "output_name": "default"}
                ],
                "outputs": [{"name": "default"}],
            }
        )
    return {"metadata": {"version": 1}, "nodes": [*nodes, *extra]}


def steps(operator, parameters, trained=None):
    """The steps of one transform."""
    return read_document(flow((operator, parameters, trained))).steps
