"""One cloud for all tests of this folder.

What takes long is dropped at the very start, by the `opening` of each module that has a test in
this session, so that runs go side by side; each test then waits for its own problem only. At the
end every call that any role made is held against the template's policies.
"""

import os
from pathlib import Path

import pytest

from events.access import Stack, excuses, judge, read_calls, rights, save
from faults.plan_folder import PlanFolder
from local.fault_plan import VARIABLE
from local.running import running_cloud
from tests.database_servers import mariadb, postgres  # noqa: F401  fixtures
from tests.e2e.cloud import Cloud

HERE = Path(__file__).parent
SKIPPED = pytest.StashKey[list]()


@pytest.fixture(scope="package")
def cloud(request, tmp_path_factory):
    state = tmp_path_factory.mktemp("e2e")
    plans = PlanFolder(tmp_path_factory.mktemp("faults"))
    with running_cloud(
        state, more={VARIABLE: str(plans.folder), "BATON_RECORD_CALLS": "1"}
    ) as environment:
        cloud = Cloud(environment, plans)
        try:
            modules = dict.fromkeys(item.module for item in request.session.items)
            for module in modules:
                if module.__name__.startswith("tests.e2e.") and hasattr(module, "opening"):
                    module.opening(cloud)
            yield cloud
            verdict = access_verdict(cloud, state / "calls.jsonl")
            assert cloud.dead_letters() == {}
            check_access(request.session, verdict)
        finally:
            cloud.close()


def access_verdict(cloud, record):
    """What the calls of this session say of the policies."""
    stack = Stack.read(cloud.client("cloudformation"), "baton")
    calls = read_calls(record.read_text("utf-8").splitlines(), stack)
    if kept := os.environ.get("BATON_ACCESS_RECORD"):
        save(Path(kept), stack, calls)
    return judge(rights(stack), calls, excuses())


def check_access(session, verdict):
    """No call beyond the policies; and no right beyond the calls, where the whole folder ran."""
    assert verdict.calls > 0
    assert [*map(str, verdict.refused)] == []
    assert [*map(str, verdict.uncovered)] == []
    if is_whole(session):
        assert verdict.complaints == []


def is_whole(session):
    """Whether every test of this folder ran and passed: only then is an unused right unused."""
    names = {path.stem for path in HERE.glob("test_*.py")}
    ran = {item.path.stem for item in session.items if item.path.parent == HERE}
    deselected = session.config.option.keyword or session.config.option.markexpr
    return ran == names and not deselected and not session.testsfailed and not _skipped(session)


def _skipped(session):
    return session.config.stash.get(SKIPPED, [])


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Note tests that could not run on this machine: what they would have called is not known."""
    outcome = yield
    if outcome.get_result().skipped and not hasattr(outcome.get_result(), "wasxfail"):
        stash = item.config.stash
        stash[SKIPPED] = [*stash.get(SKIPPED, []), item.nodeid]
