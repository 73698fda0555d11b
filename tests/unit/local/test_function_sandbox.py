"""What a function runs in."""

import subprocess
import zipfile

from local.function_sandbox import SharedArchive, bare_interpreter


def make_archive(file, **members):
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in members.items():
            archive.writestr(f"{name}.py", text)
    return file


def unpack(folder, file, target):
    with SharedArchive(folder, file) as archive:
        archive.extractall(target)
    return target.resolve()


def test_equal_archives_share_one_copy(tmp_path):
    """The second worker of a function unpacks nothing."""
    first = make_archive(tmp_path / "1.zip", module="x = 1")
    again = make_archive(tmp_path / "2.zip", module="x = 1")
    (tmp_path / "code").mkdir()

    one = unpack(tmp_path / "packages", first, tmp_path / "code")
    two = unpack(tmp_path / "packages", again, tmp_path / "other")

    assert one == two
    assert (tmp_path / "code" / "module.py").read_text() == "x = 1"
    assert not first.exists()
    assert not again.exists()


def test_archives_that_differ_are_kept_apart(tmp_path):
    """A new version of a function gets its own copy."""
    old = make_archive(tmp_path / "1.zip", module="x = 1")
    new = make_archive(tmp_path / "2.zip", module="x = 2")

    one = unpack(tmp_path / "packages", old, tmp_path / "old")
    two = unpack(tmp_path / "packages", new, tmp_path / "new")

    assert one != two
    assert (tmp_path / "new" / "module.py").read_text() == "x = 2"


def test_the_bare_interpreter_sees_no_installed_package(tmp_path):
    """Only the standard library can be imported."""
    interpreter = bare_interpreter(tmp_path / "python")
    code = "import sys, json; print([p for p in sys.path if 'site-packages' in p and p])"

    paths = subprocess.run([interpreter, "-c", code], capture_output=True, text=True, check=True)
    missing = subprocess.run([interpreter, "-c", "import pytest"], capture_output=True, check=False)

    assert missing.returncode == 1
    assert str(tmp_path) in paths.stdout or paths.stdout.strip() == "[]"
