"""One laboratory for all tests of this folder: a tiny AWS and a local SageMaker before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.sagemaker.tiny_s3 import TinyS3
from tests.integration.sdk.lab import Lab
from tests.integration.sdk.tiny_services import Logs, answer_identity

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with TinyS3() as cloud:
        cloud.doors += [answer_identity, Logs().answer]
        running = Lab(tmp_path_factory.mktemp("sdk"), cloud)
        try:
            yield running
        finally:
            running.stop()
