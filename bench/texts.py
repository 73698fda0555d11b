"""Text classification beside TF-IDF and logistic regression by hand: ``python -m bench.texts``.

The SMS spam collection (Almeida and Hidalgo, UCI 228, CC BY 4.0), looked for in a folder ``shared``
beside the project: hashed words and XGBoost, as the relay prepares and trains them, and what
somebody with scikit-learn would write. Both learn from the same rows and are judged on the same
held-out ones. With ``--embed`` it measures the sentence encoder alone: messages a second.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import xgboost
from pyarrow import parquet
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, average_precision_score, roc_auc_score

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "layers/science"), str(ROOT / "layers/lifecycle")]


from lifecycle.problem import parse_problem  # noqa: E402  (found on the path above)
from local.sagemaker.containers.jumpstart.archives import model_archive  # noqa: E402
from local.sagemaker.containers.jumpstart.catalogue import find  # noqa: E402
from science import features  # noqa: E402
from science.embeddings.encoder import Encoder  # noqa: E402
from science.embeddings.features import MODEL  # noqa: E402
from science.embeddings.weights import FILE, convert  # noqa: E402
from science.prepare import prepare  # noqa: E402
from science.tables import ingest  # noqa: E402

SMS = ROOT.parent / "shared/data/sms-spam/SMSSpamCollection.tsv"
DEFINITION = b"name: sms\ntarget: label\npositive: spam\ntask: text_classification\n"
EMBEDDED = 500
SETTINGS = {
    "objective": "binary:logistic",
    "eval_metric": "auc",
    "eta": 0.08,
    "max_depth": 6,
    "subsample": 0.85,
    "colsample_bytree": 0.8,
}
"""What a run trains with that is not tuned."""


def main() -> None:
    """Measure, and print a line for each way."""
    if not SMS.exists():
        print(f"there is no {SMS}")
        return
    if "--embed" in sys.argv[1:]:
        _embed()
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "sms.tsv").write_bytes(b"label\ttext\n" + SMS.read_bytes())
        ingest(folder / "sms.tsv", "sms.tsv", folder / "rows.parquet")
        began = time.perf_counter()
        problem = parse_problem(DEFINITION, folder="sms").document
        prepare([folder / "rows.parquet"], problem, folder)
        held = parquet.read_table(folder / "holdout/holdout.parquet").to_pydict()
        truth = np.array([label == "spam" for label in held["label"]])
        score = _ours(folder, np.array(held["text"], dtype=object))
        _tell("hashed words and XGBoost", truth, score, began)
    learned = _learned(set(held["text"]))
    for words in (1, 2):
        began = time.perf_counter()
        score = _by_hand(learned, held["text"], words)
        _tell(f"TF-IDF of {words} word(s), logistic", truth, score, began)


def _embed() -> None:
    """Embed some messages by the encoder that a run fetches from JumpStart."""
    texts = [text for _, text in _learned(set())[:EMBEDDED]]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        convert(model_archive(find(MODEL), folder), folder / FILE)
        encoder = Encoder(str(folder / FILE))
        began = time.perf_counter()
        encoder.encode(texts)
        seconds = time.perf_counter() - began
    print(f"{len(texts)} messages embedded: {len(texts) / seconds:.0f} a second")


def _ours(folder: Path, texts: Any) -> Any:
    """Prepared, trained, and asked."""
    parts = []
    for part in ("train", "validation"):
        table = parquet.read_table(folder / f"prepared/{part}/{part}.parquet")
        values = np.stack([column.to_numpy() for column in table.columns], axis=1)
        parts.append(xgboost.DMatrix(values[:, 1:], values[:, 0]))
    model = xgboost.train(
        SETTINGS,
        parts[0],
        500,
        evals=[(parts[1], "validation")],
        early_stopping_rounds=20,
        verbose_eval=False,
    )
    document = json.loads((folder / "prepared/features.json").read_text())
    matrix = features.apply(document, {"text": texts})
    return model.predict(xgboost.DMatrix(matrix), iteration_range=(0, model.best_iteration + 1))


def _learned(held: set[str]) -> list[tuple[str, str]]:
    """Label and text of all messages that are not held out."""
    rows = [line.split("\t", 1) for line in SMS.read_text(encoding="utf-8").splitlines()]
    return [(label, text.strip()) for label, text in rows if text.strip() not in held]


def _by_hand(learned: list[tuple[str, str]], texts: list[str], words: int) -> Any:
    vectors = TfidfVectorizer(ngram_range=(1, words), sublinear_tf=True)
    known = vectors.fit_transform([text for _, text in learned])
    model = LogisticRegression(C=10, max_iter=1000)
    model.fit(known, [label == "spam" for label, _ in learned])
    return model.predict_proba(vectors.transform(texts))[:, 1]


def _tell(name: str, truth: Any, score: Any, began: float) -> None:
    seconds = time.perf_counter() - began
    print(
        f"{name:32} ROC AUC {roc_auc_score(truth, score):.4f}  "
        f"average precision {average_precision_score(truth, score):.4f}  "
        f"accuracy {accuracy_score(truth, score > 0.5):.4f}  {seconds:.1f} s"
    )


if __name__ == "__main__":
    main()
