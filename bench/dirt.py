"""Tables with known wrong cells: real pairs, real tables with errors put in, and made tables.

Errors are of the kinds that the data sets of the field document (Mahdavi et al., Raha, SIGMOD
2019): missing values, typing errors, formatting issues and violated dependencies between
attributes. Which cells, and what becomes of them, follows from a seed.
"""

from __future__ import annotations

import csv
import gzip
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
MOST_ROWS = 4000

type Columns = dict[str, list[str]]


@dataclass
class Dirt:
    """A dirty table and the clean one, column by column, row by row."""

    name: str
    dirty: Columns
    clean: Columns

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(next(iter(self.clean.values())))

    def wrong(self) -> dict[tuple[int, str], str]:
        """Row and column of each wrong cell, with what it should be."""
        return {
            (row, title): right
            for title, cells in self.clean.items()
            for row, (is_, right) in enumerate(zip(self.dirty[title], cells, strict=True))
            if is_ != right
        }


def read(path: Path, delimiter: str = ",") -> Columns:
    """A CSV file as columns of texts."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file, delimiter=delimiter)
    return {title: [row[at] for row in rows] for at, title in enumerate(header)}


def pair(name: str) -> Dirt:
    """A real dirty table with its clean twin."""
    folder = SHARED / name
    return Dirt(name, read(folder / "dirty.csv"), read(folder / "clean.csv"))


class Spoiler:
    """Puts errors into a clean table, never two into one cell."""

    def __init__(self, name: str, clean: Columns, seed: int) -> None:
        """Begin with a clean copy."""
        self.random = np.random.default_rng([seed, len(name), *name.encode()])
        self.dirt = Dirt(name, {title: list(cells) for title, cells in clean.items()}, clean)

    def spoil(self, title: str, share: float, how: Callable[[str], str]) -> Spoiler:
        """Change a share of a column's cells."""
        cells, right = self.dirt.dirty[title], self.dirt.clean[title]
        for row in np.flatnonzero(self.random.random(len(cells)) < share).tolist():
            if cells[row] == right[row] and cells[row]:
                cells[row] = how(cells[row])
        return self

    def missing(self, share: float, *titles: str, spelled: str = "") -> Spoiler:
        """Take values out."""
        for title in titles:
            self.spoil(title, share, lambda _: spelled)
        return self

    def typos(self, share: float, *titles: str) -> Spoiler:
        """Slips of the finger: a character changed, left out, doubled or exchanged."""
        for title in titles:
            self.spoil(title, share, self._slip)
        return self

    def swapped(self, share: float, *titles: str) -> Spoiler:
        """Another value of the column: the dependency on its row's others is violated."""
        for title in titles:
            values = sorted(set(self.dirt.clean[title]))
            self.spoil(title, share, partial(self._other, values))
        return self

    def _other(self, values: list[str], _: str) -> str:
        return str(self.random.choice(values))

    def _slip(self, text: str) -> str:
        at = int(self.random.integers(len(text)))
        letter = "abcdefghijklmnopqrstuvwxyz"[int(self.random.integers(26))]
        kind = int(self.random.integers(4))
        if kind == 0:
            return text[:at] + letter + text[at + 1 :]
        if kind == 1 and len(text) > 2:
            return text[:at] + text[at + 1 :]
        if kind == 2 and at + 1 < len(text):
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        return text[:at] + letter + text[at:]


def _first(columns: Columns, rows: int = MOST_ROWS) -> Columns:
    return {title: cells[:rows] for title, cells in columns.items()}


def hospital(seed: int) -> Dirt:
    """The clean hospital table with errors of other kinds."""
    made = Spoiler("hospital, other errors", read(SHARED / "dirty-hospital" / "clean.csv"), seed)
    made.typos(0.03, "HospitalName", "City", "Condition", "MeasureName", "HospitalOwner")
    made.missing(0.03, "CountyName", "PhoneNumber").missing(0.03, "State", spelled="NULL")
    made.swapped(0.04, "ZipCode", "MeasureCode", "City")
    made.spoil("PhoneNumber", 0.04, lambda text: f"({text[:3]}) {text[3:6]}-{text[6:]}")
    return made.spoil("HospitalType", 0.04, str.upper).dirt


def beers(seed: int) -> Dirt:
    """The clean beers table with errors of other kinds."""
    made = Spoiler("beers, other errors", read(SHARED / "dirty-beers" / "clean.csv"), seed)
    made.typos(0.04, "city", "brewery-name", "style").swapped(0.05, "state", "brewery-name")
    made.spoil("abv", 0.1, lambda text: f"{float(text) * 100:g}%")
    made.spoil("ibu", 0.08, lambda text: f"{text} IBU")
    return made.missing(0.05, "ounces", spelled="-").missing(0.04, "state").dirt


def bank(seed: int) -> Dirt:
    """Bank marketing: few columns depend on others, so few kinds of error can be told."""
    clean = _first(read(SHARED / "bank-marketing" / "bank-full.csv.gz", ";"))
    made = Spoiler("bank-marketing", clean, seed)
    made.typos(0.03, "job", "marital", "education", "month", "contact")
    made.missing(0.03, "age", spelled="N/A").missing(0.04, "balance", "day")
    made.spoil("duration", 0.06, lambda text: f"{text} sec")
    return made.spoil("marital", 0.03, str.capitalize).dirt


def bikes(seed: int) -> Dirt:
    """Bike sharing by day."""
    made = Spoiler("bike-sharing", read(SHARED / "bike-sharing" / "day.csv"), seed)
    made.missing(0.04, "temp", "hum").missing(0.04, "windspeed", spelled="?")
    made.spoil("dteday", 0.08, lambda text: f"{text[5:7]}/{text[8:]}/{text[:4]}")
    made.spoil("cnt", 0.08, lambda text: f"{int(text):,}")
    return made.typos(0.03, "registered", "casual").dirt


def credit(seed: int) -> Dirt:
    """German credit, with its categories in words."""
    made = Spoiler("german-credit", read(SHARED / "german-credit" / "german_credit.csv"), seed)
    words = [
        title
        for title, cells in made.dirt.clean.items()
        if any(map(str.isalpha, cells[0])) and len(set(cells)) < 20
    ]
    numbers = [title for title, cells in made.dirt.clean.items() if all(map(str.isdigit, cells))]
    made.typos(0.03, *words[:8]).missing(0.04, *numbers[1:3])
    return made.missing(0.04, *words[8:10], spelled="n/a").dirt


def music(seed: int) -> Dirt:
    """Chinook's tracks with their albums, artists and genres."""
    query = (
        "SELECT TrackId, Track.Name, Album.Title, Album.AlbumId, Artist.Name, MediaType.Name, "
        "Genre.Name, Milliseconds, UnitPrice FROM Track JOIN Album USING (AlbumId) "
        "JOIN Artist USING (ArtistId) JOIN MediaType USING (MediaTypeId) JOIN Genre USING (GenreId)"
    )
    titles = ("track_id", "track", "album", "album_id", "artist", "media", "genre", "ms", "price")
    with closing(sqlite3.connect(SHARED / "chinook" / "Chinook_Sqlite.sqlite")) as connection:
        rows = connection.execute(query).fetchall()
    clean = {title: [str(row[at] or "") for row in rows] for at, title in enumerate(titles)}
    made = Spoiler("chinook tracks", clean, seed)
    made.typos(0.03, "artist", "album", "genre").swapped(0.04, "artist", "album_id")
    made.missing(0.04, "media", "artist").spoil("price", 0.1, lambda text: f"${text}")
    return made.spoil("ms", 0.07, lambda text: f"{int(text):,}").dirt


def customers(seed: int) -> Dirt:
    """Chinook's invoices with their customers."""
    query = (
        "SELECT InvoiceId, FirstName, LastName, Email, BillingCity, BillingCountry, "
        "BillingPostalCode, InvoiceDate, Total FROM Invoice JOIN Customer USING (CustomerId)"
    )
    titles = (
        "invoice",
        "first_name",
        "last_name",
        "email",
        "city",
        "country",
        "postal",
        "date",
        "total",
    )
    with closing(sqlite3.connect(SHARED / "chinook" / "Chinook_Sqlite.sqlite")) as connection:
        rows = connection.execute(query).fetchall()
    clean = {title: [str(row[at] or "") for row in rows] for at, title in enumerate(titles)}
    made = Spoiler("chinook invoices", clean, seed)
    made.typos(0.04, "first_name", "city", "email").swapped(0.05, "country", "last_name")
    made.spoil("date", 0.1, lambda text: f"{text[8:10]}/{text[5:7]}/{text[:4]}")
    return made.missing(0.05, "country", "postal").dirt


REAL: Sequence[str] = ("dirty-hospital", "dirty-beers")
SPOILED: Sequence[Callable[[int], Dirt]] = (
    hospital,
    beers,
    bank,
    bikes,
    credit,
    music,
    customers,
)
