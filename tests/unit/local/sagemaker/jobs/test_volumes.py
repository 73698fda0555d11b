"""A key of an instance's disk is kept, and refused where the instance brings its own."""

import pytest

from local.sagemaker.api.errors import ValidationException
from local.sagemaker.jobs.volumes import check_volume_key

KEY = "arn:aws:kms:us-east-1:111122223333:key/5a1b"


@pytest.mark.parametrize("instance", ["ml.m5.large", "ml.c7i.xlarge", "ml.t3.medium", ""])
def test_a_volume_may_have_a_key(instance):
    check_volume_key(instance, KEY)


@pytest.mark.parametrize("instance", ["ml.m5d.large", "ml.c6gd.xlarge", "ml.g5.xlarge"])
def test_a_disk_of_its_own_takes_none(instance):
    with pytest.raises(ValidationException, match=f"not supported for {instance}"):
        check_volume_key(instance, KEY)

    check_volume_key(instance, "")
