"""An encoder's file: the weights, settings and vocabulary of a published model, with no pickle.

``encoder.npz`` holds each weight as float16 under its own name, ``config`` (JSON) and
``vocabulary`` (a piece a line), both as bytes. It is made once a run from the archive that
JumpStart keeps, and travels with the model: what embeds in training embeds in the endpoint.
"""

from __future__ import annotations

import json
import lzma
import tarfile
import zlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

FILE = "encoder.npz"
CONFIG, VOCABULARY, WEIGHTS = "config.json", "vocab.txt", "model.safetensors"
TOKENISER, LIMITS = "tokenizer.json", "sentence_bert_config.json"
MOST_BYTES = 600_000_000
"""The largest file of an archive that is read; the weights of a function's worth of encoder."""
LONGEST = 256
"""Pieces of a text, where the model says nothing else."""
TYPES = {"F32": np.float32, "F16": np.float16}


class UnusableEncoder(ValueError):  # noqa: N818  (named for what the user is told)
    """An archive holds no encoder that runs here; the message says why."""


def convert(archive: Path, out: Path) -> None:
    """Make ``encoder.npz`` of a model's archive.

    Args:
        archive: tar or tar.gz with the files of a sentence-transformers model.
        out: the file to write.

    Raises:
        UnusableEncoder: it is no BERT encoder, or its weights come as a pickle alone.
    """
    try:
        _convert(archive, out)
    except UnusableEncoder:
        raise
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise UnusableEncoder("a file in the archive is damaged") from error


def _convert(archive: Path, out: Path) -> None:
    files = _members(archive)
    if WEIGHTS not in files or CONFIG not in files:
        there = ", ".join(sorted(files)) or "nothing of it"
        reason = f"the archive has no {WEIGHTS} and {CONFIG} (it has {there})"
        raise UnusableEncoder(f"{reason}; weights that are a pickle are not loaded")
    config = json.loads(files[CONFIG])
    if config.get("model_type") != "bert" or config.get("hidden_act") != "gelu":
        raise UnusableEncoder(f"a {config.get('model_type')} encoder is not computed here")
    limits = json.loads(files.get(LIMITS, b"{}"))
    kept = {
        "heads": config["num_attention_heads"],
        "layers": config["num_hidden_layers"],
        "epsilon": config["layer_norm_eps"],
        "longest": int(limits.get("max_seq_length", LONGEST)),
    }
    arrays: dict[str, Any] = {name: value.astype(np.float16) for name, value in _weights(files)}
    arrays["config"] = np.frombuffer(json.dumps(kept).encode(), dtype=np.uint8)
    arrays["vocabulary"] = np.frombuffer("\n".join(_pieces(files)).encode(), dtype=np.uint8)
    out.parent.mkdir(parents=True, exist_ok=True)
    np.savez(out, **arrays)


def _members(archive: Path) -> dict[str, bytes]:
    """The files beside the weights: other folders have a ``config.json`` of their own."""
    wanted = {CONFIG, VOCABULARY, WEIGHTS, TOKENISER, LIMITS}
    folders: dict[str, dict[str, bytes]] = {}
    try:
        with tarfile.open(archive, "r:*") as members:
            for member in members:
                path = PurePosixPath(member.name)
                source = members.extractfile(member) if member.isfile() else None
                if source is None or path.name not in wanted:
                    continue
                if member.size > MOST_BYTES:
                    raise UnusableEncoder(f"{path.name} has {member.size:,} bytes")
                folders.setdefault(str(path.parent), {})[path.name] = source.read()
    except (tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError) as error:
        raise UnusableEncoder("the archive is damaged") from error
    complete = [files for files in folders.values() if WEIGHTS in files]
    return complete[0] if complete else folders.get(".", {})


def _weights(files: dict[str, bytes]) -> list[tuple[str, Any]]:
    """The arrays of a safetensors file: a length, a JSON head, then the numbers."""
    body = files[WEIGHTS]
    length = int.from_bytes(body[:8], "little")
    head = json.loads(body[8 : 8 + length])
    data = memoryview(body)[8 + length :]
    found = []
    for name, about in head.items():
        if name == "__metadata__" or about["dtype"] not in TYPES:
            continue  # positions are whole numbers that are counted anew
        start, end = about["data_offsets"]
        values = np.frombuffer(data[start:end], dtype=TYPES[about["dtype"]])
        found.append((name, values.reshape(about["shape"])))
    return found


def _pieces(files: dict[str, bytes]) -> list[str]:
    if VOCABULARY in files:
        return files[VOCABULARY].decode("utf-8").rstrip("\n").split("\n")
    if TOKENISER in files:
        numbers = json.loads(files[TOKENISER])["model"]["vocab"]
        return sorted(numbers, key=lambda piece: numbers[piece])
    raise UnusableEncoder("the archive has no vocabulary")
