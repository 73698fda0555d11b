"""What is asked to unpickle an object refuses, in whichever library it happens."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from no_pickles import no_pickles
from serving_package import PackageMismatchError

ROOT = Path(__file__).parents[3]
OBJECT = pickle.dumps(Path("x"))
PROGRAM = """
import pickle, sys
sys.path[:0] = [{folder!r}]
from {module} import {name}
print(pickle.loads({pickled!r}))
{name}()
try:
    pickle.loads({pickled!r})
except Exception as error:
    print(type(error).__name__, error)
print(pickle.loads({plain!r}))
"""


def test_no_object_is_unpickled_while_a_model_is_loaded_and_any_may_be_after():
    with no_pickles(), pytest.raises(PackageMismatchError, match="a pickle asks for pathlib"):
        pickle.loads(OBJECT)

    assert pickle.loads(OBJECT) == Path("x")


@pytest.mark.parametrize(
    ("folder", "module", "name", "error"),
    [
        ("jobs", "no_pickles", "refuse_pickles", "PackageMismatchError"),
        ("layers/lifecycle", "lifecycle.no_pickles", "refuse_pickles", "PickleRefusedError"),
    ],
    ids=["job", "function"],
)
def test_a_process_that_refuses_them_unpickles_none_any_more(folder, module, name, error):
    """In a process of its own, for a hook stays; data without objects still may be."""
    program = PROGRAM.format(
        folder=str(ROOT / folder),
        module=module,
        name=name,
        pickled=OBJECT,
        plain=pickle.dumps({"a": [1]}),
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    first, second, third = ran.stdout.splitlines()
    assert (first, third) == ("x", "{'a': [1]}")
    assert second.startswith(f"{error} a pickle asks for pathlib")


def test_a_function_refuses_them_where_it_is_deployed_alone(monkeypatch):
    from lifecycle import no_pickles as of_functions

    hooks = []
    monkeypatch.setattr(of_functions.sys, "addaudithook", hooks.append)
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME", raising=False)
    of_functions.refuse_pickles_where_deployed()
    assert hooks == []

    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "baton-StartRun")
    of_functions.refuse_pickles_where_deployed()
    assert len(hooks) == 1
