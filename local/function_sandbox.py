"""What a function runs in: an interpreter without packages, and packages unpacked once for all."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os


class SharedArchive(zipfile.ZipFile):
    """A zip file whose `extractall` links its target to one unpacked copy a content.

    Two archives with the same names, sizes and checksums share a copy. The copy is writable: Python
    leaves its compiled modules there, which the next worker finds.
    """

    def __init__(self, folder: Path, *arguments: Any, **options: Any) -> None:
        """Open an archive; `folder` holds the unpacked copies."""
        self._folder = folder
        super().__init__(*arguments, **options)

    def extractall(  # type: ignore[override]
        self, path: str | os.PathLike[str], *_ignored: Any, **_options: Any
    ) -> None:
        """Make `path`, an empty folder or none, a link to the unpacked copy; delete the archive."""
        copy = self._folder / self._digest()
        if not copy.exists():
            self._unpack(copy)
        target = Path(path)
        if target.is_dir():
            target.rmdir()
        target.symlink_to(copy, target_is_directory=True)
        Path(self.filename or "").unlink()  # each worker writes its own; a layer can be 250 MB

    def _digest(self) -> str:
        names = (f"{entry.filename}\0{entry.CRC}\0{entry.file_size}\n" for entry in self.infolist())
        return hashlib.sha256("".join(names).encode()).hexdigest()[:32]

    def _unpack(self, copy: Path) -> None:
        copy.parent.mkdir(parents=True, exist_ok=True)
        unpacking = Path(tempfile.mkdtemp(dir=copy.parent, prefix="unpacking-"))
        super().extractall(unpacking)
        unpacking.chmod(0o755)
        try:
            unpacking.rename(copy)
        except OSError:  # another worker was faster
            shutil.rmtree(unpacking)


def bare_interpreter(folder: Path) -> Path:
    """Make a virtual environment with nothing in it and return its interpreter."""
    interpreter = folder / "bin" / "python"
    if not interpreter.exists():
        interpreter.parent.mkdir(parents=True, exist_ok=True)
        base = Path(sys._base_executable).resolve()  # type: ignore[attr-defined] # noqa: SLF001
        config = f"home = {base.parent}\ninclude-system-site-packages = false\n"
        (folder / "pyvenv.cfg").write_text(config)
        interpreter.symlink_to(base)
    return interpreter
