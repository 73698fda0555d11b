"""The folder that a disturbed cloud shares with whoever disturbs it (see `local.fault_plan`)."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        for name in ("plans", "claims", "calls", "released", "over"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "names").write_text(NAMES)
        self._read: dict[str, int] = {}
        self._notes: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._last: dict[str, float] = {}
        self._lock = threading.Lock()

    def plan(self, life: str, points: Sequence[Point]) -> None:
        """Plan faults for a life; before it begins."""
        document = [point.planned(life) for point in points]
        (self.folder / "plans" / f"{life}.json").write_text(json.dumps(document))

    def release(self, life: str) -> None:
        """Let messages go that were held until the life was quiet."""
        draft = self.folder / f"released-{life}"
        draft.write_text(str(time.time()))
        draft.replace(self.folder / "released" / life)

    def end(self, life: str) -> None:
        """Let come what legs sent themselves for later."""
        (self.folder / "over" / life).touch()

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

    def notes(self, life: str) -> list[dict[str, Any]]:
        """Everything noted of a life so far, oldest first."""
        with self._lock:
            self._read_on()
            return sorted(self._notes[life], key=lambda note: float(note["at"]))

    def forget(self, life: str) -> None:
        """Keep the notes of a life no longer; there are thousands."""
        with self._lock:
            self._notes.pop(life, None)

    def last_note(self, life: str) -> float:
        """When a life's cloud noted something last, in seconds since the epoch; 0 for never."""
        with self._lock:
            self._read_on()
            return self._last.get(life, 0.0)

    def _read_on(self) -> None:
        with os.scandir(self.folder / "calls") as files:
            grown = [each for each in files if each.stat().st_size > self._read.get(each.name, 0)]
        for file in grown:
            begin = self._read.get(file.name, 0)
            with Path(file).open("rb") as stream:
                stream.seek(begin)
                lines = stream.read()
            whole = lines.rfind(b"\n") + 1
            self._read[file.name] = begin + whole
            for line in lines[:whole].splitlines():
                note = json.loads(line)
                life = note.get("life", "")
                self._notes[life].append(note)
                if note.get("function") != RECONCILER:  # whose clock strikes when all is quiet
                    self._last[life] = max(self._last.get(life, 0.0), note["at"])
