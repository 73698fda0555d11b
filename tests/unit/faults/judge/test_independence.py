"""The judge imports nothing of what it judges."""

import ast
import sys
from pathlib import Path

import pytest

JUDGE = Path(__file__).parents[4] / "faults" / "judge"
ALLOWED = {"boto3", "botocore", "faults", *sys.stdlib_module_names}


@pytest.mark.parametrize("file", sorted(JUDGE.glob("*.py")), ids=lambda file: file.name)
def test_it_imports_boto3_and_itself_alone(file):
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        assert {name.split(".")[0] for name in names} <= ALLOWED, names
        assert all(n.startswith("faults.judge") for n in names if n.startswith("faults")), names
