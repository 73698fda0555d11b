"""The legs answer thousands of events here: their logs would bury everything else."""

import logging

import pytest


@pytest.fixture(autouse=True)
def quiet():
    """Let the functions' logger say nothing meanwhile."""
    logger = logging.getLogger("baton")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(level)
