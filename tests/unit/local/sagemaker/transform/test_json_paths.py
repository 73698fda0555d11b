"""The JSONPath that batch transform knows."""

import pytest

from local.sagemaker.transform.json_paths import PathError, parse_path

ROW = ["a", "b", "c", "d"]
RECORD = {"id": 1, "x": {"y": [5, 6]}, "z": 2}


@pytest.mark.parametrize(
    ("path", "record", "found"),
    [
        ("$", ROW, ROW),
        ("$[0]", ROW, "a"),
        ("$[-1]", ROW, "d"),
        ("$[1, 3]", ROW, ["b", "d"]),
        ("$[1:]", ROW, ["b", "c", "d"]),
        ("$[:-1]", ROW, ["a", "b", "c"]),
        ("$[1:3]", ROW, ["b", "c"]),
        ("$[*]", ROW, ROW),
        ("$.id", RECORD, 1),
        ("$.x.y[1]", RECORD, 6),
        ("$['id']", RECORD, 1),
        ("$['id','z']", RECORD, {"id": 1, "z": 2}),
        ("$.x.*", RECORD, [[5, 6]]),
    ],
)
def test_a_path_finds_its_part(path, record, found):
    """One value, a list, or an object of the names."""
    assert parse_path(path).find(record) == found


@pytest.mark.parametrize("path", ["id", "$..id", "$[?(@.x)]", "$[", "$x"])
def test_other_paths_are_refused(path):
    """At once, when they are read."""
    with pytest.raises(PathError):
        parse_path(path)


@pytest.mark.parametrize(
    ("path", "record"), [("$[9]", ROW), ("$.no", RECORD), ("$.a", ROW), ("$[0]", 3)]
)
def test_a_record_without_the_part_is_refused(path, record):
    """Naming the path."""
    with pytest.raises(PathError, match="does not fit"):
        parse_path(path).find(record)
