"""`baton open`: the console, or a run's reports, in a browser."""

from __future__ import annotations

import html
import tempfile
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import CliError
from cli.function_url import fetch
from cli.output import AsJson, console, print_json, verb
from cli.stack import Stack
from cli.story import Story

Problem = Annotated[
    str | None,
    typer.Argument(metavar="PROBLEM", help="whose reports; the console when left out"),
]
Run = Annotated[str | None, typer.Option("--run", help="another run than the current one")]
Report = Annotated[
    str | None, typer.Option("--report", help="open this one, such as evaluation, not the index")
]
Browser = Annotated[bool, typer.Option("--browser/--no-browser", help="open it, or print its path")]
Into = Annotated[
    Path | None, typer.Option("--into", help="keep the files in this folder, not a temporary one")
]


@verb
def open_(
    problem: Problem = None,
    *,
    run: Run = None,
    report: Report = None,
    into: Into = None,
    browser: Browser = True,
    as_json: AsJson = False,
) -> None:
    """Open the console, or the reports of a problem's current run."""
    stack = Stack.open()
    if problem is None:
        text, name = fetch(stack, stack.output("ConsoleUrl")), None
        page = _folder(into) / "console.html"
        page.write_bytes(text)
        files = [page]
    else:
        name = run or _current_run(stack, problem)
        keys = _reports(stack, problem, name)
        folder = _folder(into)
        files = _download(stack, keys, folder)
        page = _chosen(files, report) if report else _index(problem, name, files, folder)
    if as_json:
        print_json(
            {"problem": problem, "run": name, "page": str(page), "files": [str(f) for f in files]}
        )
    else:
        screen = console()
        for path in [page, *(file for file in files if file.suffix == ".html" and file != page)]:
            screen.print(str(path), soft_wrap=True)
    if browser:
        webbrowser.open(page.as_uri())


def _current_run(stack: Stack, problem: str) -> str:
    found = Story(stack).known(problem).last_run
    if found is None:
        raise CliError(f"{problem} has no run yet.", f"`baton why {problem}` tells why.")
    return found


def _folder(into: Path | None) -> Path:
    """The folder to keep files in, made once there is something to keep."""
    folder = into or Path(tempfile.mkdtemp(prefix="baton-"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _reports(stack: Stack, problem: str, run: str) -> list[str]:
    """The keys of a run's reports; HTML and JSON alike."""
    client = stack.client("s3")
    bucket = stack.output("LakeBucket")
    prefix = f"{problem}/runs/{run}/reports/"
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    if not keys:
        raise CliError(
            f"Run {run} of {problem} has no reports yet.", f"`baton why {problem}` tells why."
        )
    return keys


def _download(stack: Stack, keys: list[str], folder: Path) -> list[Path]:
    """Copy reports to a folder."""
    files = [folder / key.rsplit("/", 1)[-1] for key in keys]
    for key, target in zip(keys, files, strict=True):
        stack.client("s3").download_file(stack.output("LakeBucket"), key, str(target))
    return sorted(files)


def _chosen(files: list[Path], report: str) -> Path:
    pages = {file.stem: file for file in files if file.suffix == ".html"}
    if report not in pages:
        raise CliError(f"There is no report {report}.", f"There are: {', '.join(sorted(pages))}.")
    return pages[report]


def _index(problem: str, run: str, files: list[Path], folder: Path) -> Path:
    """Write a small page that leads to every report."""
    pages = [file for file in files if file.suffix == ".html"]
    items = "".join(f'<li><a href="{html.escape(f.name)}">{html.escape(f.stem)}</a>' for f in pages)
    style = (
        ":root{color-scheme:light dark}"
        "body{font:18px/1.7 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}"
        "li{text-transform:capitalize}"
    )
    page = folder / "index.html"
    page.write_text(
        f"<!doctype html><html lang=en><meta charset=utf-8>"
        f"<title>{html.escape(problem)}: run {html.escape(run)}</title><style>{style}</style>"
        f"<h1>{html.escape(problem)}</h1><p>Run {html.escape(run)}</p><ul>{items}</ul>",
        encoding="utf-8",
    )
    return page
