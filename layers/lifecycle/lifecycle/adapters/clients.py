"""boto3 clients, made on first use and kept for the life of the worker."""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def client(service: str) -> Any:
    """A client of an AWS service, with retries that back off and wait out throttling."""
    import boto3
    from botocore.config import Config

    config = Config(
        retries={"mode": "standard", "max_attempts": 5},
        connect_timeout=5,
        read_timeout=60,
        tcp_keepalive=True,
        max_pool_connections=32,
    )
    make: Any = boto3.client  # its stubs know services by literal name only
    return make(service, config=config)
