"""What the local SageMaker remembers."""

import threading

import pytest

from local.sagemaker.store import AlreadyExistsError, MissingError, Store


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "store.sqlite")
    yield made
    made.close()


def test_a_name_is_taken_once(store):
    """A second resource of one kind and name is refused; another kind may have it."""
    store.create("training-job", "a", {"n": 1})
    store.create("model", "a", {"n": 2})

    with pytest.raises(AlreadyExistsError):
        store.create("training-job", "a", {})
    assert store.get("training-job", "a") == {"n": 1}


def test_it_survives_without_being_closed(tmp_path, store):
    """A second connection sees what was written, as after a kill."""
    store.create("model", "a", {"n": 1}, arn="arn:a")
    other = Store(tmp_path / "store.sqlite")

    assert other.find_by_arn("arn:a") == ("model", "a", {"n": 1})
    other.close()


def test_changes_of_many_threads_are_all_kept(store):
    """Read, change and write happen with nobody in between."""
    store.create("model", "a", {"n": 0})

    def add():
        for _ in range(25):
            store.change("model", "a", lambda document: {"n": document["n"] + 1})

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.get("model", "a") == {"n": 100}


def test_what_is_not_there_is_said_to_be_missing(store):
    """Get and change raise, find and delete tell."""
    assert store.find("model", "x") is None
    assert store.delete("model", "x") is False
    with pytest.raises(MissingError):
        store.get("model", "x")
    with pytest.raises(MissingError):
        store.update("model", "x", n=1)


def test_lists_are_oldest_first_and_by_parent(store):
    """A parent's children are found without reading the others."""
    for number, parent in enumerate(["p", "q", "p"]):
        store.create("training-job", str(number), {"n": number}, parent=parent)

    assert [item["n"] for item in store.list("training-job")] == [0, 1, 2]
    assert [item["n"] for item in store.list("training-job", parent="p")] == [0, 2]


def test_rows_follow_every_change(store):
    """Rows leave out lists and nested maps, and know what came, changed and went since."""
    store.create("model", "a", {"n": 1, "list": [1], "deep": {"x": {}}, "flat": {"y": 2}})
    before = store.rows("model")
    store.create("model", "b", {"n": 2}, parent="p")
    store.update("model", "a", n=3)

    assert before == [{"n": 1, "flat": {"y": 2}}]
    assert store.rows("model") == [{"n": 3, "flat": {"y": 2}}, {"n": 2}]
    assert store.rows("model", parent="p") == [{"n": 2}]
    store.delete("model", "a")
    assert store.rows("model") == [{"n": 2}]


def test_the_row_of_a_document_is_not_changed_with_it(store):
    """What a caller does to its own document afterwards changes nothing that is told."""
    store.rows("model")
    document = {"flat": {"y": 2}}
    store.create("model", "a", document)
    document["flat"]["y"] = 3

    assert store.rows("model") == [{"flat": {"y": 2}}]
