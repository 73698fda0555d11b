"""Learns from the texts that people labelled, and says what it is sure of about the others.

Below `SAGEMAKER_BASE_DIR` it reads `train.jsonl` and `validation.jsonl` (`text`, `label`) and
`unlabeled.jsonl` (`index`, `text`); it leaves `model.tar.gz`, which an endpoint can serve, and
`predictions.json`. Texts become weights of words and of pieces of words (TF-IDF), classes come from
a logistic regression.

The bar is AWS's: the confidence from which on 95 % of the validation texts are labelled rightly
(page "Automate Data Labeling").
"""

from __future__ import annotations

import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline, make_union

type Array = np.ndarray[Any, Any]
type Document = dict[str, Any]

ACCURACY = 0.95
LEAST_SURE = 10
"""So many validation texts must be above a threshold before it is believed."""
WORDS = {"sublinear_tf": True, "ngram_range": (1, 2)}
PIECES = {"sublinear_tf": True, "analyzer": "char_wb", "ngram_range": (2, 4)}
MODEL = "model.npz"
INFERENCE = (
    f"""
import json, os
import numpy as np
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

def model_fn(model_dir):
    with np.load(os.path.join(model_dir, {MODEL!r}), allow_pickle=False) as kept:
        told = json.loads(kept["told"].tobytes())
        readers = []
        for name, settings in (("words", {WORDS!r}), ("pieces", {PIECES!r})):
            reader = TfidfVectorizer(vocabulary=told[name], **settings)
            reader.idf_ = kept[name + "_idf"]
            readers.append(reader)
        classifier = LogisticRegression()
        classifier.classes_ = np.array(told["classes"])
        classifier.coef_, classifier.intercept_ = kept["coef"], kept["intercept"]
    return readers, classifier
"""
    """
def input_fn(body, content_type):
    text = body.decode() if isinstance(body, bytes) else body
    if content_type.startswith("text/plain"):
        return [text]
    rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    return [row["source"] for row in rows]

def predict_fn(texts, model):
    readers, classifier = model
    rows = hstack([reader.transform(texts) for reader in readers]).tocsr()
    shares = classifier.predict_proba(rows)
    return list(zip(classifier.classes_[shares.argmax(axis=1)], shares.max(axis=1)))

def output_fn(rows, accept):
    lines = [json.dumps({"label": str(name), "confidence": float(p)}) for name, p in rows]
    return "\\n".join(lines) + "\\n", "application/jsonlines"
"""
)
"""Serves what ``pack`` keeps: numbers and JSON, so that loading a model runs nothing."""


def main(_arguments: list[str]) -> int:
    """Train, choose the threshold, and predict; returns the exit code."""
    base = Path(os.environ["SAGEMAKER_BASE_DIR"])
    train, validation = _lines(base / "train.jsonl"), _lines(base / "validation.jsonl")
    unlabeled = _lines(base / "unlabeled.jsonl")
    model = learn([row["text"] for row in train], [row["label"] for row in train])
    names, sure = predict(model, [row["text"] for row in validation])
    right = names == np.array([row["label"] for row in validation])
    limit = threshold(sure, right)
    found = []
    if unlabeled:
        names, confidences = predict(model, [row["text"] for row in unlabeled])
        found = [
            {"index": row["index"], "label": str(name), "confidence": float(confidence)}
            for row, name, confidence in zip(unlabeled, names, confidences, strict=True)
        ]
    told = {
        "threshold": limit,
        "validation_accuracy": float(right.mean()) if right.size else None,
        "validation_rows": int(right.size),
        "train_rows": len(train),
        "predictions": found,
    }
    (base / "predictions.json").write_text(json.dumps(told))
    pack(model, base / "model.tar.gz")
    print(f"threshold {limit}, accuracy {told['validation_accuracy']} of {right.size} texts")
    return 0


def learn(texts: list[str], labels: list[str]) -> Pipeline:
    """A model of texts and their labels, of which there are at least two different ones."""
    words, pieces = TfidfVectorizer(**WORDS), TfidfVectorizer(**PIECES)
    classifier = LogisticRegression(C=10.0, max_iter=1000, class_weight="balanced")
    return make_pipeline(make_union(words, pieces), classifier).fit(texts, labels)


def predict(model: Pipeline, texts: list[str]) -> tuple[Array, Array]:
    """The likeliest class of each text and its probability: two of shape (n,)."""
    if not texts:
        return np.array([], dtype=object), np.array([], dtype=np.float64)
    shares = model.predict_proba(texts)
    return model.classes_[shares.argmax(axis=1)], shares.max(axis=1)


def threshold(sure: Array, right: Array) -> float | None:
    """The lowest confidence from which on enough validation texts are right; None if there is none.

    Args:
        sure: The confidence of each validation text, shape (n,).
        right: Whether its class is the one that people gave it, shape (n,).
    """
    order = np.argsort(-sure, kind="stable")
    counts = np.arange(1, sure.size + 1)
    shares = np.cumsum(right[order]) / counts
    # A threshold takes all texts of one confidence or none: only the last of equals can be one.
    last = np.append(np.diff(sure[order]) != 0, True) if sure.size else np.array([], dtype=bool)
    good = (shares >= ACCURACY) & (counts >= LEAST_SURE) & last
    return float(sure[order][np.flatnonzero(good)[-1]]) if good.any() else None


def pack(model: Pipeline, path: Path) -> None:
    """Write a model's archive: its numbers, its words as JSON, and the script that serves it."""
    (_, union), (_, classifier) = model.steps
    readers = dict(
        zip(("words", "pieces"), (each for _, each in union.transformer_list), strict=True)
    )
    told = {name: list(each.get_feature_names_out()) for name, each in readers.items()}
    told["classes"] = [str(name) for name in classifier.classes_]
    content = io.BytesIO()
    np.savez(
        content,
        allow_pickle=False,
        told=np.frombuffer(json.dumps(told).encode(), dtype=np.uint8),
        coef=classifier.coef_,
        intercept=classifier.intercept_,
        **{f"{name}_idf": each.idf_ for name, each in readers.items()},
    )
    with tarfile.open(path, "w:gz") as archive:
        for name, body in ((MODEL, content.getvalue()), ("code/inference.py", INFERENCE.encode())):
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            archive.addfile(entry, io.BytesIO(body))


def _lines(path: Path) -> list[Document]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
