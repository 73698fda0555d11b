"""What an algorithm says when it cannot train."""

from __future__ import annotations


class UserError(Exception):
    """The caller's data or hyperparameters are wrong; the container's log and failure say which."""
