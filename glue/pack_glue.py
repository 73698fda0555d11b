"""Builds ``glue.zip``: what Glue's scripts import, for ``--extra-py-files``.

``python glue/pack_glue.py OUT``. All of the science, the modules beside the scripts, and libraries
in plain Python that Glue lacks. The bytes depend on the sources alone.
"""

from __future__ import annotations

import importlib.util
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCIENCE = HERE.parent / "layers" / "science" / "science"
VENDORED = ("jinja2", "markupsafe")
EPOCH = (1980, 1, 1, 0, 0, 0)


def pack(out: Path) -> Path:
    """Write the archive, and return its path."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in sorted(_files().items()):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes())
    return out


def _files() -> dict[str, Path]:
    """Files by their name inside the archive."""
    files = {"object_files.py": HERE / "object_files.py"}
    folders = {"science": SCIENCE, **{name: _folder(name) for name in VENDORED}}
    for name, folder in folders.items():
        for path in [*folder.rglob("*.py"), *folder.rglob("*.html")]:
            files[f"{name}/{path.relative_to(folder).as_posix()}"] = path
    return files


def _folder(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"{name} must be installed where the archive is packed")
    return Path(found.origin).parent


if __name__ == "__main__":
    print(pack(Path(sys.argv[1])))
