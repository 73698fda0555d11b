"""A sentence encoder small enough for tests, packed as JumpStart packs its own."""

import io
import json
import tarfile

import numpy as np
from safetensors.numpy import save

WORDS = ("the", "rose", "soil", "oven", "flour", "##s", "new", "and", "!", ".")
VOCABULARY = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS)
WIDTH, INNER, LAYERS, HEADS, LONGEST = 12, 20, 2, 3, 16
CONFIG = {
    "model_type": "bert",
    "hidden_act": "gelu",
    "num_attention_heads": HEADS,
    "num_hidden_layers": LAYERS,
    "layer_norm_eps": 1e-12,
}


def weights(seed=5):
    """Random weights under BERT's names."""
    rng = np.random.default_rng(seed)

    def some(*shape):
        return rng.normal(0, 0.4, shape).astype(np.float32)

    found = {
        "embeddings.word_embeddings.weight": some(len(VOCABULARY), WIDTH),
        "embeddings.position_embeddings.weight": some(LONGEST, WIDTH),
        "embeddings.token_type_embeddings.weight": some(2, WIDTH),
        "embeddings.position_ids": np.arange(LONGEST)[None],
    }
    norms, linears = ["embeddings.LayerNorm"], {}
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        for part in ("query", "key", "value"):
            linears[f"{name}.attention.self.{part}"] = (WIDTH, WIDTH)
        linears[f"{name}.attention.output.dense"] = (WIDTH, WIDTH)
        linears[f"{name}.intermediate.dense"] = (INNER, WIDTH)
        linears[f"{name}.output.dense"] = (WIDTH, INNER)
        norms += [f"{name}.attention.output.LayerNorm", f"{name}.output.LayerNorm"]
    for name, shape in linears.items():
        found[f"{name}.weight"], found[f"{name}.bias"] = some(*shape), some(shape[0])
    for name in norms:
        found[f"{name}.weight"], found[f"{name}.bias"] = 1 + some(WIDTH), some(WIDTH)
    return found


def files(**changes):
    """The archive's files; one that is None is left out."""
    whole = {
        "config.json": json.dumps(CONFIG).encode(),
        "vocab.txt": "\n".join(VOCABULARY).encode(),
        "sentence_bert_config.json": json.dumps({"max_seq_length": LONGEST}).encode(),
        "model.safetensors": save(weights()),
    }
    return {name: body for name, body in {**whole, **changes}.items() if body is not None}


def archive(members):
    """A tar.gz of files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as packed:
        for name, body in members.items():
            item = tarfile.TarInfo(name)
            item.size = len(body)
            packed.addfile(item, io.BytesIO(body))
    return out.getvalue()
