"""A training's checkpoints in S3 are those of its folder."""

import pytest

from local.sagemaker.objects import ObjectsError
from local.sagemaker.training.checkpoints import CheckpointSync

URI = "s3://lake/checkpoints"
ROLE = "arn:aws:iam::000000000000:role/jobs"


class Bucket:
    """Keeps what is uploaded; lets nothing be deleted where it is told so."""

    def __init__(self, *, keeps_all=False):
        self.found, self._keeps_all = {}, keeps_all

    def upload(self, path, uri, role, *, kms_key=""):
        assert role == ROLE
        self.found[uri] = path.read_text()

    def delete(self, uri, role):
        if self._keeps_all:
            raise ObjectsError(f"Unable to delete {uri}")
        del self.found[uri]


@pytest.fixture
def folder(tmp_path):
    for number in range(3):
        (tmp_path / f"xgboost-checkpoint.{number}").write_text(str(number))
    return tmp_path


def test_what_the_training_deletes_is_deleted(folder):
    bucket = Bucket()
    sync = CheckpointSync(bucket, folder, URI, ROLE)
    sync.finish()
    assert len(bucket.found) == 3

    (folder / "xgboost-checkpoint.0").unlink()
    sync.finish()

    assert bucket.found == {f"{URI}/xgboost-checkpoint.{n}": str(n) for n in (1, 2)}


def test_a_role_that_may_not_delete_keeps_them_all(folder):
    bucket = Bucket(keeps_all=True)
    sync = CheckpointSync(bucket, folder, URI, ROLE)
    sync.finish()

    (folder / "xgboost-checkpoint.0").unlink()
    (folder / "xgboost-checkpoint.3").write_text("3")
    sync.finish()

    assert len(bucket.found) == 4
