"""What a matrix found: one document for programs, one page for people that opens anywhere."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from faults.points import ALL_WAYS, BUS
from local.ministack_hooks.planned_faults import ALL_DROPPED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from faults.lives import Outcome
    from faults.points import Point

EQUAL, UNEQUAL, NOT_REACHED = "equal", "unequal", "not reached"

INTRODUCTION = """Each fault befell a whole life of a model, which was then judged by its end:
files, records, SageMaker, alerts and events must equal those of a life that nothing disturbed."""
LEGEND = """A cell counts the points that ended equal; on red, those that did not, of all that
befell. A point that another undisturbed life did not have is there by chance, such as a call that
is made only if one message overtakes another; where it was not reached, no life had it again."""
AGAIN = """Lives that did not end as they should with all of their faults together. Each of these
faults was tried again, with fewer others; what one of them is to blame for is a finding above."""
STYLE = """
:root { color-scheme: light dark; --line: #d5d9de; --soft: #68707a; --good: #1a7f4b;
        --bad: #b3261e; --empty: #eceff2; }
@media (prefers-color-scheme: dark) { :root { --line: #3a4048; --soft: #9aa3ad;
        --good: #4cc38a; --bad: #ff8a80; --empty: #22262b; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1500px; margin: 2rem auto;
        padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: .2rem } h2 { font-size: 1.1rem; margin-top: 2rem }
p { max-width: 75ch } .soft { color: var(--soft) }
.tiles { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1.2rem 0 }
.tile { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem 1rem; min-width: 7rem }
.tile b { display: block; font-size: 1.5rem; font-variant-numeric: tabular-nums }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .6rem 0 }
th, td { padding: .25rem .55rem; border-bottom: 1px solid var(--line); text-align: right }
th:first-child, td:first-child, .words td { text-align: left }
thead th { font-weight: 600; vertical-align: bottom } .turned { writing-mode: vertical-rl;
  transform: rotate(180deg); white-space: nowrap; padding: .5rem .2rem }
.wide th, .wide td { text-align: center } .wide td:first-child { text-align: left }
td.good { color: var(--good) } td.bad { color: #fff; background: #b3261e; font-weight: 600 }
td.none { color: var(--soft); background: var(--empty) } .good { color: var(--good) }
.bad { color: var(--bad) } .wide { overflow-x: auto } li { margin: .3rem 0 }
"""


@dataclass
class Matrix:
    """All that was tried.

    Attributes:
        counted: how many points each story has in all.
        verdicts: what came of each point that was tried.
        recoveries: seconds from a fault until its message was handled after all.
        findings: by life, what was not as it should be, with its one fault, or none.
        lived_again: the same of lives with several faults, each of which was then tried in fewer or
            in other company; what one of them is to blame for is a finding as well.
        lives: lives lived, undisturbed ones left out.
        seconds: the whole took so long.
        undisturbed: seconds of a life that nothing disturbed, by story.
        longest: seconds of the longest disturbed life, by story.
        countings: undisturbed lives of each story; one alone tells of no chance.
        by_chance: points that another undisturbed life of their story did not have.
        unheard: seconds of the life without any event of SageMaker and Glue, by story.
    """

    counted: dict[str, int] = field(default_factory=dict)
    verdicts: dict[Point, str] = field(default_factory=dict)
    recoveries: dict[Point, float] = field(default_factory=dict)
    findings: list[dict[str, Any]] = field(default_factory=list)
    lived_again: list[dict[str, Any]] = field(default_factory=list)
    lives: int = 0
    seconds: float = 0.0
    undisturbed: dict[str, float] = field(default_factory=dict)
    longest: dict[str, float] = field(default_factory=dict)
    unheard: dict[str, float] = field(default_factory=dict)
    countings: int = 1
    by_chance: set[Point] = field(default_factory=set)

    def take(self, outcome: Outcome, *, alone: bool) -> None:
        """Take up what became of a life; one that was shared and failed tells nothing yet."""
        self.lives += 1
        longest = max(self.longest.get(outcome.story, 0.0), outcome.seconds)
        self.longest[outcome.story] = longest
        if outcome.findings:
            names = [str(point) for point in outcome.points]
            kept = self.findings if alone else self.lived_again
            kept.append({"life": outcome.life, "points": names, "findings": outcome.findings})
        for point in outcome.befallen:
            if point.way == ALL_DROPPED:
                self.unheard[outcome.story] = outcome.seconds
        for point in outcome.points:
            if point not in outcome.befallen:
                self.verdicts.setdefault(point, NOT_REACHED)
            elif not outcome.findings or alone:
                self.verdicts[point] = UNEQUAL if outcome.findings else EQUAL
                taken = outcome.befallen[point]
                if taken is not None:
                    self.recoveries[point] = taken

    def count(self, verdict: str) -> int:
        """How many points have a verdict."""
        return sum(1 for each in self.verdicts.values() if each == verdict)

    def missed_by_chance(self) -> int | None:
        """How many points were not reached that are there by chance; None if nobody knows."""
        if self.countings < 2:
            return None
        return sum(self.verdicts.get(point) == NOT_REACHED for point in self.by_chance)

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {
            "counted": self.counted,
            "tried": len(self.verdicts),
            EQUAL: self.count(EQUAL),
            UNEQUAL: self.count(UNEQUAL),
            NOT_REACHED.replace(" ", "_"): self.count(NOT_REACHED),
            "not_reached_by_chance": self.missed_by_chance(),
            "lives": self.lives,
            "seconds": round(self.seconds, 1),
            "longest_recovery_seconds": round(max(self.recoveries.values(), default=0.0), 1),
            "undisturbed_seconds": {k: round(v, 1) for k, v in self.undisturbed.items()},
            "without_events_seconds": {k: round(v, 1) for k, v in self.unheard.items()},
            "longest_life_seconds": {k: round(v, 1) for k, v in self.longest.items()},
            "points": [
                {
                    **asdict(point),
                    "verdict": verdict,
                    "by_chance": point in self.by_chance,
                    "recovery_seconds": _rounded(self.recoveries.get(point)),
                }
                for point, verdict in sorted(self.verdicts.items(), key=lambda item: str(item[0]))
            ],
            "findings": self.findings,
            "lived_again": self.lived_again,
        }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 2)


def write(matrix: Matrix, folder: Path) -> Path:
    """Write `faults.json` and `faults.html`; the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "faults.json").write_text(json.dumps(matrix.document(), indent=1) + "\n")
    page = folder / "faults.html"
    page.write_text(_page(matrix))
    return page


def _page(matrix: Matrix) -> str:
    parts = [
        "<h1>Fault matrix</h1>",
        f'<p class="soft">{INTRODUCTION}</p>',
        _tiles(matrix),
        "<h2>By function and way</h2>",
        _table(matrix.verdicts),
        f'<p class="soft">{LEGEND}</p>',
        "<h2>Recovery</h2>",
        _recoveries(matrix),
        "<h2>Lives</h2>",
        _lives(matrix),
        "<h2>Findings</h2>",
        _findings(matrix.findings),
        "<h2>Lives lived again</h2>",
        f'<p class="soft">{AGAIN}</p>',
        _findings(matrix.lived_again),
    ]
    head = '<!doctype html><html lang="en"><meta charset="utf-8">'
    head += '<meta name="viewport" content="width=device-width"><title>Fault matrix</title>'
    return f"{head}<style>{STYLE}</style><body>{''.join(parts)}</body></html>\n"


def _tiles(matrix: Matrix) -> str:
    tiles = [
        ("points counted", str(sum(matrix.counted.values())), ""),
        ("tried", str(len(matrix.verdicts)), ""),
        ("ended equal", str(matrix.count(EQUAL)), "good"),
        ("unequal", str(matrix.count(UNEQUAL)), "bad" if matrix.count(UNEQUAL) else "good"),
        ("not reached", str(matrix.count(NOT_REACHED)), ""),
        ("of these by chance", _told(matrix.missed_by_chance()), ""),
        ("lives", str(matrix.lives), ""),
        ("longest recovery", f"{max(matrix.recoveries.values(), default=0):.1f} s", ""),
        ("took", f"{matrix.seconds / 60:.1f} min", ""),
    ]
    made = "".join(
        f'<div class="tile"><b class="{kind}">{escape(value)}</b>{escape(name)}</div>'
        for name, value, kind in tiles
    )
    return f'<div class="tiles">{made}</div>'


def _told(count: int | None) -> str:
    return "–" if count is None else str(count)


def _table(verdicts: dict[Point, str]) -> str:
    cells: dict[tuple[str, str], list[str]] = defaultdict(list)
    for point, verdict in verdicts.items():
        cells[point.function, point.way].append(verdict)
    functions = sorted({function for function, _ in cells})
    ways = [way for way in ALL_WAYS if any(key[1] == way for key in cells)]
    head = "".join(f'<th><span class="turned">{escape(way)}</span></th>' for way in ways)
    rows = "".join(
        f"<tr><td>{escape(_name(function))}</td>"
        + "".join(_cell(cells.get((function, way), [])) for way in ways)
        + "</tr>"
        for function in functions
    )
    return f'<div class="wide"><table><thead><tr><th></th>{head}</tr></thead>{rows}</table></div>'


def _name(function: str) -> str:
    return "SageMaker's and Glue's events" if function == BUS else function.removeprefix("baton-")


def _cell(verdicts: Sequence[str]) -> str:
    reached = [verdict for verdict in verdicts if verdict != NOT_REACHED]
    if not reached:
        return f'<td class="none">{"–" if verdicts else ""}</td>'
    wrong = reached.count(UNEQUAL)
    if wrong:
        return f'<td class="bad">{wrong} of {len(reached)}</td>'
    return f'<td class="good">{len(reached)}</td>'


def _recoveries(matrix: Matrix) -> str:
    by_way: dict[str, list[float]] = defaultdict(list)
    for point, seconds in matrix.recoveries.items():
        by_way[point.way].append(seconds)
    rows = "".join(
        f"<tr><td>{escape(way)}</td><td>{len(found)}</td><td>{sorted(found)[len(found) // 2]:.1f} s"
        f"</td><td>{max(found):.1f} s</td></tr>"
        for way in ALL_WAYS
        if (found := by_way.get(way))
    )
    head = "<tr><th>way</th><th>points</th><th>median</th><th>longest</th></tr>"
    note = '<p class="soft">From the fault until its message was handled after all. Waits of queues'
    note += " are shortened: a dead function's message comes back after a second.</p>"
    return f"<table><thead>{head}</thead>{rows}</table>{note}"


def _lives(matrix: Matrix) -> str:
    rows = "".join(
        f"<tr><td>{escape(story)}</td><td>{count}</td>"
        f"<td>{matrix.undisturbed.get(story, 0):.1f} s</td>"
        f"<td>{_seconds(matrix.unheard.get(story))}</td>"
        f"<td>{matrix.longest.get(story, 0):.1f} s</td></tr>"
        for story, count in sorted(matrix.counted.items())
    )
    head = "<th>story</th><th>points counted</th><th>undisturbed</th>"
    head += "<th>without any event</th><th>longest disturbed</th>"
    return f"<table><thead><tr>{head}</tr></thead>{rows}</table>"


def _seconds(taken: float | None) -> str:
    return "–" if taken is None else f"{taken:.1f} s"


def _findings(findings: Sequence[dict[str, Any]]) -> str:
    if not findings:
        return '<p class="good">None.</p>'
    items = "".join(
        f"<li><b>{escape(each['life'])}</b>: {escape('; '.join(each['findings']))}"
        f'<br><span class="soft">{escape("; ".join(each["points"]))}</span></li>'
        for each in findings
    )
    return f"<ul>{items}</ul>"
