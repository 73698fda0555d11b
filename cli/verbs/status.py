"""`baton status`: where every problem stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

from cli.output import AnyProblem, AsJson, ago, console, print_json, verb
from cli.queues import dead_letters
from cli.stack import Stack
from cli.story import Story

if TYPE_CHECKING:
    from lifecycle.records import ProblemRecord, RunRecord

STAGE_STYLES = {
    "deployed": "green",
    "rejected": "yellow",
    "waiting_for_approval": "magenta",
    "failed": "red",
    "rolled_back": "red",
    "data_rejected": "red",
}

WIDE = 130
_HEADINGS = ("problem", "run", "stage", "changed", "rows", "champion", "score", "deployed")
_NARROW = ("problem", "run", "stage", "changed", "score")


@verb
def status(problem: AnyProblem = None, *, as_json: AsJson = False) -> None:
    """Show where every problem stands: the run under way, its stage, and the serving champion."""
    stack = Stack.open()
    story = Story(stack)
    problems = [story.known(problem)] if problem else story.problems()
    documents = [_describe(story, each) for each in problems]
    dead = {queue.leg: queue.depth for queue in dead_letters(stack) if queue.depth}
    if as_json:
        print_json({"stack": stack.name, "problems": documents, "dead_letters": dead})
        return
    screen = console()
    if documents:
        screen.print(_table(documents, screen.width))
    else:
        screen.print("No problem is defined yet. [dim]baton init  begins one[/]")
    for leg, depth in dead.items():
        screen.print(
            f"[red]✗[/] {leg} gave up on {depth} event{'s' if depth > 1 else ''}. "
            f"[dim]baton why PROBLEM  says why,  baton redrive {leg}  tries again[/]"
        )


def _describe(story: Story, problem: ProblemRecord) -> dict[str, Any]:
    newest = story.run(problem.problem, problem.last_run) if problem.last_run else None
    champion = newest
    if problem.champion and (newest is None or newest.run != problem.champion):
        champion = story.run(problem.problem, problem.champion)
    return {
        "problem": problem.problem,
        "target": problem.definition.get("target"),
        "definition_version": problem.definition_version,
        "defined_at": problem.defined_at,
        "active_run": problem.active_run,
        "last_run": _run(newest),
        "champion": _run(champion) if problem.champion else None,
        "deployed_at": problem.deployed_at,
        "retrain_because": problem.retrain_because,
    }


def _run(run: RunRecord | None) -> dict[str, Any] | None:
    if run is None:
        return None
    return {
        "run": run.run,
        "stage": run.stage,
        "stage_at": run.stage_at,
        "because": run.because,
        "task": run.task,
        "rows": run.rows,
        "metric": run.metric,
        "score": run.score,
        "cost_usd": run.cost_usd,
        "reason": run.reason,
    }


def _table(documents: list[dict[str, Any]], width: int) -> Table:
    """One row a problem; a narrow screen shows what matters most."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 3, 0, 0))
    shown = [name for name in _HEADINGS if width >= WIDE or name in _NARROW]
    for heading in shown:
        right = heading in {"rows", "score"}
        table.add_column(heading, justify="right" if right else "left", no_wrap=True)
    for each in documents:
        cells = _cells(each)
        table.add_row(*(cells[name] for name in shown))
    return table


def _cells(each: dict[str, Any]) -> dict[str, str]:
    """A problem's row, by heading."""
    run, champion = each["last_run"] or {}, each["champion"] or {}
    stage = run.get("stage", "waiting for data")
    score = champion.get("score")
    return {
        "problem": f"[bold]{each['problem']}[/]",
        "run": run.get("run", "–"),
        "stage": f"[{STAGE_STYLES.get(stage, 'cyan')}]{stage.replace('_', ' ')}[/]",
        "changed": ago(run.get("stage_at") or each["defined_at"]),
        "rows": f"{run['rows']:,}" if run else "–",
        "champion": champion.get("run", "–"),
        "score": f"{champion['metric']} {score:.4f}" if score is not None else "–",
        "deployed": ago(each["deployed_at"]) if each["deployed_at"] else "–",
    }
