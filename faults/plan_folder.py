"""The folder that a disturbed cloud shares with whoever disturbs it (see `local.fault_plan`)."""

from __future__ import annotations

import json
import shutil
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from faults.points import Point

NAMES = r"fm[a-z0-9]{6}"
"""How planned lives are named; whatever else lives on the same cloud is left alone."""

RECONCILER = "baton-ReconcileRuns"


class PlanFolder:
    """Plans go in, notes come out."""

    def __init__(self, folder: Path) -> None:
        """Make the folder, anew."""
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        for name in ("plans", "claims", "calls", "released"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "names").write_text(NAMES)
        self._read: dict[Path, int] = {}
        self._notes: list[dict[str, Any]] = []
        self._last: dict[str, float] = {}
        self._lock = threading.Lock()

    def plan(self, life: str, points: Sequence[Point]) -> None:
        """Plan faults for a life; before it begins."""
        document = [point.planned(life) for point in points]
        (self.folder / "plans" / f"{life}.json").write_text(json.dumps(document))

    def release(self, life: str) -> None:
        """Let messages go that were held until the life was quiet."""
        (self.folder / "released" / life).touch()

    def befallen_at(self, life: str, point: Point) -> float | None:
        """When a fault befell its life, in seconds since the epoch; None if it never did."""
        try:
            text = (self.folder / "claims" / f"{life}-{point.id}").read_text()
        except FileNotFoundError:
            return None
        return float(json.loads(text)["at"]) if text else 0.0

    def is_settled(self, life: str, since: float) -> bool:
        """Whether no leg had a message of this life to handle, at some time after `since`."""
        try:
            told = json.loads((self.folder / "waiting.json").read_text())
        except FileNotFoundError:
            return False
        return bool(told["at"] > since and life not in told["lives"])

    def notes(self) -> list[dict[str, Any]]:
        """Everything noted so far, oldest first."""
        with self._lock:
            self._read_on()
            return sorted(self._notes, key=lambda note: float(note["at"]))

    def last_note(self, life: str) -> float:
        """When a life's cloud noted something last, in seconds since the epoch; 0 for never."""
        with self._lock:
            self._read_on()
            return self._last.get(life, 0.0)

    def _read_on(self) -> None:
        for file in sorted((self.folder / "calls").iterdir()):
            with file.open("rb") as stream:
                stream.seek(self._read.get(file, 0))
                lines = stream.read()
            whole = lines.rfind(b"\n") + 1
            self._read[file] = self._read.get(file, 0) + whole
            for line in lines[:whole].splitlines():
                note = json.loads(line)
                self._notes.append(note)
                if note.get("function") != RECONCILER:  # whose clock strikes when all is quiet
                    life = note.get("life", "")
                    self._last[life] = max(self._last.get(life, 0.0), note["at"])
