"""Pictures and texts dropped as files: folders, archives and a manifest, the broken ones among."""

import base64
import json

import numpy as np
import pytest

from local.sagemaker.containers.jumpstart.archives import MissingWeightsError, weights_of
from local.sagemaker.containers.jumpstart.catalogue import find
from science.embeddings.features import MODEL
from tests import pictures

pytestmark = pytest.mark.e2e

SHAPES = pictures.files(60)
LOOSE = pictures.files(2, start=80, form="JPEG")
BROKEN = {
    "data/disc/bomb.png": pictures.bomb(),
    "data/box/cut off.jpg": pictures.encoded(pictures.drawn("box", 7), "JPEG")[:400],
    "data/box/page.jpg": b"<html>not found</html>",
    "data/nowhere.png": pictures.encoded(pictures.drawn("disc", 8)),
}
NAMED = {
    f"images/late/{at}.png": pictures.encoded(pictures.drawn("disc", 900 + at)) for at in (1, 2)
}
TOPICS = {
    "garden": [
        "roses",
        "soil",
        "spade",
        "seeds",
        "tulips",
        "water",
        "compost",
        "hedge",
        "bloom",
        "shade",
    ],
    "kitchen": [
        "butter",
        "oven",
        "flour",
        "simmer",
        "pepper",
        "recipe",
        "knife",
        "dough",
        "roast",
        "onion",
    ],
}
COMMON = [
    "the",
    "and",
    "then",
    "with",
    "some",
    "more",
    "every",
    "very",
    "good",
    "old",
    "new",
    "of",
    "a",
    "to",
    "in",
]


def texts(rows, seed):
    """Short texts of two topics: path below data/ → content."""
    rng = np.random.default_rng(seed)
    found = {}
    for at in range(rows):
        topic = sorted(TOPICS)[at % 2]
        words = [*rng.choice(COMMON, 10), *rng.choice(TOPICS[topic], 4)]
        found[f"{topic}/{seed}-{at:03d}.txt"] = " ".join(rng.permutation(words)).encode()
    return found


THEIRS = "pictures-of-others/images/theirs.png"


def manifest(landing):
    lines = [
        {
            "source-ref": f"s3://{landing}/{key}",
            "kind": 0,
            "kind-metadata": {"class-name": "disc"},
        }
        for key in [*(f"shapes/{key}" for key in NAMED), "shapes/images/gone.png", THEIRS]
    ]
    return "".join(json.dumps(line) + "\n" for line in lines)


def encoder_is_there():
    try:
        return bool(weights_of(find(MODEL)))
    except MissingWeightsError:
        return False


def opening(cloud):
    """Everything that is broken first; each run begins once all good examples are there."""
    rows = len(SHAPES) + len(LOOSE) + len(NAMED)
    cloud.define(
        "shapes",
        "kind",
        task="image_classification",
        data={"minimum_rows": rows, "snapshot": {"quiet": "2s"}},
        prepare={"image_size": [32, 32]},
        metric={"name": "balanced_accuracy", "approve_at": 0.7},
    )
    cloud.put(THEIRS, next(iter(NAMED.values())))
    for key, body in {**BROKEN, **NAMED}.items():
        cloud.put(f"shapes/{key}", body)
    cloud.put("shapes/data/more.manifest", manifest(cloud.landing))
    for key, body in LOOSE.items():
        cloud.put(f"shapes/data/{key}", body)
    cloud.put("shapes/data/all.zip", pictures.archive({**SHAPES, "disc/odd.txt": b"no picture"}))
    cloud.define(
        "topics",
        "topic",
        task="text_classification",
        data={"minimum_rows": 600, "snapshot": {"quiet": "2s"}},
    )
    if encoder_is_there():
        cloud.define(
            "meanings",
            "topic",
            task="text_classification",
            data={"minimum_rows": 120},
            prepare={"text": "embed"},
            tune={"strategy": "none"},
        )
        cloud.put("meanings/data/all.zip", pictures.archive(texts(120, seed=4)))
    for key, body in texts(6, seed=1).items():
        cloud.put(f"topics/data/{key}", body)
    cloud.put("topics/data/all.zip", pictures.archive(texts(594, seed=2)))


def test_pictures_are_learned_and_told_apart(cloud):
    run = cloud.event("shapes", "ModelDeployed")["run"]
    prepared = cloud.event("shapes", "DataPrepared", run=run)

    assert (prepared["task"], prepared["classes"]) == ("multiclass_classification", 3)
    assert cloud.report("shapes", run, "evaluation")["metric"]["value"] > 0.7
    new = pictures.files(10, start=300)
    rows = [{"image": base64.b64encode(body).decode()} for body in new.values()]
    answers = cloud.answers("shapes", rows)
    right = [key.split("/")[0] == said["label"] for key, said in zip(new, answers, strict=True)]
    assert sum(right) >= 24


def test_a_pictures_file_is_answered_as_it_is(cloud):
    """As the body of a request, to the endpoint and to the front door."""
    cloud.event("shapes", "ModelDeployed")
    body = pictures.encoded(pictures.drawn("stripes", 5000), "JPEG")

    (plain,) = cloud.answers("shapes", body, "application/x-image")
    (typed,) = cloud.answers("shapes", body, "image/jpeg")

    assert plain == typed
    assert plain["label"] == "stripes"
    status, said = cloud.fetch(f"{cloud.outputs['PredictUrl']}shapes", body, "image/jpeg")
    assert (status, json.loads(said)["predictions"][0]) == (200, plain)


def test_a_request_with_a_broken_picture_is_refused_in_words(cloud):
    cloud.event("shapes", "ModelDeployed")

    url = f"{cloud.outputs['PredictUrl']}shapes"
    status, said = cloud.fetch(url, BROKEN["data/box/page.jpg"], "image/jpeg")

    assert status == 400
    assert "HTML" in said


@pytest.mark.parametrize("key", BROKEN)
def test_a_broken_picture_is_set_aside_and_stops_nothing(cloud, key):
    refused = cloud.event("shapes", "DataRejected", source=f"shapes/{key}")

    assert cloud.read(refused["quarantine_uri"]) == BROKEN[key]
    assert refused["faults"][0]["cure"]
    assert cloud.alert("shapes", "DataRejected", containing=key)


@pytest.mark.parametrize(
    ("key", "rows", "broken"),
    [
        ("data/all.zip", len(SHAPES), ["disc/odd.txt"]),
        ("data/more.manifest", 2, ["shapes/images/gone.png", THEIRS]),
    ],
)
def test_what_an_archive_or_a_manifest_holds_goes_on_without_its_broken_members(
    cloud, key, rows, broken
):
    """A picture of another problem is there, and is read for nobody else."""
    taken = cloud.event("shapes", "DataIngested", source=f"shapes/{key}")
    refused = cloud.event("shapes", "DataRejected", source=f"shapes/{key}")

    assert taken["rows"] == rows
    places = [fault["path"] for fault in refused["faults"]]
    assert len(places) == len(broken)
    assert all(place.endswith(end) for place, end in zip(places, broken, strict=True))


@pytest.mark.skipif(not encoder_is_there(), reason="the package of the encoder is not installed")
def test_texts_are_embedded_when_asked(cloud):
    """By JumpStart's encoder, here and there: words that no training saw mean something."""
    run = cloud.event("meanings", "ModelDeployed", seconds=600)["run"]
    assert cloud.event("meanings", "DataPrepared", run=run)["features"] == 384
    asked = {
        "My lilies and orchids need a bigger pot and fertilizer": "garden",
        "Weed the lawn and prune the apple tree": "garden",
        "Fry the bacon and whisk three eggs for breakfast": "kitchen",
        "The soup wants garlic and a pinch of salt": "kitchen",
    }

    answers = cloud.answers("meanings", [{"text": text} for text in asked])

    problem = json.loads(cloud.read(f"meanings/runs/{run}/prepared/documents/problem.json"))
    scores = {topic: [] for topic in TOPICS}
    for topic, answer in zip(asked.values(), answers, strict=True):
        scores[topic].append(answer["score"])
    other, positive = problem["classes"]
    assert sum(scores[positive]) > sum(scores[other])
    assert cloud.report("meanings", run, "evaluation")["metric"]["value"] > 0.7


def test_texts_in_folders_are_learned(cloud):
    cloud.event("topics", "ModelDeployed")
    new = texts(40, seed=9)

    answers = cloud.answers("topics", [{"text": body.decode()} for body in new.values()])

    right = [key.split("/")[0] == said["label"] for key, said in zip(new, answers, strict=True)]
    assert sum(right) >= 34
