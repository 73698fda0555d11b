"""boto3 clients, made on first use and kept for the life of the worker."""

from __future__ import annotations

from functools import cache
from typing import Any

ATTEMPTS = 6
"""How often a request is tried in all, unless told otherwise."""


@cache
def client(service: str, attempts: int = ATTEMPTS) -> Any:
    """A client of an AWS service, with retries that back off and wait out throttling.

    Args:
        service: boto3's name of it.
        attempts: how often a request is tried in all. A request that got no answer in time may
            have taken effect, so one that must not be made twice is tried once.
    """
    import boto3
    from botocore.config import Config

    config = Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=5,
        read_timeout=60,
        tcp_keepalive=True,
        max_pool_connections=32,
    )
    make: Any = boto3.client  # its stubs know services by literal name only
    return make(service, config=config)
