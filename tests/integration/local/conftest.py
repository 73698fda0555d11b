"""The running cloud that the tests of this folder share."""

import threading

import pytest

from tests.database_servers import mariadb, postgres  # noqa: F401  fixtures
from tests.integration.local.laptop import Laptop, RecordingSageMaker


@pytest.fixture(scope="package")
def sagemaker():
    server = RecordingSageMaker()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="package")
def laptop(tmp_path_factory, sagemaker):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BATON_RECORD_CALLS", "1")
        running = Laptop(tmp_path_factory.mktemp("laptop"), sagemaker.server_address[1])
    yield running
    running.child.end()
