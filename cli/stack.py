"""The deployed stack: found by its name alone, on AWS and on the laptop."""

from __future__ import annotations

import os
import shlex
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.errors import CliError, NotReachedError, StackMissingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

STACK_VARIABLE = "BATON_STACK"
ENVIRONMENT_VARIABLE = "BATON_ENV"
"""Names another file than ``.baton/env``; ``none`` switches reading one off."""


def default_stack() -> str:
    """Name the stack to follow: ``BATON_STACK``, or ``baton``."""
    return os.environ.get(STACK_VARIABLE) or "baton"


def environment_file(environment: Mapping[str, str], folder: Path) -> Path | None:
    """Find the file that `make up` wrote: in its state folder, here, above, or by the source."""
    named = environment.get(ENVIRONMENT_VARIABLE)
    if named:
        return None if named == "none" else Path(named)
    states = [Path(environment["BATON_STATE"])] if environment.get("BATON_STATE") else []
    states += [place / ".baton" for place in (folder, *folder.parents)]
    states.append(Path(__file__).resolve().parent.parent / ".baton")
    return next((state / "env" for state in states if (state / "env").is_file()), None)


def read_environment(file: Path) -> dict[str, str | None]:
    """Read the variables that sourcing a file would set; None for those that it would unset."""
    found: dict[str, str | None] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] == ["unset"]:
            found |= dict.fromkeys(words[1:])
        elif words[:1] == ["export"]:
            found |= dict(word.split("=", 1) for word in words[1:] if "=" in word)
    return found


def meet_laptop() -> None:
    """Set the laptop cloud's variables, unless an address is set or there is no such cloud."""
    if os.environ.get("AWS_ENDPOINT_URL"):
        return
    file = environment_file(os.environ, Path.cwd())
    if file is None:
        return
    try:
        found = read_environment(file)
    except OSError as error:
        raise CliError(
            f"{file} cannot be read: {error.strerror}", f"Mend {ENVIRONMENT_VARIABLE}."
        ) from error
    for name, value in found.items():
        if not name.startswith("AWS_"):
            continue
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


class Stack:
    """A deployed stack: its outputs, its resources, and clients to reach them."""

    def __init__(self, name: str, outputs: Mapping[str, str], session: Any) -> None:
        """Take what `open` found; nothing is asked here."""
        self.name = name
        self.outputs = dict(outputs)
        self._session = session
        self._clients: dict[str, Any] = {}

    @classmethod
    def open(cls, name: str | None = None) -> Stack:
        """Find the stack and read its outputs.

        Args:
            name: the stack's name; ``BATON_STACK`` or ``baton`` when left out.

        Raises:
            StackMissingError: it is not deployed here, or not whole.
        """
        import boto3
        from botocore.exceptions import ClientError

        meet_laptop()
        session = boto3.Session()
        wanted = name or default_stack()
        client = session.client("cloudformation", config=_config())
        try:
            found = client.describe_stacks(StackName=wanted)["Stacks"][0]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":
                raise
            raise StackMissingError(*_missing(wanted, client)) from error
        outputs = {item["OutputKey"]: item["OutputValue"] for item in found.get("Outputs", [])}
        if "RecordTable" not in outputs:
            raise StackMissingError(
                f"Stack {wanted} is {found['StackStatus']} and has no outputs.",
                "Wait until it is deployed, or look at its events in CloudFormation.",
            )
        return cls(wanted, outputs, session)

    def client(self, service: str, *, attempts: int = 5, seconds: int = 70) -> Any:
        """Make, once, a client of an AWS service that waits so long for an answer."""
        key = f"{service}/{attempts}/{seconds}"
        if key not in self._clients:
            config = _config(attempts, seconds)
            self._clients[key] = self._session.client(service, config=config)
        return self._clients[key]

    @property
    def region(self) -> str:
        """The Region that the caller chose."""
        return str(self._session.region_name)

    def credentials(self) -> Any:
        """The caller's credentials, frozen for one signature.

        Raises:
            NotReachedError: there are none.
        """
        found = self._session.get_credentials()
        if found is None:
            raise NotReachedError("There are no AWS credentials.", "Log in to AWS.")
        return found.get_frozen_credentials()

    def output(self, key: str) -> str:
        """Return one of the stack's outputs.

        Raises:
            StackMissingError: the stack, perhaps an older one, has none of this name.
        """
        if key not in self.outputs:
            raise StackMissingError(
                f"Stack {self.name} has no output {key}.", "Deploy the newest template."
            )
        return self.outputs[key]

    @cached_property
    def resources(self) -> dict[str, tuple[str, str]]:
        """The stack's resources: logical id → (type, physical id)."""
        return {
            item["LogicalResourceId"]: (item["ResourceType"], item.get("PhysicalResourceId", ""))
            for item in self._summaries()
        }

    def _summaries(self) -> Iterator[dict[str, Any]]:
        pages = self.client("cloudformation").get_paginator("list_stack_resources")
        for page in pages.paginate(StackName=self.name):
            yield from page["StackResourceSummaries"]

    def of_type(self, kind: str) -> dict[str, str]:
        """The stack's resources of one CloudFormation type: logical id → physical id."""
        return {name: found for name, (type_, found) in self.resources.items() if type_ == kind}


def _config(attempts: int = 5, seconds: int = 70) -> Any:
    from botocore.config import Config

    return Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=5,
        read_timeout=seconds,
        tcp_keepalive=True,
    )


def _missing(name: str, client: Any) -> tuple[str, str]:
    where = os.environ.get("AWS_ENDPOINT_URL") or f"AWS, Region {client.meta.region_name}"
    cure = (
        "On AWS: `sam build && sam deploy`; on a laptop: `make up`, and wait until it is ready. "
        f"Another name: `--stack` or {STACK_VARIABLE}."
    )
    return f"No stack named {name} is deployed ({where}).", cure
