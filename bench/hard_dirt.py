"""Made tables in which what is usual is not what is right, so that labels have to say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.dirt import Columns, Dirt, Spoiler
from bench.made_dirt import MONTHS, clock, word, words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def every_row(seed: int) -> Dirt:
    """Whole columns in the wrong format, beside gaps that are right and gaps that are not."""
    random = np.random.default_rng([seed, 11])
    rows = 1500
    days = [
        (int(random.integers(1970, 2016)), int(random.integers(1, 13)), int(random.integers(1, 29)))
        for _ in range(rows)
    ]
    towns = [words(random, 1, 2).title() for _ in range(60)]
    clean: Columns = {
        "id": [str(at) for at in range(rows)],
        "created": [f"{y}-{m:02d}-{d:02d}" for y, m, d in days],
        "town": [str(random.choice(towns)) for _ in range(rows)],
        "title": [words(random, 3, 8).capitalize() for _ in range(rows)],
        "issue": [
            "" if random.random() < 0.3 else str(random.integers(1, 20)) for _ in range(rows)
        ],
        "length": [str(random.integers(20, 400)) for _ in range(rows)],
        "language": [str(random.choice(["eng", "eng", "eng", "ger", "fre"])) for _ in range(rows)],
        "grade": [str(random.choice(["A", "B", "C"])) for _ in range(rows)],
    }
    made = Spoiler("hard: every row", clean, seed)
    made.spoil("created", 1, _american).spoil("length", 1, lambda text: f"{text} cm")
    made.spoil("town", 0.3, str.upper).missing(0.25, "language").missing(
        0.07, "grade", spelled="-1"
    )
    return made.dirt


def _american(text: str) -> str:
    year, month, day = text.split("-")
    return f"{int(month)}/{int(day)}/{year[2:]}"


def doubtful_majority(seed: int) -> Dirt:
    """Flights by sites, of which most repeat each other's errors; the truth is the airline's."""
    random = np.random.default_rng([seed, 12])
    titles = ("sched_dep_time", "act_dep_time", "sched_arr_time", "act_arr_time")
    clean: Columns = {title: [] for title in ("tuple_id", "src", "flight", *titles)}
    dirty: Columns = {title: [] for title in clean}
    sites = [f"site{at}" for at in range(34)]
    gaps = {site: float(random.choice([0, 0, 0.05, 0.4])) for site in sites}
    accuracy = {site: float(random.uniform(0.35, 0.95)) for site in sites}
    for at in range(100):
        name = (
            f"{random.choice(['AA', 'UA', 'CO'])}-{random.integers(100, 5000)}-{word(random)[:3]}"
        )
        start, late = int(random.integers(300, 1380)), int(random.normal(8, 14))
        length = int(random.integers(60, 400))
        truth = [start, start + late, start + length, start + length + late + 3]
        rumour = [time + int(random.choice([0, 0, 5, -7])) for time in truth]
        for site in sites:
            if random.random() < 0.3:
                continue
            for table in (clean, dirty):
                table["tuple_id"].append(str(len(table["tuple_id"]) + 1))
                table["src"].append(site)
                table["flight"].append(f"{name}{at}")
            for place, title in enumerate(titles):
                told = truth[place]
                if random.random() > accuracy[site]:
                    told = (
                        rumour[place] if random.random() < 0.6 else told + int(random.normal(0, 9))
                    )
                clean[title].append(clock(truth[place]))
                gap = random.random() < gaps[site] * (0.3 + place % 2)
                dirty[title].append("" if gap else clock(told))
    return Dirt("hard: doubtful majority", dirty, clean)


def legal_oddities(seed: int) -> Dirt:
    """Rare forms, near names, exceptions to dependencies and gaps that are all right."""
    random = np.random.default_rng([seed, 13])
    rows = 2000
    clubs = [words(random, 1, 2).title() for _ in range(40)]
    clubs += [f"{club}s" for club in clubs[:15]]
    weights = random.random(55) ** 3 + 0.01
    at = random.choice(55, rows, p=weights / weights.sum())
    league = [str(random.choice(["First", "Second", "Third"])) for _ in clubs]
    clean: Columns = {
        "club": [clubs[each] for each in at],
        "league": [
            league[each] if random.random() < 0.95 else str(random.choice(["First", "Second"]))
            for each in at
        ],
        "number": [f"{each:02d}{'a' if random.random() < 0.02 else ''}" for each in at],
        "nick": ["" if random.random() < 0.05 else word(random) for _ in at],
        "joined": [
            f"{random.integers(1, 29)} {random.choice(MONTHS)} {random.integers(1990, 2020)}"
            if random.random() < 0.9
            else str(random.integers(1990, 2020))
            for _ in at
        ],
        "fee": [f"{random.lognormal(9, 2):.0f}" for _ in at],
    }
    made = Spoiler("hard: legal oddities", clean, seed)
    made.spoil("fee", 0.1, lambda text: f"€{text}").typos(0.03, "club")
    return made.missing(0.08, "joined", spelled="n/a").spoil("nick", 0.1, str.upper).dirt


HARD: Sequence[Callable[[int], Dirt]] = (every_row, doubtful_majority, legal_oddities)
