"""The archive of what Glue's scripts import: complete and reproducible."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile

import pytest

from glue.pack_glue import pack


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return pack(tmp_path_factory.mktemp("pack") / "glue.zip")


def test_the_same_sources_pack_to_the_same_bytes(archive, tmp_path):
    assert pack(tmp_path / "again.zip").read_bytes() == archive.read_bytes()


def test_a_script_can_import_all_it_needs_from_it(archive, tmp_path):
    """Modules and templates alike, with no other science in sight; DuckDB and NumPy come apart."""
    code = (
        "import sys, object_files, science.prepare, science.run_files, science.reports;"
        "print(science.reports.__file__.startswith(sys.argv[1]))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(archive)],
        env={"PYTHONPATH": str(archive)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (run.stdout.strip(), run.stderr) == ("True", "")


def test_every_source_of_ours_is_python_3_9(archive):
    """Glue's Python is 3.11; the science's is older still."""
    content = zipfile.ZipFile(archive)
    for name in content.namelist():
        if name.endswith(".py") and not name.startswith(("jinja2", "markupsafe")):
            ast.parse(content.read(name), name, feature_version=(3, 9))
