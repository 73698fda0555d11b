"""S3 addresses and folders."""

import pytest

from local.sagemaker.objects import Found, Objects, ObjectsError, split_uri


class OneBucket:
    """A client that holds objects and counts what is read."""

    def __init__(self, **contents):
        self.contents = contents
        self.reads = 0

    def client(self, _service, _role=""):
        return self

    def get_paginator(self, _name):
        return self

    def paginate(self, *, Bucket, Prefix):  # noqa: N803 -- boto3's names
        yield {
            "Contents": [
                {"Key": key, "ETag": f'"{body}"', "Size": len(body)}
                for key, body in sorted(self.contents.items())
                if key.startswith(Prefix)
            ]
        }

    def get_object(self, *, Bucket, Key):  # noqa: N803 -- boto3's names
        self.reads += 1
        return {"Body": self, "Key": Key}

    def iter_chunks(self, _size):
        yield b"content"


@pytest.mark.parametrize(
    ("prefix", "paths"),
    [
        ("data/", ["a.csv", "deep/b.csv"]),
        ("data", ["a.csv", "deep/b.csv", "data.csv"]),
        ("data/a.csv", ["a.csv"]),
        ("data/de", ["deep/b.csv"]),
    ],
)
def test_the_address_itself_is_stripped(tmp_path, prefix, paths):
    """Objects lie in the folder as SageMaker lays them out; drawn folders are left out."""
    bucket = OneBucket(**{"data/a.csv": "1", "data/deep/b.csv": "2", "data/": "", "data.csv": "3"})
    found = Objects(bucket, tmp_path).find(f"s3://lake/{prefix}")

    assert sorted(item.path for item in found) == sorted(paths)


def test_a_changed_copy_is_not_trusted(tmp_path):
    """What a job wrote into its hard link is not handed to the next job."""
    bucket = OneBucket()
    objects = Objects(bucket, tmp_path / "cache")
    found = Found("lake", "a", '"e"', 7, "a")
    objects.download([found], tmp_path / "one")
    objects.download([found], tmp_path / "two")
    assert bucket.reads == 1

    (tmp_path / "two/a").write_text("changed")
    objects.download([found], tmp_path / "three")
    assert (tmp_path / "three/a").read_text() == "content"


def test_a_key_cannot_leave_its_folder(tmp_path):
    """`..` in a key is refused."""
    with pytest.raises(ObjectsError, match="leave its folder"):
        Objects(OneBucket(), tmp_path).download(
            [Found("lake", "a/../../b", "e", 7, "../../b")], tmp_path / "one"
        )


def test_only_s3_addresses_are_understood():
    """Anything else says so."""
    assert split_uri("s3://lake/a/b") == ("lake", "a/b")
    with pytest.raises(ObjectsError, match="not an S3 address"):
        split_uri("https://lake/a")
