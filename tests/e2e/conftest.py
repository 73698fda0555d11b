"""One cloud for all tests of this folder.

What takes long is dropped at the very start, by the `opening` of each module that has a test in
this session, so that runs go side by side; each test then waits for its own problem only.
"""

import pytest

from faults.plan_folder import PlanFolder
from local.fault_plan import VARIABLE
from local.running import running_cloud
from tests.database_servers import mariadb, postgres  # noqa: F401  fixtures
from tests.e2e.cloud import Cloud


@pytest.fixture(scope="session")
def cloud(request, tmp_path_factory):
    plans = PlanFolder(tmp_path_factory.mktemp("faults"))
    with running_cloud(
        tmp_path_factory.mktemp("e2e"), more={VARIABLE: str(plans.folder)}
    ) as environment:
        cloud = Cloud(environment, plans)
        try:
            modules = dict.fromkeys(item.module for item in request.session.items)
            for module in modules:
                if module.__name__.startswith("tests.e2e.") and hasattr(module, "opening"):
                    module.opening(cloud)
            yield cloud
            assert cloud.dead_letters() == {}
        finally:
            cloud.close()
