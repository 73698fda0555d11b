"""What may be said of an error: its words only where they cannot quote a cell.

A database that cannot convert a cell, a parser that stumbles over a line and a validator all quote
what they were given, and that may be a person's. Errors of this package and of AWS's clients speak
of events, rows of the record table and names of resources; of all others the type and the place in
the code are told, which is what mending them takes.
"""

from __future__ import annotations

import functools
import traceback
from typing import IO, TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from lifecycle.errors import LifecycleError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

WITHHELD = "its words may quote data and are not told"
MOST_CAUSES = 10

type ExcInfo = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


def told(error: BaseException) -> str:
    """An error in one line, without a word that may come from data."""
    name = type(error).__name__
    if isinstance(error, LifecycleError) or type(error).__module__.startswith("botocore."):
        return f"{name}: {error}"
    return f"{name}: {WITHHELD}"


def told_with_places(error: BaseException) -> str:
    """An error and what caused it, each with where in the code it passed by."""
    lines: list[str] = []
    current: BaseException | None = error
    while current is not None and len(lines) < MOST_CAUSES:
        places = [
            f"  {frame.filename}:{frame.lineno} in {frame.name}"
            for frame in traceback.extract_tb(current.__traceback__)
        ]
        lines.append("\n".join([told(current), *places]))
        following = current.__cause__ or (
            None if current.__suppress_context__ else current.__context__
        )
        current = following
    return "\ncaused by ".join(lines)


class WithheldError(LifecycleError):
    """Stands for an error whose words may quote data, where Lambda itself would log them."""


def withholding[**P, R](handler: Callable[P, R]) -> Callable[P, R]:
    """A handler whose errors leave it without words of others: Lambda logs whatever leaves it."""

    @functools.wraps(handler)
    def handle(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return handler(*args, **kwargs)
        except Exception as error:  # noqa: BLE001  (whatever it is, its words stay here)
            words = told_with_places(error)
        # Outside of the block, so that the error does not travel along as this one's context.
        raise WithheldError(words)

    return handle


class RedactingFormatter(LambdaPowertoolsFormatter):
    """Powertools' structured log line, with errors told as above."""

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802  (logging's name)
        """Tell of an exception."""
        return told_with_places(ei[1]) if ei[1] is not None else ""

    def _serialize_stacktrace(self, log_record: Any) -> None:
        """Powertools' own structure would hold the exception's words a second time."""

    def _extract_log_exception(self, log_record: Any) -> Any:
        """Notes on an exception are words as well."""
        text, name, _ = super()._extract_log_exception(log_record)
        return text, name, None


def logger(service: str = "baton", stream: IO[str] | None = None) -> Logger:
    """The one way to a log: lines of one form, no cell in them.

    Args:
        service: what each line says it is of.
        stream: where they go; standard output, which Lambda reads, unless told.
    """
    return Logger(service=service, stream=stream, logger_formatter=RedactingFormatter())
