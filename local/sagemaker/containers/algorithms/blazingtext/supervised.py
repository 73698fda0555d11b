"""Trains the classifier epoch by epoch, with the container's log lines."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from local.sagemaker.containers.algorithms.blazingtext.classifier import Classifier, Texts, to_texts
from local.sagemaker.containers.algorithms.blazingtext.features import learn

if TYPE_CHECKING:
    from local.sagemaker.containers.algorithms.blazingtext.classifier import Indexes, Matrix
    from local.sagemaker.containers.algorithms.blazingtext.corpus import Example

SEED = 1
_TOGETHER = 16
"""Texts of one step: enough to be quick, few enough to learn as one by one does."""


@dataclass
class Channel:
    """A channel, looked up."""

    texts: Texts
    labels: list[tuple[int, ...]]
    tokens: Indexes = field(init=False)

    def __post_init__(self) -> None:
        """Count the rows of each text."""
        self.tokens = np.diff(self.texts.starts)

    def accuracy(self, model: Classifier) -> float:
        """The share of texts whose likeliest label is one of theirs."""
        likeliest = model.probabilities(self.texts).argmax(axis=1)
        pairs = zip(likeliest.tolist(), self.labels, strict=True)
        return sum(guess in labels for guess, labels in pairs) / len(self.labels)


def train(examples: list[Example], validation: list[Example], wanted: dict[str, Any]) -> Classifier:
    """Train a classifier.

    Args:
        examples: The train channel.
        validation: The validation channel; empty without one.
        wanted: The hyperparameters of mode `supervised`, all of them.
    """
    names = sorted({label for example in examples for label in example.labels})
    features = learn(
        [example.words for example in examples],
        least=wanted["min_count"],
        modulus=wanted["buckets"],
        longest=wanted["word_ngrams"],
    )
    print(f"Read {sum(len(example.words) for example in examples) / 1e6:g}M words")
    print(f"Number of words:  {len(features.words)}")
    model = Classifier.fresh(features, names, wanted["vector_dim"], SEED)
    places = {name: place for place, name in enumerate(names)}
    watched = _channel(model, validation, places) if validation else None
    trained = _channel(model, examples, places)
    began = time.monotonic()
    _run(model, trained, watched, wanted)
    print("Training finished.")
    print(f"Total training time in seconds: {time.monotonic() - began:.2f}")
    _tell("train", trained, model)
    if watched is not None:
        _tell("validation", watched, model)
    return model


def _channel(model: Classifier, examples: list[Example], places: dict[str, int]) -> Channel:
    # a label that training never saw can never be guessed: it stays, and counts as wrong
    labels = [
        tuple(places[label] for label in example.labels if label in places) for example in examples
    ]
    return Channel(to_texts(model.features, [example.words for example in examples]), labels)


def _run(
    model: Classifier, trained: Channel, watched: Channel | None, wanted: dict[str, Any]
) -> None:
    """All epochs, or fewer if `early_stopping`; leaves the best weights in the model then."""
    generator = np.random.default_rng(SEED)
    stopping = wanted["early_stopping"] and watched is not None
    best: tuple[float, Matrix, Matrix] | None = None
    waited = 0
    for epoch in range(wanted["epochs"]):
        _epoch(model, trained, epoch, wanted, generator)
        print(f"-------------- End of epoch: {epoch + 1}")
        if not stopping or watched is None:
            continue
        accuracy = watched.accuracy(model)
        print(f"Validation accuracy: {accuracy:g}")
        if best is None or accuracy > best[0]:
            print("Validation accuracy improved! Storing best weights...")
            best, waited = (accuracy, model.embeddings.copy(), model.outputs.copy()), 0
            continue
        waited += 1
        print(f"Validation accuracy has not improved for last {waited} epochs.")
        if waited >= wanted["patience"] and epoch + 1 >= wanted["min_epochs"]:
            print("Reached patience. Terminating training.")
            break
    if best is not None:
        _, model.embeddings, model.outputs = best


def _epoch(
    model: Classifier,
    trained: Channel,
    epoch: int,
    wanted: dict[str, Any],
    generator: np.random.Generator,
) -> None:
    order = generator.permutation(len(trained.texts))
    everything = max(int(trained.tokens.sum()), 1) * wanted["epochs"]
    seen = everything * epoch // wanted["epochs"]
    rate = wanted["learning_rate"]
    for first in range(0, len(order), _TOGETHER):
        chosen = order[first : first + _TOGETHER]
        targets = np.array([generator.choice(trained.labels[text]) for text in chosen])
        rate = wanted["learning_rate"] * (1 - seen / everything)
        model.step(trained.texts, chosen, targets, rate)
        seen += int(trained.tokens[chosen].sum())
    print(f"##### Alpha: {rate:.4f}  Progress: {100 * seen / everything:.2f}% #####", flush=True)


def _tell(name: str, channel: Channel, model: Classifier) -> None:
    print(f"#{name}_accuracy: {channel.accuracy(model):.4f}")
    print(f"Number of {name} examples: {len(channel.labels)}")
