"""Times as texts: ISO 8601 in UTC, which sort as they pass."""

from __future__ import annotations

from datetime import UTC, datetime


def parse_time(text: str) -> datetime:
    """The moment an ISO 8601 text names; without a zone it is UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def seconds_between(earlier: str, later: str) -> float:
    """Seconds from one moment to another; negative when the order is the other way round."""
    return (parse_time(later) - parse_time(earlier)).total_seconds()


def now() -> str:
    """This moment, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
