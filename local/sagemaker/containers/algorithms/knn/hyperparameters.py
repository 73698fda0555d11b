"""The hyperparameters of k-NN: page "K-Nearest Neighbors Hyperparameters"."""

from __future__ import annotations

from typing import Any

from local.sagemaker.containers.algorithms.common.errors import UserError
from local.sagemaker.containers.algorithms.common.hyperparameters import AUTO, Rule, choice, whole

PRODUCT_QUANTIZED = "faiss.IVFPQ"
COMPONENTS = (1, 2, 3, 4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 96)

RULES: dict[str, Rule] = {
    "feature_dim": whole(required=True),
    "k": whole(required=True),
    "predictor_type": choice(None, "classifier", "regressor", required=True),
    "sample_size": whole(required=True),
    "mini_batch_size": whole(5000),
    "dimension_reduction_type": choice(None, "sign", "fjlt"),
    "dimension_reduction_target": whole(),
    "index_type": choice("faiss.Flat", "faiss.Flat", "faiss.IVFFlat", PRODUCT_QUANTIZED),
    "index_metric": choice("L2", "L2", "INNER_PRODUCT", "COSINE"),
    "faiss_index_ivf_nlists": whole(AUTO, words=(AUTO,)),
    "faiss_index_pq_m": choice(None, *map(str, COMPONENTS)),
}


def check_together(parameters: dict[str, Any]) -> None:
    """Refuse values that contradict each other; raises `UserError`."""
    target, width = parameters["dimension_reduction_target"], parameters["feature_dim"]
    reduces = parameters["dimension_reduction_type"] is not None
    if reduces and target is None:
        raise UserError("dimension_reduction_type needs dimension_reduction_target")
    if target is not None and not target < width:
        raise UserError(
            f"Hyperparameter dimension_reduction_target: value {target} is not in (0, {width}), "
            "below feature_dim"
        )
    if parameters["index_type"] == PRODUCT_QUANTIZED and parameters["index_metric"] != "L2":
        metric = parameters["index_metric"]
        raise UserError(f"Hyperparameter index_metric: {metric} is not for {PRODUCT_QUANTIZED}")
    if parameters["k"] > parameters["sample_size"]:
        raise UserError(
            f"Hyperparameter k: value {parameters['k']} is not in "
            f"[1, {parameters['sample_size']}], for sample_size is {parameters['sample_size']}"
        )
