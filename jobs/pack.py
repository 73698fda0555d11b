"""Builds ``jobs.pyz``: the jobs, the science they use, and the libraries that AWS's images lack.

``python -m jobs.pack [OUT]``. The bytes depend on the sources alone, so the archive's hash tells
whether anything changed. Beside each source lies its byte code for the Python that packs, marked
as unchecked (PEP 552): that Python starts faster, every other one compiles the sources.
"""

from __future__ import annotations

import ast
import importlib.util
import io
import marshal
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

JOBS = Path(__file__).resolve().parent
SCIENCE = JOBS.parent / "layers" / "science" / "science"
DEFAULT = JOBS.parent / "dist" / "jobs.pyz"
VENDORED = ("jinja2", "markupsafe")
EPOCH = (1980, 1, 1, 0, 0, 0)
UNCHECKED_HASH = (1).to_bytes(4, "little")
PORTABLE = 2
"""marshal's last format without back references, which differ from one process to the next."""


def pack(out: Path) -> Path:
    """Write the archive, and return its path."""
    files = _files()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            source = files[name]
            _add(archive, name, source)
            if name.endswith(".py"):
                _add(archive, f"{name}c", _byte_code(name, source))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(content.getvalue())
    return out


def _files() -> dict[str, bytes]:
    """Content by name inside the archive."""
    files = {path.name: path.read_bytes() for path in JOBS.glob("*.py") if path.name != "pack.py"}
    files |= _science(files.values())
    for name in VENDORED:
        found = importlib.util.find_spec(name)
        if found is None or found.origin is None:
            raise ModuleNotFoundError(f"{name} must be installed where the jobs are packed")
        folder = Path(found.origin).parent
        for path in folder.rglob("*.py"):
            files[f"{name}/{path.relative_to(folder).as_posix()}"] = path.read_bytes()
    return files


def _science(sources: Iterable[bytes]) -> dict[str, bytes]:
    """The modules of ``science`` that sources import, and what those import; and the templates."""
    files = {
        f"science/{path.relative_to(SCIENCE).as_posix()}": path.read_bytes()
        for path in (SCIENCE / "templates").glob("*.html")
    }
    wanted = {"__init__"} | {name for source in sources for name in _imported(source)}
    while wanted:
        name = wanted.pop()
        path = SCIENCE / f"{name}.py"
        if not path.is_file():  # a package, or a name that a module defines
            path = SCIENCE / name / "__init__.py"
        key = f"science/{path.relative_to(SCIENCE).as_posix()}"
        if key not in files and path.is_file():
            files[key] = path.read_bytes()
            wanted |= _imported(files[key])
    return files


def _imported(source: bytes) -> set[str]:
    """Paths, without their ending, of the modules of ``science`` that a source imports anywhere."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "science":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("science."):
            parts = str(node.module).split(".")[1:]
            found |= {"/".join(parts[: at + 1]) for at in range(len(parts))}
            found |= {"/".join([*parts, alias.name]) for alias in node.names}
    return found


def _byte_code(name: str, source: bytes) -> bytes:
    code = compile(source, name, "exec", dont_inherit=True, optimize=0)
    head = importlib.util.MAGIC_NUMBER + UNCHECKED_HASH + importlib.util.source_hash(source)
    return head + marshal.dumps(code, PORTABLE)


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, content)


if __name__ == "__main__":
    print(pack(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT))
