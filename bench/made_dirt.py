"""Made tables whose structure and errors are like those that the field's data sets document.

Several sources about the same flights, a bibliography exported through a spreadsheet, films put
together from several sites, and tax records. Nothing in them is real.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.dirt import Columns, Dirt, Spoiler

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.random import Generator

SYLLABLES = (
    *("ba", "be", "bo", "ca", "da", "de", "do", "fa", "ga", "ha", "ka", "la", "le", "li", "lo"),
    *("ma", "me", "mi", "mo", "na", "ne", "no", "pa", "ra", "re", "ri", "ro", "sa", "se", "so"),
    *("ta", "te", "ti", "to", "va", "ve", "vi", "wa", "za", "sto", "tra", "ner", "lin", "mon"),
    *("dar", "ver", "ton", "del", "mar"),
)
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def word(random: Generator, low: int = 2, high: int = 4) -> str:
    """A word that could be one."""
    return "".join(random.choice(SYLLABLES, int(random.integers(low, high + 1))))


def words(random: Generator, low: int, high: int) -> str:
    """Several words."""
    return " ".join(word(random) for _ in range(int(random.integers(low, high + 1))))


def clock(minutes: int) -> str:
    """A time of the day as timetables print it."""
    hour, minute = divmod(minutes % 1440, 60)
    return f"{(hour - 1) % 12 + 1}:{minute:02d} {'a.m.' if hour < 12 else 'p.m.'}"


def flights(seed: int) -> Dirt:
    """Times of a hundred flights as thirty sites tell them, more or less reliably.

    Some sites leave times out, some put the date before, some tell planned times for real ones.
    """
    random = np.random.default_rng([seed, 1])
    names = [
        f"{random.choice(['AA', 'UA', 'CO', 'DL'])}-{random.integers(100, 5000)}-"
        f"{word(random, 2, 2)[:3].upper()}-{word(random, 2, 2)[:3].upper()}"
        for _ in range(100)
    ]
    titles = ("sched_dep_time", "act_dep_time", "sched_arr_time", "act_arr_time")
    truth = []
    for _ in names:
        start = int(random.integers(300, 1380))
        late, length = int(random.normal(10, 12)), int(random.integers(60, 400))
        truth.append([start, start + late, start + length, start + length + late + 3])
    clean: Columns = {title: [] for title in ("tuple_id", "src", "flight", *titles)}
    dirty: Columns = {title: [] for title in clean}
    for site in range(30):
        accuracy, gaps = random.uniform(0.55, 0.98), random.choice([0, 0.02, 0.2])
        dated, planned = random.random() < 0.1, random.random() < 0.15
        for name, times in zip(names, truth, strict=True):
            if random.random() < 0.2:
                continue
            for table in (clean, dirty):
                table["tuple_id"].append(str(len(table["tuple_id"]) + 1))
                table["src"].append(f"site{site}")
                table["flight"].append(name)
            for at, title in enumerate(titles):
                told = times[at - 1] if planned and at % 2 else times[at]
                if random.random() > accuracy:
                    told += int(random.normal(0, 15)) if at % 2 else int(random.choice([-5, 5, 30]))
                text = f"12/02/2011 {clock(told)}" if dated else clock(told)
                clean[title].append(clock(times[at]))
                dirty[title].append("" if random.random() < gaps * (1 + at % 2) else text)
    return Dirt("made: flights by many sites", dirty, clean)


def bibliography(seed: int) -> Dirt:
    """Articles whose export went through a spreadsheet that took page ranges for dates."""
    random = np.random.default_rng([seed, 2])
    journals = []
    for _ in range(120):
        title = words(random, 2, 5).title()
        short = " ".join(part[:4] + "." for part in title.split())
        issn = f"{random.integers(1, 9999):04d}-{random.integers(1, 9999):04d}"
        journals.append((title, short, issn))
    weights = 1 / np.arange(1, 121)
    chosen = random.choice(120, 1000, p=weights / weights.sum())
    languages = random.choice(
        ["eng", "fre", "ger", "spa", "chi"], 1000, p=[0.86, 0.05, 0.04, 0.03, 0.02]
    )
    clean: Columns = {
        "id": [str(1000 + at) for at in range(1000)],
        "article_title": [words(random, 5, 14).capitalize() for _ in chosen],
        "language": [str(each) for each in languages],
        "journal": [journals[at][0] for at in chosen],
        "abbreviation": [journals[at][1] for at in chosen],
        "issn": [journals[at][2] for at in chosen],
        "volume": [str(random.integers(1, 300)) for _ in chosen],
        "issue": [str(random.integers(1, 12)) for _ in chosen],
        "created": [
            f"{random.integers(1, 13)}/{random.integers(1, 29)}/{random.integers(0, 16):02d}"
            for _ in chosen
        ],
        "pages": [
            f"{start}-{start + random.integers(1, 15)}" for start in random.integers(1, 900, 1000)
        ],
        "authors": [_authors(random) for _ in chosen],
    }
    made = Spoiler("made: a bibliography", clean, seed)
    made.missing(0.08, "language", "issue").missing(0.06, "abbreviation", spelled="NA")
    made.spoil("issn", 0.1, lambda text: f"{MONTHS[int(text[0])]}-{text[5:7]}")
    made.spoil("created", 0.12, _dashed)
    made.spoil("pages", 0.08, lambda text: f"{text.split('-')[1]}-{MONTHS[int(text[0])]}")
    return made.typos(0.03, "journal", "language").swapped(0.03, "issn", "abbreviation").dirt


def films(seed: int) -> Dirt:
    """Films from several sites, which write durations, dates and counts in ways of their own."""
    random = np.random.default_rng([seed, 3])
    rows = 3000
    people = [words(random, 2, 2).title() for _ in range(700)]
    genres = ["Drama", "Comedy", "Action", "Horror", "Thriller", "Romance", "Documentary"]
    years = random.integers(1950, 2016, rows)
    clean: Columns = {
        "id": [f"tt{at:07d}" for at in random.permutation(rows)],
        "name": [words(random, 1, 4).title() for _ in range(rows)],
        "year": [str(year) for year in years],
        "release_date": [
            f"{random.integers(1, 29)} {random.choice(MONTHS)} {year} (USA)" for year in years
        ],
        "director": [str(random.choice(people)) for _ in range(rows)],
        "actors": [",".join(random.choice(people, 3)) for _ in range(rows)],
        "language": [
            str(random.choice(["English", "English", "English,French", "Spanish"]))
            for _ in range(rows)
        ],
        "country": [str(random.choice(["USA", "USA", "UK", "France"])) for _ in range(rows)],
        "duration": [f"{random.integers(60, 200)} min" for _ in range(rows)],
        "rating": [f"{random.uniform(2, 9.5):.1f}" for _ in range(rows)],
        "rating_count": [str(random.integers(20, 900_000)) for _ in range(rows)],
        "genre": [",".join(random.choice(genres, 2, replace=False)) for _ in range(rows)],
    }
    made = Spoiler("made: films", clean, seed)
    made.spoil("duration", 0.15, _hours).missing(0.08, "director", "language", "country")
    made.spoil("rating_count", 0.2, lambda text: f"{int(text):,}")
    made.spoil("release_date", 0.15, lambda text: "{1} {0}, {2}".format(*text.split()[:3]))
    made.spoil("genre", 0.1, lambda text: text.replace(",", ", "))
    return made.spoil("rating", 0.05, lambda text: f"{text}/10").dirt


def _authors(random: Generator) -> str:
    names = (f'"{words(random, 2, 2).title()}"' for _ in range(random.integers(1, 6)))
    return "{" + ",".join(names) + "}"


def _dashed(text: str) -> str:
    month, day, year = text.split("/")
    return f"20{year}-{month.zfill(2)}-{day.zfill(2)}"


def _hours(text: str) -> str:
    hours, minutes = divmod(int(text.split(maxsplit=1)[0]), 60)
    return f"{hours} hr. {minutes} min."


def taxes(seed: int, rows: int = 5000) -> Dirt:
    """Persons with their places and tax rates; typing errors, formats, violated dependencies."""
    random = np.random.default_rng([seed, 4])
    states = [f"{a}{b}" for a in "ACDFGIKMOPTUVW" for b in "AEIT"][:40]
    places = [
        (words(random, 1, 2).upper(), str(random.choice(states)), f"{random.integers(1000, 99999)}")
        for _ in range(400)
    ]
    codes = {state: [str(random.integers(200, 990)) for _ in range(3)] for state in states}
    rates = {state: f"{random.uniform(0, 9):.2f}" for state in states}
    exempt = {(s, m): str(random.integers(0, 80) * 100) for s in states for m in "SM"}
    first = [(word(random).title(), str(random.choice(["M", "F"]))) for _ in range(500)]
    clean: Columns = {title: [] for title in _TAX}
    for _ in range(rows):
        city, state, zip_code = places[int(400 * random.random() ** 2)]
        name, gender = first[int(random.integers(500))]
        marital, child = str(random.choice(["S", "M"])), str(random.choice(["Y", "N"]))
        cells = [
            *(name, word(random).title(), gender, str(random.choice(codes[state]))),
            f"{random.integers(100, 999)}-{random.integers(1000, 9999)}",
            *(city, state, zip_code, marital, child, str(random.integers(1, 200) * 500)),
            *(rates[state], exempt[state, marital]),
        ]
        for title, cell in zip(_TAX, cells, strict=True):
            clean[title].append(cell)
    made = Spoiler("made: tax records", clean, seed)
    made.typos(0.02, "f_name", "city").swapped(0.03, "state", "zip", "rate")
    made.spoil("city", 0.03, lambda text: f"{text}-*").spoil("marital", 0.02, lambda _: "-")
    made.spoil("rate", 0.04, lambda text: f"{text}0").missing(0.02, "gender", "area_code")
    return made.spoil("salary", 0.03, lambda text: f"${text}").dirt


_TAX = (
    *("f_name", "l_name", "gender", "area_code", "phone", "city", "state", "zip"),
    *("marital", "has_child", "salary", "rate", "exemption"),
)

MADE: Sequence[Callable[[int], Dirt]] = (flights, bibliography, films, taxes)
