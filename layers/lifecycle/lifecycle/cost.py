"""What a run cost, as a small report for people and programs."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any

from lifecycle.prices import HOSTING_HOURLY_USD, NOTE

if TYPE_CHECKING:
    from lifecycle.records import RunRecord

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Cost of {problem}</title>
<meta name="viewport" content="width=device-width">
<style>:root{{color-scheme:light dark}}body{{font:16px/1.5 system-ui,sans-serif;max-width:44rem;
margin:3rem auto;padding:0 1rem}}td{{padding:.3rem 1.5rem .3rem 0}}td+td{{text-align:right;
font-variant-numeric:tabular-nums}}</style>
<h1>Cost</h1><p>{problem}, run {run}</p><table>{rows}</table><p>{note}</p></html>
"""


def cost_document(run: RunRecord) -> dict[str, Any]:
    """The cost report's content: what was spent on the run and what serving costs an hour."""
    deploy = run.definition["deploy"]
    serving = HOSTING_HOURLY_USD.get(deploy["instance"]) if deploy["mode"] == "realtime" else None
    return {
        "problem": run.problem,
        "run": run.run,
        "jobs_usd": round(run.cost_usd, 4),
        "endpoint_usd_per_hour": serving,
        "budget": run.definition["budget"],
        "note": NOTE,
    }


def cost_report(run: RunRecord) -> tuple[tuple[str, str, bytes], ...]:
    """The report's two forms: file suffix, content type, bytes."""
    document = cost_document(run)
    shown = {
        "Training, tuning and evaluation": _usd(document["jobs_usd"]),
        "Serving, an hour": _usd(document["endpoint_usd_per_hour"]),
        "Budget a run": _usd(document["budget"]["usd_per_run"]),
        "Budget a month": _usd(document["budget"]["usd_per_month"]),
    }
    rows = "".join(f"<tr><td>{name}</td><td>{value}</td></tr>" for name, value in shown.items())
    names = {"problem": html.escape(run.problem), "run": html.escape(run.run)}
    page = PAGE.format(rows=rows, note=html.escape(NOTE), **names)
    return (
        ("json", "application/json", json.dumps(document, indent=2).encode()),
        ("html", "text/html; charset=utf-8", page.encode()),
    )


def _usd(value: float | None) -> str:
    return "–" if value is None else f"{value:,.4f} USD"
