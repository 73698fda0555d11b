"""Where the code under test lies: as each part is deployed, so must it be importable here."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("layers/lifecycle", "layers/science", "jobs", "functions/ingest_records")


def make_importable() -> None:
    """Put the folders of layers, jobs and functions on the path, once."""
    wanted = [str(ROOT / folder) for folder in FOLDERS]
    sys.path[:0] = [folder for folder in wanted if folder not in sys.path]
