"""Where the laptop cloud lives: its folders, its port and its administrator's credentials."""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
REGION = "us-east-1"
STACK = "baton"
#: The access key's id may be known to all; its secret is drawn at random once per state folder.
ACCESS_KEY_ID = "AKIABATONLAPTOP00000"
#: The identity of the local SageMaker: it alone may take on the roles that trust SageMaker.
SAGEMAKER_ACCESS_KEY_ID = "AKIABATONSAGEMAKER00"

_PARAMETER = re.compile(r"[A-Za-z0-9]+=[^=].*|[A-Za-z0-9]+=", re.DOTALL)


class SettingsError(Exception):
    """A setting is wrong; the message says which one and what it may be."""


@dataclass(frozen=True)
class Settings:
    """One laptop cloud: everything it is and where it keeps what."""

    port: int
    state: Path
    template: Path
    root: Path = ROOT
    parameters: tuple[str, ...] = ()

    @classmethod
    def from_environment(cls, template: Path | None = None) -> Settings:
        """Read the variables of `docs/laptop.md`; the template is the repository's unless named.

        Raises:
            SettingsError: when `BATON_PORT` is no port number, or `BATON_PARAMETERS` are not such
                as `Name=value`.
        """
        port = os.environ.get("BATON_PORT") or "4566"
        if not port.isdigit() or not 1 <= int(port) <= 65_535:
            raise SettingsError(f"BATON_PORT is {port!r}; it must be a number from 1 to 65535")
        state = Path(os.environ.get("BATON_STATE") or ROOT / ".baton").resolve()
        chosen = (template or ROOT / "template.yaml").resolve()
        return cls(int(port), state, chosen, parameters=_parameters())

    @property
    def endpoint_url(self) -> str:
        """The one address that answers for every service."""
        return f"http://{HOST}:{self.port}"

    @property
    def environments(self) -> Path:
        """The folder of the virtual environments that `make setup` fills."""
        return self.root / ".venvs"

    @property
    def logs(self) -> Path:
        """The folder of the log files, one a part."""
        return self.state / "logs"

    @property
    def process_file(self) -> Path:
        """Names the running processes, so that `down` finds them."""
        return self.state / "processes.json"

    @property
    def health_file(self) -> Path:
        """What `GET /_baton/health` answers."""
        return self.state / "health.json"

    @property
    def call_file(self) -> Path:
        """Every kind of call that roles made, where `BATON_RECORD_CALLS` asks for it."""
        return self.state / "calls.jsonl"

    @property
    def port_file(self) -> Path:
        """The port that the saved state was made with; addresses in it carry the port."""
        return self.state / "port"

    @property
    def environment_file(self) -> Path:
        """The file to `source` before talking to the cloud."""
        return self.state / "env"

    @cached_property
    def secret_access_key(self) -> str:
        """The administrator's secret: made on first use, in a file that only its owner reads."""
        file = self.state / "credentials.json"
        if not file.exists():
            self.state.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as stream:
                json.dump({"secret_access_key": secrets.token_urlsafe(30)}, stream)
        secret: str = json.loads(file.read_text())["secret_access_key"]
        return secret

    def client_environment(self) -> dict[str, str]:
        """The variables with which any AWS client talks to this cloud as its administrator."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
        }

    def write_environment_file(self) -> None:
        """Write `.baton/env`: after `source .baton/env` every AWS client talks to this cloud."""
        lines = [f"export {name}='{value}'" for name, value in self.client_environment().items()]
        lines += [
            "unset AWS_SESSION_TOKEN AWS_PROFILE",
            f"export BATON_PORT='{self.port}'",
            f'export PATH="{self.root / ".venv/bin"}:{self.environments / "sam/bin"}:$PATH"',
        ]
        self.environment_file.touch(mode=0o600)
        self.environment_file.write_text("\n".join(lines) + "\n")


def _parameters() -> tuple[str, ...]:
    """The template's parameters that `BATON_PARAMETERS` gives, each as `Name=value`."""
    text = os.environ.get("BATON_PARAMETERS", "")
    try:
        found = shlex.split(text)
    except ValueError as error:
        raise SettingsError(f"BATON_PARAMETERS is {text!r}: {error}") from error
    if wrong := [each for each in found if not _PARAMETER.fullmatch(each)]:
        raise SettingsError(
            f"BATON_PARAMETERS has {', '.join(map(repr, wrong))}; each must be such as "
            "LargeFromRows=5000, with blanks between them and values with blanks in quotes"
        )
    return tuple(found)
