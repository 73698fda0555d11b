"""One instance: coming up, or not."""

import pytest

from local.sagemaker.endpoints.endpoint_instances import ContainerPlan, Instance, StartError
from local.sagemaker.endpoints.model_client import ModelUnreachableError
from tests.unit.local.sagemaker.world import ECHO_SCRIPT, IMAGE, script_archive, unique

HANGS = "import time\ndef model_fn(model_dir):\n    time.sleep(60)\n"


def plan(folder, script, patience):
    archive = folder / f"{unique('model')}.tar.gz"
    archive.write_bytes(script_archive(script))
    return ContainerPlan(IMAGE, {}, archive, None, "", isolated=True, patience=patience)


@pytest.fixture
def instance(tmp_path):
    made = Instance(unique("instance"), tmp_path / "ml", "/aws/sagemaker/Endpoints/e")
    yield made
    made.stop(1.0)


def test_a_container_that_does_not_answer_ping_is_given_up(platform, tmp_path, instance):
    """After its patience, and its process is ended."""
    with pytest.raises(StartError, match=r"/ping did not answer within 0\.3 s"):
        instance.start(platform, plan(tmp_path, HANGS, 0.3))

    assert instance.ends_within(10.0)
    assert not instance.healthy


def test_one_that_is_not_up_cannot_be_asked(platform, tmp_path, instance):
    """Before its start, and after its end."""
    with pytest.raises(ModelUnreachableError):
        instance.request({}, b"", 1.0)
    instance.start(platform, plan(tmp_path, ECHO_SCRIPT, 60.0))
    answered = instance.request({"Content-Type": "text/csv"}, b"you", 5.0).body
    instance.stop(1.0)
    with pytest.raises(ModelUnreachableError):
        instance.request({}, b"", 1.0)

    assert answered == b"hello you"


def test_it_has_no_parameters_for_batches_unless_its_script_says_so(platform, tmp_path, instance):
    """Of /execution-parameters."""
    instance.start(platform, plan(tmp_path, ECHO_SCRIPT, 60.0))
    nothing = instance.execution_parameters()
    instance.stop(1.0)
    instance.stopping = False
    said = ECHO_SCRIPT + "\ndef execution_parameters_fn():\n    return {'MaxPayloadInMB': 3}\n"
    instance.start(platform, plan(tmp_path, said, 60.0))

    assert nothing == {}
    assert instance.execution_parameters() == {"MaxPayloadInMB": 3}
