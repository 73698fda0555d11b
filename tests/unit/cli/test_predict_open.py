"""`baton predict` asks the endpoint; `baton open` brings a run's reports to a folder."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders import RUN, problem_record

if TYPE_CHECKING:
    from collections.abc import Iterator


class Endpoint(BaseHTTPRequestHandler):
    """SageMaker's runtime, with one endpoint named churn that always says Yes."""

    def do_POST(self) -> None:
        """Answer InvokeEndpoint (REST-JSON)."""
        rows = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["instances"]
        if self.path.startswith("/endpoints/churn/"):
            self._send(200, {"predictions": [{"label": "Yes", "score": 0.75} for _ in rows]})
        else:
            self._send(400, {"message": "Endpoint missing not found."}, "ValidationError")

    def _send(self, status: int, document: Any, error: str = "") -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if error:
            self.send_header("x-amzn-ErrorType", error)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture
def runtime(cloud: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A runtime that answers on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", address)
    yield
    server.shutdown()
    server.server_close()


def test_rows_of_a_file_are_answered_in_their_order(
    runtime: None, baton: Any, tmp_path: Path
) -> None:
    """However many requests it takes, there is one answer a row."""
    rows = tmp_path / "rows.csv"
    rows.write_text("a\n" + "1\n" * 450)

    answer = baton.json("predict", "churn", rows)

    assert len(answer["predictions"]) == 450
    assert answer["predictions"][0] == {"label": "Yes", "score": 0.75}


def test_one_row_or_standard_input_will_do(runtime: None, baton: Any) -> None:
    """A row on the command line, JSON or CSV through a pipe: all the same to the endpoint."""
    assert "Yes" in baton("predict", "churn", '{"a": 1}').stdout
    assert len(baton.json("predict", "churn", "-", stdin='[{"a":1},{"a":2}]')["predictions"]) == 2
    assert len(baton.json("predict", "churn", "-", stdin="a,b\n1,2\n")["predictions"]) == 1
    assert len(baton.json("predict", "churn", "-", stdin='{"a":1}\n{"a":2}\n')["predictions"]) == 2


def test_a_problem_without_a_model_says_so(runtime: None, cloud: Any, baton: Any) -> None:
    """A missing endpoint is told as what it is: no model answers yet."""
    cloud.write(problem_record(problem="fraud"))

    result = baton("predict", "fraud", "{}")

    assert result.exit_code == 1
    assert "fraud has no model that answers yet" in result.stderr
    assert "baton why fraud" in result.stderr


def test_batch_problems_point_to_scoring_files(runtime: None, cloud: Any, baton: Any) -> None:
    """Where there is no endpoint on purpose, the way to score is told."""
    row = problem_record("deploy: {mode: batch}\n", problem="fraud", champion=RUN)
    cloud.write(row)

    assert "--as score" in baton("predict", "fraud", "{}").stderr


@pytest.mark.parametrize("row", ["[1, 2]", "nonsense", '"text"', "[]", "{"])
def test_rows_that_are_none_are_told(baton: Any, row: str) -> None:
    """A row is a JSON object; anything else is refused before anything is asked."""
    result = baton("predict", "churn", row)

    assert result.exit_code == 1
    assert "row" in result.stderr


def test_reports_come_with_a_page_that_leads_to_them(
    cloud: Any, baton: Any, tmp_path: Path
) -> None:
    """Every report of the current run is brought, and an index to open."""
    cloud.write(problem_record(last_run=RUN))
    for name in ("evaluation.html", "evaluation.json", "bias.html"):
        cloud.stack.client("s3").put_object(
            Bucket="lake", Key=f"churn/runs/{RUN}/reports/{name}", Body=b"<p>report"
        )

    answer = baton.json("open", "churn", "--no-browser", "--into", tmp_path)
    words = ("--no-browser", "--into", tmp_path, "--report", "bias")
    text = baton("open", "churn", *words).stdout

    assert {Path(name).name for name in answer["files"]} == {
        "evaluation.html",
        "evaluation.json",
        "bias.html",
    }
    assert 'href="bias.html"' in (tmp_path / "index.html").read_text()
    assert text.splitlines()[0].endswith("bias.html")


def test_reports_that_are_not_there_are_told(cloud: Any, baton: Any, tmp_path: Path) -> None:
    """No run, no reports yet, or no such problem: each has its sentence, and leaves no folder."""
    cloud.write(problem_record(), problem_record(problem="fraud", last_run=RUN))

    def told(name: str) -> str:
        return str(baton("open", name, "--no-browser", "--into", tmp_path / name).stderr)

    assert "churn has no run yet" in told("churn")
    assert "has no reports yet" in told("fraud")
    assert "no problem named x" in told("x")
    assert list(tmp_path.iterdir()) == []
