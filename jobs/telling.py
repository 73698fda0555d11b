"""What a job may say of an error: its words only where they cannot quote a cell.

A message becomes the job's ExitMessage, an event and an alert, and a traceback goes into the log.
The jobs' own errors are worded for people; of all others (a database's, a parser's, Python's own)
the type and the place in the code are told.
"""

from __future__ import annotations

import traceback
from typing import Iterator

OWN = (
    *("job_folders", "row_files", "serving_package", "online_store", "evaluate", "score"),
    *("served_model", "inference", "science."),
)
"""Modules whose errors are worded here, and quote no cell."""
WITHHELD = "its words may quote data and are not told"


def told(error: BaseException) -> str:
    """An error in one line."""
    kind = type(error)
    if kind.__module__.startswith(OWN):
        return f"{kind.__name__}: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({frames[-1].name}, line {frames[-1].lineno})" if frames else ""
    return f"{kind.__name__}{place}: {WITHHELD}"


def told_with_places(error: BaseException) -> str:
    """An error and what caused it, each with where in the code it passed by."""
    return "\ncaused by ".join(
        "\n".join(
            [
                told(each),
                *(
                    f"  {frame.filename}:{frame.lineno} in {frame.name}"
                    for frame in traceback.extract_tb(each.__traceback__)
                ),
            ]
        )
        for each in _chain(error)
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or (
            None if current.__suppress_context__ else current.__context__
        )
