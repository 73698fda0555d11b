"""Clients of the cloud that the local SageMaker belongs to, under its own or a job's role."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
)
from botocore.parsers import ResponseParserError

from local.sagemaker.api.errors import ValidationException

CLOUD_ERRORS = (BotoCoreError, ClientError, ResponseParserError)
"""What a call to the cloud may raise; the last when its endpoint speaks another protocol."""
AWAY_SECONDS = 30.0
"""A laptop cloud that was killed is back before: so long is it waited for, by no job's fault."""
_LOOK_SECONDS = 0.25
_AWAY = (ConnectionClosedError, EndpointConnectionError)
FUNCTION_SECONDS = 600  # the longest that a Lambda step waits (page "Lambda step")
ROLE_SECONDS = 2_400.0  # credentials of an assumed role last an hour; they are renewed well before
_REFUSED = frozenset({"AccessDenied", "AccessDeniedException", "NoSuchEntity", "ValidationError"})
_log = logging.getLogger(__name__)


class Clients:
    """Makes each client once; safe to use from many threads."""

    def __init__(self, endpoint_url: str, region: str) -> None:
        """Remember where to; nothing is made yet.

        Args:
            endpoint_url: Where every service answers; empty for the SDK's own choice.
            region: The Region.
        """
        self._endpoint_url = endpoint_url
        self._region = region
        self._lock = threading.RLock()
        self._session = botocore.session.get_session()
        self._clients: dict[tuple[str, str], Any] = {}
        self._roles: dict[str, tuple[float, dict[str, str]]] = {}
        self._closing = False

    def client(self, service: str, role: str = "") -> Any:
        """A client of a service; with `role`, under that role if it can be assumed."""
        credentials = self.role_environment(role) if role else {}
        key = (service, credentials.get("AWS_ACCESS_KEY_ID", ""))
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._make(service, credentials)
            return self._clients[key]

    def role_environment(self, role: str) -> dict[str, str]:
        """Environment variables with which a process acts under a role.

        Without an STS (an object store alone has none) the own credentials are left.

        Raises:
            ValidationException: When the role does not exist, or does not trust SageMaker.
        """
        with self._lock:
            known = self._roles.get(role)
            if known is None or known[0] < time.monotonic():
                known = (time.monotonic() + ROLE_SECONDS, self._assume(role))
                self._roles[role] = known
            return known[1]

    def process_environment(self, role: str) -> dict[str, str]:
        """What a job's process needs to reach the cloud: credentials, Region, endpoint."""
        environment = {"AWS_REGION": self._region, "AWS_DEFAULT_REGION": self._region}
        if self._endpoint_url:
            environment["AWS_ENDPOINT_URL"] = self._endpoint_url
        return environment | self.role_environment(role)

    def account(self) -> str:
        """The account of the own credentials; 000000000000 when nobody can tell."""
        try:
            return str(self.client("sts").get_caller_identity()["Account"])
        except CLOUD_ERRORS:
            return "000000000000"

    def close(self) -> None:
        """Wait no more for a cloud that is away: it will not be back."""
        self._closing = True

    def _pause(
        self, request_dict: dict[str, Any], caught_exception: Exception | None = None, **_: Any
    ) -> float | bool | None:
        """Seconds until a request is made again, while nobody listens where the cloud was.

        The event ``needs-retry`` of botocore: a number has the request made again after so many
        seconds, False gives it up, and None leaves that to botocore's own count of attempts.
        """
        if not isinstance(caught_exception, _AWAY):
            return None
        now = time.monotonic()
        away = now - request_dict["context"].setdefault("baton_away_since", now)
        return _LOOK_SECONDS if away < AWAY_SECONDS and not self._closing else False

    def _assume(self, role: str) -> dict[str, str]:
        try:
            answer = self.client("sts").assume_role(RoleArn=role, RoleSessionName="SageMaker")
        except CLOUD_ERRORS as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"] in _REFUSED:
                raise ValidationException(
                    f"Could not assume role {role}. Please ensure that the role exists and allows "
                    f"principal 'sagemaker.amazonaws.com' to assume the role."
                ) from error
            _log.info("acting without %s: %s", role, error)
            return self._own_environment()
        keys = answer["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
            "AWS_SESSION_TOKEN": keys["SessionToken"],
        }

    def _own_environment(self) -> dict[str, str]:
        found = self._session.get_credentials()
        if found is None:
            return {}
        frozen = found.get_frozen_credentials()
        own = {
            "AWS_ACCESS_KEY_ID": frozen.access_key,
            "AWS_SECRET_ACCESS_KEY": frozen.secret_key,
        }
        own["AWS_SESSION_TOKEN"] = frozen.token
        return {name: str(value) for name, value in own.items() if value}

    def _make(self, service: str, credentials: dict[str, str]) -> Any:
        local = "127.0.0.1" in self._endpoint_url or "localhost" in self._endpoint_url
        waits = service == "lambda"  # a call lasts as long as the function, and happens once
        config = Config(
            connect_timeout=5,
            read_timeout=FUNCTION_SECONDS if waits else 60,
            retries={"total_max_attempts": 1 if waits else 5, "mode": "standard"},
            max_pool_connections=32,
            s3={"addressing_style": "path"} if local else None,
        )
        client = self._session.create_client(
            service,
            region_name=self._region,
            endpoint_url=self._endpoint_url or None,
            config=config,
            aws_access_key_id=credentials.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=credentials.get("AWS_SECRET_ACCESS_KEY"),
            aws_session_token=credentials.get("AWS_SESSION_TOKEN"),
        )
        if local and not waits:
            pause: Any = self._pause  # the stubs know of handlers that answer nothing alone
            client.meta.events.register_first(f"needs-retry.{service}", pause)
        return client
