"""Pictures and texts become rows, however they come; one that is broken never stops the rest."""

import io
import json
import tarfile
from pathlib import Path

import pytest
from pyarrow import parquet

from science.examples.taking import take_in
from science.examples.wanted import wanted
from science.images.cells import pixels_of
from science.readers.unreadable import Limits, UnreadableFile
from tests import pictures

IMAGES = {"task": "image_classification", "target": "kind", "prepare": {"image_size": [20, 16]}}
TEXTS = {"task": "text_classification", "target": "label"}
HOME = "s3://landing/shapes/images"
DISC = pictures.encoded(pictures.drawn("disc", 1))
BOX = pictures.encoded(pictures.drawn("box", 2))


@pytest.fixture
def taken(tmp_path):
    """Take a file in; the rows and what was left out."""

    def take(definition, key, body, objects=(), **limits):
        landed, out = tmp_path / "landed", tmp_path / "rows.parquet"
        landed.write_bytes(body)
        key = f"shapes/data/{key}"
        stored = dict(objects)

        def fetch(uri):
            if uri not in stored:
                raise FileNotFoundError(uri)
            return stored[uri]

        found = take_in(
            landed,
            key,
            out,
            wanted(definition, key),
            home=HOME,
            fetch=fetch,
            limits=Limits(**limits),
        )
        rows = parquet.read_table(out).to_pylist()
        assert (len(rows), len(rows[0])) == (found.rows, found.columns)
        return rows, found.refused

    return take


def test_a_picture_is_a_row_of_its_folders_class(taken):
    """As an array of the size that the definition asks for."""
    ((row,), refused) = taken(IMAGES, "disc/first.PNG", DISC)

    assert row["kind"] == "disc"
    assert row["image"].startswith("pixels:20x16;base64,")
    assert pixels_of(row["image"], (20, 16)).shape == (16, 20, 3)
    assert refused == ()


def test_deeper_folders_are_for_order_the_last_is_the_class(taken):
    ((row,), _) = taken(IMAGES, "2026/05/box/first.jpg", BOX)

    assert row["kind"] == "box"


def test_a_picture_in_no_folder_has_no_class(taken):
    with pytest.raises(UnreadableFile, match="no folder") as refusal:
        taken(IMAGES, "first.png", DISC)

    assert "data/<class>/first.png" in refusal.value.cure


@pytest.mark.parametrize(
    "body",
    ["naïve – words".encode(), "naïve – words".encode("utf-16"), "naïve – words".encode("cp1252")],
)
def test_a_text_is_read_in_any_common_encoding(taken, body):
    ((row,), _) = taken(TEXTS, "spam/1.txt", body)

    assert row == {"text": "naïve – words", "label": "spam"}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "no text"),
        (b" \n\t", "no text"),
        (b"ab\x00cd", "zero bytes"),
        (b"\xff\xfe\x00\xd8\x00", "utf-16"),
        (b"word " * 300_000, "at most"),
    ],
)
def test_what_is_no_text_is_refused(taken, body, told):
    with pytest.raises(UnreadableFile, match=told):
        taken(TEXTS, "spam/1.txt", body)


BROKEN = {
    "disc/cut off.png": DISC[:-500],
    "disc/bomb.png": pictures.bomb(),
    "box/page.jpg": b"<html>404</html>",
    "box/empty.gif": b"",
    "box/notes.docx": b"PK",
    "loose.png": DISC,
}
LEFT_BEHIND = {
    "__MACOSX/disc/._1.png": b"x",
    "disc/.DS_Store": b"x",
    "box/Thumbs.db": b"x",
}
GOOD = {"disc/1.png": DISC, "a/box/2.jpg": BOX}


def tar(members, mode):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as packed:
        for name, body in members.items():
            item = tarfile.TarInfo(name)
            item.size = len(body)
            packed.addfile(item, io.BytesIO(body))
        link = tarfile.TarInfo("disc/link.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        packed.addfile(link)
    return out.getvalue()


def test_an_archive_gives_its_good_pictures_and_names_the_others(taken):
    """What systems leave behind in archives is passed over in silence."""
    rows, refused = taken(IMAGES, "all.zip", pictures.archive(BROKEN | GOOD | LEFT_BEHIND))

    assert [row["kind"] for row in rows] == ["disc", "box"]
    assert {each.where for each in refused} == set(BROKEN)
    assert all(each.reason and each.cure for each in refused)


@pytest.mark.parametrize(
    ("name", "mode"), [("all.tar", "w"), ("all.tar.gz", "w:gz"), ("a.tgz", "w:gz")]
)
def test_a_tar_archive_is_read_too_and_its_links_are_not_followed(taken, name, mode):
    rows, refused = taken(IMAGES, name, tar(GOOD, mode))

    assert [row["kind"] for row in rows] == ["disc", "box"]
    assert [each.where for each in refused] == ["disc/link.png"]


def test_an_archive_in_a_folder_gives_its_loose_pictures_that_class(taken):
    rows, _ = taken(IMAGES, "disc/all.zip", pictures.archive({"1.png": DISC, "box/2.png": BOX}))

    assert [row["kind"] for row in rows] == ["disc", "box"]


def test_an_archive_of_texts(taken):
    rows, _ = taken(
        TEXTS, "all.zip", pictures.archive({"ham/1.txt": b"hello", "spam/2.txt": b"win"})
    )

    assert rows == [{"text": "hello", "label": "ham"}, {"text": "win", "label": "spam"}]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "damaged"),
        (b"PK\x03\x04" + bytes(100), "damaged"),
        (pictures.archive(GOOD)[:-40], "damaged"),
        (pictures.archive({}), "no example"),
        (pictures.archive({"disc/1.png": b"x", "box/2.png": b"y"}), "None of its 2 example"),
    ],
)
def test_an_archive_without_a_picture_is_refused(taken, body, told):
    with pytest.raises(UnreadableFile, match=told):
        taken(IMAGES, "all.zip", body)


def test_an_archive_that_unpacks_to_too_much_is_refused(taken):
    """The size is counted as it is unpacked, whatever the archive says of itself."""
    body = pictures.archive({f"disc/{at}.png": bytes(2_000_000) for at in range(10)})

    assert len(body) < 50_000
    with pytest.raises(UnreadableFile, match="unpacks to more"):
        taken(IMAGES, "all.zip", body, expanded_bytes=10_000_000)


def test_an_enormous_member_is_left_out_without_being_unpacked_whole(taken):
    """Sixty-four megabytes are the most of one picture; the member would have two hundred."""
    rows, refused = taken(
        IMAGES,
        "all.zip",
        pictures.archive({"disc/huge.png": bytes(200_000_000), "disc/1.png": DISC}),
    )

    assert len(rows) == 1
    assert "more than 64,000,000 bytes" in refused[0].reason


def test_an_encrypted_member_is_left_out(taken):
    body = bytearray(pictures.archive(GOOD))
    at = body.index(b"PK\x01\x02")
    body[at + 8] |= 1
    body[6] |= 1

    rows, refused = taken(IMAGES, "all.zip", bytes(body))

    assert len(rows) == 1
    assert "encrypted" in refused[0].reason


def lines(*records):
    return "".join(
        record if isinstance(record, str) else json.dumps(record) + "\n" for record in records
    ).encode()


def labelled(reference, number, name):
    return {
        "source-ref": reference,
        "shape": number,
        "shape-metadata": {"class-name": name, "type": "groundtruth/image-classification"},
    }


def test_a_manifest_names_pictures_and_their_classes(taken):
    """As Ground Truth writes it; a missing object or a broken line is told by its line."""
    body = lines(
        labelled(f"{HOME}/1.png", 0, "disc"),
        labelled("sub/2.jpg", 1, "box"),
        labelled(f"{HOME}/gone.png", 1, "box"),
        "not json\n",
        {"source-ref": f"{HOME}/1.png"},
        labelled("../../secret.png", 1, "box"),
    )
    objects = {f"{HOME}/1.png": DISC, f"{HOME}/sub/2.jpg": BOX}

    rows, refused = taken(IMAGES, "labels.manifest", body, objects)

    assert [row["kind"] for row in rows] == ["disc", "box"]
    assert [each.line for each in refused] == [3, 4, 5, 6]
    assert "no such object" in refused[0].reason


def test_a_manifest_of_texts_holds_them(taken):
    body = lines({"source": "hello", "label": "ham"}, {"source": "win", "label": "spam"})

    rows, _ = taken(TEXTS, "labels.manifest", body)

    assert rows == [{"text": "hello", "label": "ham"}, {"text": "win", "label": "spam"}]


@pytest.mark.parametrize("column", ["image", "path", "photo of it"])
def test_a_table_names_pictures_in_a_column(taken, column):
    """Its other columns stay beside them."""
    body = f"{column},kind,weight\n1.png,disc,3\n2.png,box,\n3.png,box,1\n".encode()
    objects = {f"{HOME}/1.png": DISC, f"{HOME}/2.png": BOX}

    rows, refused = taken(IMAGES, "labels.csv", body, objects)

    assert [(row["kind"], row["weight"]) for row in rows] == [("disc", "3"), ("box", None)]
    assert all(row["image"].startswith("pixels:20x16;") for row in rows)
    assert [(each.where, each.line) for each in refused] == [("3.png", 4)]


def test_a_table_that_names_no_pictures_is_taken_as_it_is(taken):
    rows, _ = taken(IMAGES, "rows.csv", b"image,kind\nR0lGODabc,disc\n")

    assert rows == [{"image": "R0lGODabc", "kind": "disc"}]


@pytest.mark.parametrize(
    ("task", "key", "told"),
    [
        ("regression", "disc/1.png", "a picture, but the task is regression"),
        ("binary_classification", "disc/1.txt", "a plain text"),
        ("binary_classification", "all.zip", "an archive"),
        ("image_classification", "disc/1.txt", "a text"),
        ("text_classification", "disc/1.png", "a picture"),
    ],
)
def test_an_example_of_another_task_is_refused_by_name(task, key, told):
    with pytest.raises(UnreadableFile, match=told):
        wanted({"task": task, "target": "kind"}, f"shapes/data/{key}")


@pytest.mark.parametrize(
    ("task", "key"),
    [
        (None, "rows.csv"),
        (None, "rows.json.gz"),
        ("text_classification", "rows.csv"),
        (None, "odd.xlsx"),
    ],
)
def test_a_table_is_no_example(task, key):
    assert wanted({"task": task, "target": "kind"}, f"shapes/data/{key}") is None


def test_without_a_task_the_file_tells():
    found = wanted({"task": None, "target": "kind"}, "shapes/data/disc/1.png")

    assert (found.way, found.content, found.folder) == ("one", "image", "disc")


def test_many_examples_are_written_in_pieces(taken):
    """More than are held at a time."""
    texts = {f"ham/{at}.txt": f"text {at}".encode() for at in range(2500)}

    rows, _ = taken(TEXTS, "all.zip", pictures.archive(texts))

    assert [row["text"] for row in rows] == [f"text {at}" for at in range(2500)]


def test_nothing_is_written_beside_the_rows(taken, tmp_path):
    taken(IMAGES, "all.zip", pictures.archive({"../../outside/disc/1.png": DISC}))

    assert {path.name for path in Path(tmp_path).rglob("*")} == {"landed", "rows.parquet"}
