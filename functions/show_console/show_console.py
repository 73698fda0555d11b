"""The console: a read-only page of every problem, its run, and what happened last."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lifecycle.records import HistoryRecord, ProblemRecord, RunRecord

STYLE = """
:root{color-scheme:light dark;--line:color-mix(in srgb,currentColor 18%,transparent)}
body{font:16px/1.5 system-ui,sans-serif;max-width:64rem;margin:2.5rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin:2.5rem 0 .3rem}
table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.35rem 1rem .35rem 0;border-bottom:1px solid var(--line);
vertical-align:top}th{font-weight:600}
td.time{white-space:nowrap;font-variant-numeric:tabular-nums;opacity:.7}
.facts{opacity:.8;margin:0 0 .6rem}
"""


def page(
    problems: list[tuple[ProblemRecord, RunRecord | None, list[HistoryRecord]]], time: str
) -> str:
    """The whole page, which needs no script and no network.

    Args:
        problems: each problem with its newest run, if any, and its latest history, newest first.
        time: when the page was made.
    """
    sections = "".join(_problem(*item) for item in problems)
    empty = "<p>No problem is defined yet. Drop a problem.yaml into the landing bucket.</p>"
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Baton</title>'
        '<meta name="viewport" content="width=device-width">'
        f"<style>{STYLE}</style><h1>Baton</h1><p class=facts>As of {html.escape(time)}</p>"
        f"{sections or empty}</html>"
    )


def _problem(problem: ProblemRecord, run: RunRecord | None, history: list[HistoryRecord]) -> str:
    facts = [f"predicts {problem.definition.get('target', '')}"]
    facts.append(f"champion {problem.champion}" if problem.champion else "no model serves yet")
    if run:
        score = f", {run.metric} {run.score:.4f}" if run.metric and run.score is not None else ""
        facts.append(f"newest run {run.run}: {run.stage.replace('_', ' ')}{score}")
    rows = "".join(
        f"<tr><td class=time>{html.escape(row.at[:19].replace('T', ' '))}</td>"
        f"<td>{html.escape(row.leg.replace('_', ' '))}</td><td>{html.escape(row.reason)}</td></tr>"
        for row in history
    )
    return (
        f"<h2>{html.escape(problem.problem)}</h2>"
        f"<p class=facts>{html.escape('; '.join(facts))}</p>"
        f"<table><tr><th>When (UTC)</th><th>Leg</th><th>What happened</th></tr>{rows}</table>"
    )
