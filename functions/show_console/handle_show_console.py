"""Hears: HTTP requests. Shows the console."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from lifecycle import redaction
from lifecycle.adapters import ports_from_environment
from lifecycle.clock import now
from show_console import page

SHOWN = 25


@lru_cache(maxsize=1)
def _ports() -> Any:
    return ports_from_environment()


@redaction.withholding
def lambda_handler(_event: dict[str, Any], _context: object = None) -> dict[str, Any]:
    """Read every problem, its newest run and its latest history, and show them."""
    records = _ports().records
    shown = [
        (
            problem,
            records.run(problem.problem, problem.last_run) if problem.last_run else None,
            records.recent_history(problem.problem, SHOWN),
        )
        for problem in records.problems()
    ]
    return {
        "statusCode": 200,
        "headers": {"content-type": "text/html; charset=utf-8", "cache-control": "no-store"},
        "body": page(shown, now()),
    }
