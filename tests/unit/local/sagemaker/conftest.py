"""One local SageMaker for all tests of this folder; each test uses names of its own."""

import pytest

from local.sagemaker.assembly import disassemble
from tests.unit.local.sagemaker.world import make_platform


@pytest.fixture(scope="session")
def platform(tmp_path_factory):
    made = make_platform(tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("objects"))
    yield made
    disassemble(made)
