"""Landed pictures and texts become rows; what is broken is set aside, and the rest goes on."""

import io
import json

import pytest
from pyarrow import parquet

from handle_ingest_files import lambda_handler as ingest_files
from tests import pictures
from tests.builders import object_created, problem_record
from tests.integration.functions.world import World

DISC = pictures.encoded(pictures.drawn("disc", 1))


@pytest.fixture
def world():
    return World(problem_record("task: image_classification\nprepare: {image_size: [16, 16]}\n"))


def rows(world, uri):
    return parquet.read_table(io.BytesIO(world.objects.read(uri))).to_pylist()


def test_a_picture_in_a_folder_is_taken_in(world):
    world.land("churn/data/disc/1.png", DISC)

    ((name, data),) = world.deliver(ingest_files, object_created("churn/data/disc/1.png"))

    assert (name, data["rows"], data["columns"]) == ("DataIngested", 1, 2)
    ((row),) = rows(world, data["uri"])
    assert (row["Churn"], row["image"][:13]) == ("disc", "pixels:16x16;")


def test_pictures_that_come_one_by_one_belong_together(world):
    """Or every one of them would start a run of its own."""
    for key in ("churn/data/disc/1.png", "churn/data/box/2.png"):
        world.land(key, DISC)
    said = [
        world.deliver(ingest_files, object_created(key))[0][1]["snapshot"]
        for key in ("churn/data/disc/1.png", "churn/data/box/2.png")
    ]

    assert said[0]
    assert said[0] == said[1]


def test_an_archive_stands_by_itself(world):
    world.land("churn/data/all.zip", pictures.archive({"disc/1.png": DISC}))

    ((_, data),) = world.deliver(ingest_files, object_created("churn/data/all.zip"))

    assert data["snapshot"] is None


def test_a_broken_member_is_told_beside_the_rows(world):
    """And the archive is set aside unchanged, once, with every reason."""
    body = pictures.archive({"disc/1.png": DISC, "box/2.png": b"", "box/bomb.png": pictures.bomb()})
    world.land("churn/data/all.zip", body)

    taken, refused = world.deliver(ingest_files, object_created("churn/data/all.zip"))

    assert (taken[0], taken[1]["rows"], refused[0]) == ("DataIngested", 1, "DataRejected")
    paths = [fault["path"] for fault in refused[1]["faults"]]
    assert paths == ["churn/data/all.zip: box/2.png", "churn/data/all.zip: box/bomb.png"]
    aside = refused[1]["quarantine_uri"]
    assert world.objects.read(aside) == body
    reason = json.loads(world.objects.read(f"{aside}.reason.json"))
    assert [fault["path"] for fault in reason["faults"]] == paths


def test_of_many_broken_members_some_are_told_and_the_rest_counted(world):
    broken = {f"box/{at}.png": b"" for at in range(80)}
    world.land("churn/data/all.zip", pictures.archive({"disc/1.png": DISC, **broken}))

    _, (_, refused) = world.deliver(ingest_files, object_created("churn/data/all.zip"))

    assert len(refused["faults"]) == 51
    assert refused["faults"][-1]["message"] == "30 more examples were left out."


def test_a_bomb_by_itself_is_set_aside_unchanged(world):
    world.land("churn/data/disc/bomb.png", pictures.bomb())

    ((name, data),) = world.deliver(ingest_files, object_created("churn/data/disc/bomb.png"))

    assert name == "DataRejected"
    assert "10,000 × 10,000 pixels" in data["faults"][0]["message"]
    assert world.objects.read(data["quarantine_uri"]) == pictures.bomb()


def test_a_manifest_reads_pictures_of_its_own_problem_alone(world):
    """Nothing of another problem or another bucket can be drawn in by naming it."""
    world.land("churn/images/1.png", DISC)
    world.land("other/images/1.png", DISC)
    lines = [
        {"source-ref": f"s3://{place}/1.png", "Churn": "disc"}
        for place in ("landing/churn/images", "landing/other/images", "elsewhere/images")
    ]
    body = "".join(json.dumps(line) + "\n" for line in lines).encode()
    world.land("churn/data/labels.manifest", body)

    taken, refused = world.deliver(ingest_files, object_created("churn/data/labels.manifest"))

    assert taken[1]["rows"] == 1
    assert [fault["line"] for fault in refused[1]["faults"]] == [2, 3]
    assert "Only pictures of this problem" in refused[1]["faults"][0]["message"]


def test_a_picture_that_strays_into_a_table_is_refused_by_name():
    world = World(problem_record("task: regression\n"))
    world.land("churn/data/disc/1.png", DISC)

    ((name, data),) = world.deliver(ingest_files, object_created("churn/data/disc/1.png"))

    assert name == "DataRejected"
    assert data["faults"][0]["message"] == "It is a picture, but the task is regression."
    assert "image_classification" in data["faults"][0]["cure"]
