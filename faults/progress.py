"""What a matrix found so far, kept on disk, so that a run that was cut short can go on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from faults.points import Point
from local.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

JUDGED = ("template.yaml", "functions", "layers", "jobs", "glue", "local", "faults")
"""What a verdict is about: with other sources it says nothing any more."""


def source_mark(root: Path = ROOT) -> str:
    """A fingerprint of the sources that verdicts are about."""
    found = hashlib.sha256()
    for name in JUDGED:
        place = root / name
        files = [place] if place.is_file() else sorted(place.rglob("*.py"))
        for file in files:
            found.update(f"{file.relative_to(root)}\0".encode() + file.read_bytes() + b"\0")
    return found.hexdigest()


class Progress:
    """A file of verdicts, a line each; it begins with the fingerprint of what was judged."""

    def __init__(self, file: Path, *, resume: bool, mark: str | None = None) -> None:
        """Go on with a file of the same sources if that is asked for; else begin anew."""
        self._file = file
        mark = mark or source_mark()
        lines = file.read_text().splitlines() if resume and file.exists() else []
        whole = [line for line in lines if line.endswith("}")]  # the last may be cut
        if not whole or json.loads(whole[0]) != {"sources": mark}:
            whole = [json.dumps({"sources": mark})]
        self.known: dict[Point, str] = {}
        for line in whole[1:]:
            document = json.loads(line)
            self.known[Point(**document["point"])] = document["verdict"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{line}\n" for line in whole))

    def keep(self, verdicts: Iterable[tuple[Point, str]]) -> None:
        """Write verdicts down, at once."""
        lines = [
            json.dumps({"point": asdict(point), "verdict": verdict}) + "\n"
            for point, verdict in verdicts
        ]
        with self._file.open("a") as stream:
            stream.write("".join(lines))
