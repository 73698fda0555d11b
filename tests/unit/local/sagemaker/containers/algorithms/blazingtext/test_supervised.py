"""The classifier learns what bags of n-grams can tell, and no less than a linear model does."""

import random
import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from local.sagemaker.containers.algorithms.blazingtext import supervised
from local.sagemaker.containers.algorithms.blazingtext.classifier import Classifier, Texts
from local.sagemaker.containers.algorithms.blazingtext.corpus import Example
from local.sagemaker.containers.algorithms.blazingtext.features import learn
from local.sagemaker.containers.algorithms.blazingtext.hyperparameters import typed

SMS = Path(__file__).resolve().parents[8] / "shared" / "data" / "sms-spam" / "SMSSpamCollection.tsv"
ADJECTIVES = ["good", "nice", "fine", "great", "bad", "poor", "awful", "dull"]


def corpus(count, seed):
    """Reviews whose sense a word before the adjective turns over: no single word tells it."""
    generator = random.Random(seed)
    examples = []
    for _ in range(count):
        adjective, turned = generator.choice(ADJECTIVES), generator.random() < 0.5
        positive = (ADJECTIVES.index(adjective) < 4) != turned
        filling = generator.choices(["film", "plot", "cast", "the", "was"], k=4)
        words = [*filling, "not" if turned else "so", adjective]
        examples.append(Example(("__label__up" if positive else "__label__down",), tuple(words)))
    return examples


def hyperparameters(**given):
    text = {name: str(value) for name, value in given.items()}
    return typed({"mode": "supervised", "vector_dim": "10", "min_count": "1"} | text)


def told(capsys, name):
    return float(re.search(rf"#{name}_accuracy: (\S+)", capsys.readouterr().out)[1])


def test_pairs_of_words_tell_what_words_alone_cannot(capsys):
    """With word_ngrams 2 every held-out text is right; with 1 it is little better than a coin."""
    train, held = corpus(600, 1), corpus(200, 2)
    wanted = {"learning_rate": 0.5, "epochs": 20}
    supervised.train(train, held, hyperparameters(word_ngrams=2, **wanted))
    pairs = told(capsys, "validation")
    supervised.train(train, held, hyperparameters(word_ngrams=1, **wanted))

    assert pairs == 1.0
    assert told(capsys, "validation") < 0.7


def test_it_stops_when_validation_no_longer_improves(capsys):
    """After min_epochs and patience; the best weights are kept."""
    train, held = corpus(400, 1), corpus(100, 2)
    wanted = hyperparameters(
        epochs=50, learning_rate=0.5, early_stopping=True, patience=2, min_epochs=3
    )
    supervised.train(train, held, wanted)
    log = capsys.readouterr().out
    seen = [float(text) for text in re.findall(r"Validation accuracy: (\S+)", log)]

    assert 3 <= len(seen) < 50
    assert max(seen) == float(re.search(r"#validation_accuracy: (\S+)", log)[1])
    assert "Terminating training" in log


def test_a_step_goes_down_the_slope_of_the_cross_entropy():
    """Against the slope found by moving each number a little."""
    features = learn([["a", "b"], ["b", "c"]], least=1, modulus=10, longest=1)
    model = Classifier.fresh(features, ["x", "y"], 3, seed=1)
    model.outputs += np.random.default_rng(2).normal(size=model.outputs.shape).astype(np.float32)
    texts = Texts(features.rows(["a", "b"]), np.array([0, 3]))
    before, outputs = model.embeddings.astype(float), model.outputs.astype(float)

    def loss(embeddings):
        scores = outputs @ embeddings[texts.rows].mean(axis=0)
        return np.log(np.exp(scores).sum()) - scores[1]

    slope = np.zeros_like(before)
    for place in np.ndindex(before.shape):
        moved = before.copy()
        moved[place] += 1e-5
        slope[place] = (loss(moved) - loss(before)) / 1e-5
    model.step(texts, np.array([0]), np.array([1]), 0.1)

    np.testing.assert_allclose(model.embeddings - before, -0.1 * slope, atol=1e-5)


def test_a_saved_model_says_the_same(tmp_path):
    """Every probability to the last bit."""
    train = corpus(100, 1)
    model = supervised.train(train, [], hyperparameters(epochs=2))
    model.save(tmp_path)
    texts = supervised.to_texts(model.features, [example.words for example in corpus(20, 3)])

    np.testing.assert_array_equal(
        model.probabilities(texts), Classifier.load(tmp_path).probabilities(texts)
    )


@pytest.mark.skipif(not SMS.exists(), reason=f"the SMS spam collection is not at {SMS}")
def test_on_real_messages_it_is_at_least_as_good_as_a_linear_model(capsys):
    """TF-IDF with logistic regression on the same split; one point of slack."""
    rows = [line.split("\t", 1) for line in SMS.read_text(encoding="utf-8").splitlines()]
    random.Random(1).shuffle(rows)
    train, held = rows[:4000], rows[4000:]
    examples = [
        Example((f"__label__{label}",), tuple(re.findall(r"\w+|[^\w\s]", text.lower())))
        for label, text in rows
    ]
    vectorizer = TfidfVectorizer()
    linear = LogisticRegression(max_iter=1000).fit(
        vectorizer.fit_transform([text for _, text in train]), [label for label, _ in train]
    )
    baseline = linear.score(
        vectorizer.transform([text for _, text in held]), [label for label, _ in held]
    )
    wanted = hyperparameters(learning_rate=0.5, epochs=8)
    supervised.train(examples[:4000], examples[4000:], wanted)

    assert told(capsys, "validation") > baseline - 0.01
