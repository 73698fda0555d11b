"""How the tests are dealt out when several processes run them."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent

# A busy machine makes no test wrong: what an example may take is no property of the code.
settings.register_profile("baton", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("baton")

TOGETHER = ("e2e", "integration/local")
"""Folders whose tests share one running cloud: they go to one process, and first, for they last."""

LONGEST_NAME = 100


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Keep the tests of a file together: they share its fixtures.

    Before xdist looks: it puts the group into a test's id, by which it deals tests out.
    """
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item.path)))
    items.sort(key=lambda item: _turn(_group(item.path)))


def pytest_make_parametrize_id(config, val, argname):
    """Name bytes by their place alone: archives hold times, and the processes must agree on names.

    Long text is named so as well, to be read. Whatever else is left to pytest, which tells equal
    names apart by numbers.
    """
    unfit = isinstance(val, bytes) or (isinstance(val, str) and len(val) > LONGEST_NAME)
    return argname if unfit else None


def _turn(group):
    """Folders that share a cloud first, each whole, so that its cloud ends before the next."""
    return TOGETHER.index(group) if group in TOGETHER else len(TOGETHER)


def _group(path):
    place = path.relative_to(ROOT).as_posix()
    return next((folder for folder in TOGETHER if place.startswith(f"{folder}/")), place)
