from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.sagemaker import account
from tests.conformance.sagemaker.laptop import LocalSageMaker
from tests.conformance.sagemaker.tiny_s3 import TinyS3

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSageMaker]:
    """A local SageMaker whose grace time is two seconds and whose spot jobs are interrupted.

    Or a real account: see account.py.
    """
    if account.wanted():
        yield account.Account()
        return
    data = tmp_path_factory.mktemp("sagemaker")
    options = ("--grace-seconds", "2", "--spot-interruption-seconds", "1")
    with TinyS3() as s3:
        server = LocalSageMaker(data, s3, options)
        server.start()
        try:
            yield server
        finally:
            server.stop()
