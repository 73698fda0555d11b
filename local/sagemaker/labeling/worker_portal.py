"""The worker portal: what a workteam's members see and send, as pages and as JSON.

Everything lies below a team's link (`Workteam.SubDomain`):

    GET  <link>                          sign in, then the open jobs
    GET  <link>/jobs/<job>               the next task; POST …/<job>/<task> answers it
    GET  <link>/api/jobs?worker=<name>   open jobs
    POST <link>/api/jobs/<job>/next      {"worker": …}: the next task, or {"task": null}
    POST <link>/api/jobs/<job>/<task>    {"worker": …, "answer": {…}}: the answer, in the form that
                                         the crowd elements give; …/decline gives it back
"""

from __future__ import annotations

import json
import re
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, unquote

from local.sagemaker.api.errors import ApiError, ResourceNotFound, ValidationException
from local.sagemaker.api.rest import Answer
from local.sagemaker.labeling.labeling_states import KIND as JOB
from local.sagemaker.labeling.liquid import LiquidError, render
from local.sagemaker.labeling.worker_portal_crowd import to_answer, to_forms
from local.sagemaker.labeling.worker_portal_pages import frame, job_list, sign_in, task_page
from local.sagemaker.labeling.workteams import KIND as TEAM
from local.sagemaker.labeling.workteams import PORTAL, link
from local.sagemaker.objects import ObjectsError

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from local.sagemaker.labeling.labeling_run import LabelingRun
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]
type Fields = dict[str, list[str]]

_WORKER = re.compile(r"[A-Za-z0-9_.@-]{1,64}")
_HTML = {"Content-Type": "text/html; charset=utf-8"}
_IMAGES = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif"}


def answer_portal(
    platform: Platform, method: str, target: SplitResult, headers: dict[str, str], body: bytes
) -> Answer:
    """Answer one request below `/_labeling`; raises `ApiError`."""
    path, query = target.path, target.query
    name, _, rest = path.removeprefix(f"{PORTAL}/").partition("/")
    key, _, inner = rest.partition("/")
    team = platform.store.find(TEAM, unquote(name))
    if team is None or link(platform, team).rpartition("/")[2] != key:
        raise ApiError("There is no such portal", code="ResourceNotFound", status=404)
    visit = _Visit(platform, team, f"{PORTAL}/{name}/{key}", headers)
    parts = [unquote(part) for part in inner.split("/") if part]
    if parts[:1] == ["api"]:
        return visit.api(method, parts[1:], parse_qs(query), body)
    return visit.page(method, parts, parse_qs(query), body)


class _Visit:
    """One request of one worker."""

    def __init__(
        self, platform: Platform, team: Document, root: str, headers: dict[str, str]
    ) -> None:
        self._platform, self._team, self._root = platform, team, root
        lowered = {name.lower(): value for name, value in headers.items()}
        cookie = SimpleCookie(lowered.get("cookie", "")).get("worker")
        self._worker = cookie.value if cookie and _WORKER.fullmatch(cookie.value) else ""

    def api(
        self, method: str, parts: list[str], query: dict[str, list[str]], body: bytes
    ) -> Answer:
        """The JSON side."""
        try:
            given = json.loads(body or b"{}")
        except ValueError as error:
            raise ValidationException(f"The body is not JSON: {error}") from error
        worker = self._identity(str(given.get("worker") or query.get("worker", [""])[0]))
        if (method, parts) == ("GET", ["jobs"]):
            return _json({"jobs": self._jobs(worker)})
        match method, parts:
            case "POST", ["jobs", job, "next"]:
                return _json({"task": self._next(self._run(job), worker)})
            case "POST", ["jobs", job, index, "decline"]:
                self._run(job).tasks.decline(worker, _number(index))
                return _json({})
            case "POST", ["jobs", job, index]:
                answer = given.get("answer")
                if not isinstance(answer, dict):
                    raise ValidationException("answer must be a JSON object")
                self._run(job).tasks.submit(worker, _number(index), answer)
                return _json({})
        raise ApiError("There is no such page", code="ResourceNotFound", status=404)

    def page(
        self, method: str, parts: list[str], query: dict[str, list[str]], body: bytes
    ) -> Answer:
        """The side of HTML."""
        fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
        if (method, parts) == ("POST", ["sign-in"]):
            return self._signed_in(fields.get("worker", [""])[0])
        if not self._worker:
            return self._shown("Sign in", sign_in(self._root))
        worker = self._identity(self._worker)
        match method, parts:
            case "GET", []:
                return self._shown("Jobs", job_list(self._root, self._jobs(worker)))
            case "GET", ["jobs", job]:
                return self._task(job, worker)
            case "GET", ["jobs", job, index, "object"]:
                return self._object(job, _number(index), query.get("uri", [""])[0])
            case "POST", ["jobs", job, index, *rest]:
                return self._sent(self._run(job), worker, (_number(index), rest), fields)
        raise ApiError("There is no such page", code="ResourceNotFound", status=404)

    def _sent(
        self, run: LabelingRun, worker: str, place: tuple[int, list[str]], fields: Fields
    ) -> Answer:
        """Take a sent form, or the task back, and go on to the next task."""
        index, rest = place
        if rest == ["decline"]:
            run.tasks.decline(worker, index)
        else:
            try:
                answer = to_answer(fields)
            except ValueError as error:
                raise ValidationException(f"The answer is not JSON: {error}") from error
            run.tasks.submit(worker, index, answer)
        return self._to(f"/jobs/{quote(run.job['LabelingJobName'])}")

    def _signed_in(self, worker: str) -> Answer:
        self._identity(worker)
        kept = f"worker={worker}; Path={self._root}; HttpOnly; SameSite=Lax"
        return Answer(303, {"Location": self._root, "Set-Cookie": kept}, b"")

    def _identity(self, worker: str) -> str:
        """The worker's id as annotations have it, `private.<region>.<name>`."""
        if not _WORKER.fullmatch(worker):
            raise ValidationException("worker must be a name of letters, digits, and _ . @ -")
        return f"private.{self._platform.region}.{worker}"

    def _jobs(self, worker: str) -> list[Document]:
        found = []
        for (kind, name), run in list(self._platform.active.items()):
            if kind == JOB and self._ours(run) and (tasks := run.tasks.waiting_for(worker)):
                human = run.job["HumanTaskConfig"]
                told = {"title": human["TaskTitle"], "description": human["TaskDescription"]}
                found.append({"job": name, "tasks": tasks} | told)
        return found

    def _ours(self, run: LabelingRun) -> bool:
        return bool(run.job["HumanTaskConfig"]["WorkteamArn"] == self._team["WorkteamArn"])

    def _run(self, job: str) -> LabelingRun:
        run: LabelingRun | None = self._platform.active.get((JOB, job))
        if run is None or not self._ours(run):
            raise ResourceNotFound(f"Job {job} has no open tasks")
        return run

    def _next(self, run: LabelingRun, worker: str) -> Document | None:
        item = run.tasks.take(worker)
        if item is None:
            return None
        return {
            "id": item["index"],
            "job": run.job["LabelingJobName"],
            "input": item["input"],
            "deadline": item["deadline"],
        }

    def _task(self, job: str, worker: str) -> Answer:
        found = self._platform.active.get((JOB, job))
        item = found.tasks.take(worker) if found is not None and self._ours(found) else None
        if found is None or item is None:
            return self._to("")
        place = f"{self._root}/jobs/{quote(job)}/{item['index']}/object?uri="
        try:
            filled = render(
                found.template,
                {"task": {"input": item["input"]}},
                lambda uri: place + quote(uri, safe="") if uri.startswith("s3://") else uri,
            )
        except LiquidError as error:
            raise ValidationException(f"The template cannot be filled: {error}") from error
        body = task_page(self._root, found.job, item["index"], to_forms(filled))
        return self._shown(found.job["HumanTaskConfig"]["TaskTitle"], body)

    def _object(self, job: str, index: int, uri: str) -> Answer:
        """An object of S3 that a task shows, read under the job's role; no other."""
        run = self._run(job)
        item = next((one for one in run.tasks.all() if one["index"] == index), None)
        if item is None or f'"{uri}"' not in json.dumps(item["input"], ensure_ascii=False):
            raise ApiError("The task does not show this", code="ResourceNotFound", status=404)
        try:
            content = self._platform.objects.read(uri, run.job["RoleArn"])
        except ObjectsError as error:
            raise ResourceNotFound(str(error)) from error
        kind = _IMAGES.get(uri.rpartition(".")[2].lower(), "application/octet-stream")
        return Answer(200, {"Content-Type": kind}, content)

    def _shown(self, title: str, body: str) -> Answer:
        page = frame(title, body, team=self._team["WorkteamName"], worker=self._worker)
        return Answer(200, _HTML, page)

    def _to(self, place: str) -> Answer:
        return Answer(303, {"Location": f"{self._root}{place}"}, b"")


def _json(document: Document) -> Answer:
    body = json.dumps(document, ensure_ascii=False).encode()
    return Answer(200, {"Content-Type": "application/json"}, body)


def _number(text: str) -> int:
    if not text.isdigit():
        raise ValidationException(f"{text} is no task")
    return int(text)
