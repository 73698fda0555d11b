"""No pickle is loaded anywhere: opening a model, a file or a message never runs what is in it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("functions", "layers", "jobs", "glue", "local", "cli", "events", "examples", "fuzz")
LOADERS = frozenset(
    {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "joblib", "shelve", "skops", "torch"}
)
"""Modules that load pickles, or models that may be one."""
READERS = frozenset({"read_pickle", "to_pickle", "find_class", "Unpickler"})
MARSHAL = {"jobs/pack.py"}
"""It writes compiled code for `zipimport`, as Python itself does, and reads none."""


def faults(source: str) -> list[str]:
    """What in a program could load a pickle, each with its line."""
    found = []
    for node in ast.walk(ast.parse(source)):
        told = _fault(node)
        if told:
            found.append(f"line {getattr(node, 'lineno', 0)}: {told}")
    return found


def _fault(node: ast.AST) -> str:
    names: list[str] = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        names = [node.module or "", *(alias.name for alias in node.names)]
    elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"np.load", "numpy.load"}:
        given = {keyword.arg for keyword in node.keywords}
        return "" if "allow_pickle" in given else "np.load does not rule pickles out"
    elif isinstance(node, ast.Attribute):
        names = [node.attr] if node.attr in READERS else []
        return f"{names[0]} is used" if names else ""
    elif isinstance(node, ast.keyword) and node.arg == "allow_pickle":
        off = isinstance(node.value, ast.Constant) and node.value.value is False
        return "" if off else "allow_pickle is not False"
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _in_text(node.value)
    wrong = sorted({name.split(".")[0] for name in names} & LOADERS)
    return f"{', '.join(wrong)} is imported" if wrong else ""


def _in_text(text: str) -> str:
    """Programs are also written as texts, such as a script that a model's archive carries."""
    if "import" not in text or "\n" not in text:
        return ""
    try:
        inner = ast.parse(text)
    except SyntaxError:
        return ""
    return "; ".join(filter(None, map(_fault, ast.walk(inner))))


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_source_loads_a_pickle(folder):
    """And every `np.load` says that it rules them out."""
    found, looked_at = {}, 0
    for path in sorted((ROOT / folder).rglob("*.py")):
        text, name = path.read_text("utf-8"), path.relative_to(ROOT).as_posix()
        looked_at += 1
        told = faults(text)
        if "import marshal" in text and name not in MARSHAL:
            told.append("marshal is imported")
        if told:
            found[name] = told
    assert found == {}
    assert looked_at


@pytest.mark.parametrize(
    "program",
    [
        "import pickle",
        "from joblib import load",
        "import torch.serialization",
        "from sklearn.externals import joblib",
        "pd.read_pickle(path)",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=flag)",
        "SCRIPT = 'import os\\nimport joblib\\n'",
    ],
)
def test_every_way_to_load_one_is_found(program):
    """The test itself is tested: each of these is a fault."""
    assert faults(program)


def test_what_only_speaks_of_pickles_is_none():
    assert faults('"""No pickle is imported here."""\nnp.load(path, allow_pickle=False)') == []
