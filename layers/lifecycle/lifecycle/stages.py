"""The stages of a run, and every legal move between them."""

from __future__ import annotations

from typing import Literal

type Stage = Literal[
    "started",
    "prepared",
    "labelling",
    "training",
    "trained",
    "evaluating",
    "waiting_for_approval",
    "approved",
    "deploying",
    "deployed",
    "rejected",
    "rolled_back",
    "failed",
    "data_rejected",
]

MOVES: dict[Stage, tuple[Stage, ...]] = {
    "started": ("prepared", "data_rejected", "failed"),
    "prepared": ("labelling", "training", "failed"),
    "labelling": ("prepared", "training", "failed"),
    "training": ("trained", "failed"),
    "trained": ("evaluating", "failed"),
    "evaluating": ("waiting_for_approval", "approved", "rejected", "failed"),
    "waiting_for_approval": ("approved", "rejected"),
    "approved": ("deploying", "deployed", "failed"),
    "deploying": ("deployed", "rolled_back"),
    "deployed": (),
    "rejected": ("approved",),
    "rolled_back": (),
    "failed": (),
    "data_rejected": (),
}
"""The stage table: every legal move of a run. A person may still approve a rejected candidate."""

ENDED: frozenset[Stage] = frozenset(
    {"deployed", "rejected", "rolled_back", "failed", "data_rejected"}
)
