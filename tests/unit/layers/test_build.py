"""What a layer carries, and what it leaves behind."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from layers.build import SERVICES, compile_all, trim

ROOT = Path(__file__).parents[3]
SOURCES = [
    *(ROOT / "layers/lifecycle/lifecycle").rglob("*.py"),
    *(ROOT / "functions").glob("*/*.py"),
]
UNCHECKED_HASH = 0b01
"""The flags of byte code that is believed without a look at its source (PEP 552)."""


def put(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def left_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_tests_stubs_and_commands_are_left_out(tmp_path):
    """No function imports them."""
    put(tmp_path, "numpy/__init__.py", "numpy/__init__.pyi", "numpy/tests/test_a.py", "bin/f2py")
    put(tmp_path, "numpy/linalg/lib.so", "numpy/linalg/tests/test_b.py")

    trim(tmp_path)

    assert left_in(tmp_path) == {"numpy/__init__.py", "numpy/linalg/lib.so"}


def test_botocore_keeps_what_all_clients_need_and_the_services_in_use(tmp_path):
    """Endpoints and retries are files; service models are folders."""
    data = tmp_path / "botocore/data"
    put(data, "endpoints.json", "_retry.json", "s3/service-2.json", "ec2/service-2.json")

    trim(tmp_path)

    assert left_in(data) == {"endpoints.json", "_retry.json", "s3/service-2.json"}


def test_byte_code_is_believed_and_tells_no_path_of_the_builder(tmp_path):
    """In an archive every file has another time, and /opt/python is where Lambda unpacks it."""
    module = tmp_path / "module.py"
    module.write_text("def where():\n    raise ValueError\n")

    compile_all(tmp_path)
    compiled = Path(importlib.util.cache_from_source(str(module))).read_bytes()

    assert int.from_bytes(compiled[4:8], "little") == UNCHECKED_HASH
    assert b"/opt/python/module.py" in compiled
    assert str(tmp_path).encode() not in compiled


def test_changed_sources_do_not_shake_shipped_byte_code(tmp_path):
    """The interpreter loads the byte code without reading the source."""
    module = tmp_path / "shipped.py"
    module.write_text("VALUE = 1\n")
    compile_all(tmp_path)
    module.write_text("VALUE = 2\n")

    asked = [sys.executable, "-c", "import shipped; print(shipped.VALUE)"]
    answer = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=True)

    assert answer.stdout == "1\n"


def services_in(path: Path) -> set[str]:
    """The services whose clients a source makes: `client("s3")`, `ApiCall("s3", …)`, `describe`."""
    return {
        str(node.args[0].value)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and (
            getattr(node.func, "id", "") in {"client", "ApiCall"}
            or getattr(node.func, "attr", "") == "describe"
        )
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_the_model_of_every_service_in_use_is_shipped(path):
    """A client of another would fail in Lambda alone."""
    assert services_in(path) <= SERVICES


def test_services_are_found_in_the_sources():
    """Otherwise the test above would hold of nothing."""
    assert {"s3", "sagemaker", "dynamodb", "events"} <= set().union(*map(services_in, SOURCES))
