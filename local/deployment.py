"""Brings `template.yaml` onto the laptop cloud by `sam build` and `sam deploy`, if it changed."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from local.processes import Child
from local.sagemaker.jobs.namespaces import can_leave_network
from local.settings import HOST, REGION, STACK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.settings import Settings

#: Where `sam deploy` puts its archives; samconfig.toml names it too.
ARTIFACTS_BUCKET = "baton-laptop-artifacts"
#: Whatever lies here beside the template is part of what gets deployed.
_SOURCES = ("samconfig.toml", "functions", "layers", "jobs", "glue", "events")
#: The files in which a deployment is saved.
_DEPLOYED_STATE = ("cloudformation.json", "lambda.json")
#: Template parameters that make the laptop answer sooner than a cloud that is paid for.
_PROMPT = ("RetrySeconds=60", 'ReconcileEvery="rate(1 minute)"')
#: Template parameters that say where things are on the laptop.
_PLACES = (f"ArtifactsBucket={ARTIFACTS_BUCKET}",)
_IGNORED = {"__pycache__", ".mypy_cache", ".ruff_cache"}


class DeploymentError(Exception):
    """`sam` failed; the message carries the end of its output."""


def source_files(template: Path) -> Iterator[Path]:
    """List every file that a deployment depends on, in a stable order."""
    yield template
    for name in _SOURCES:
        source = template.parent / name
        if source.is_file():
            yield source
        for folder, folders, files in os.walk(source):
            folders[:] = sorted(set(folders) - _IGNORED)
            for file in sorted(files):
                if not file.endswith(".pyc"):
                    yield Path(folder) / file


def digest(template: Path) -> str:
    """Return one digest over the template and everything it deploys."""
    total = hashlib.sha256()
    for file in source_files(template):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        total.update(f"{file.relative_to(template.parent)}\0{content}\n".encode())
    return total.hexdigest()


class Deployment:
    """One template on one laptop cloud."""

    def __init__(self, settings: Settings) -> None:
        """Describe a deployment; nothing happens yet."""
        self._settings = settings
        self._file = settings.state / "deployed.json"
        self._running: Child | None = None

    def is_current(self) -> bool:
        """Tell whether the cloud's saved state already holds exactly these sources.

        A cloud that was killed right after a deployment may not have saved it.
        """
        saved = self._settings.state / "ministack"
        try:
            when = self._file.stat().st_mtime
            safe = all((saved / name).stat().st_mtime >= when for name in _DEPLOYED_STATE)
            deployed = json.loads(self._file.read_text())
        except (OSError, ValueError):
            return False
        return safe and bool(deployed == self._identity())

    def start_build(self) -> None:
        """Start `sam build`; it needs no server, so that it may run while they start."""
        build = self._settings.state / "build"
        self._start(
            ["build", "--config-env", "local", "--build-dir", str(build)],
            ["--config-file", str(self._settings.root / "samconfig.toml")],
            ["--cache-dir", str(self._settings.state / "build-cache")],
            ["--template-file", str(self._settings.template)],
            ["--parameter-overrides", f"Architecture={architecture()}"],
        )

    def finish_build(self) -> None:
        """Wait for `sam build`.

        Raises:
            DeploymentError: with the end of sam's output.
        """
        self._finish()

    def deploy(self) -> None:
        """Run `sam deploy` and remember what was deployed.

        Raises:
            DeploymentError: with the end of sam's output.
        """
        identity = self._identity()
        self._file.unlink(missing_ok=True)
        self._make_artifacts_bucket()
        self._start(
            ["deploy", "--config-env", "local", "--stack-name", STACK, "--region", REGION],
            ["--config-file", str(self._settings.root / "samconfig.toml")],
            ["--template-file", str(self._settings.state / "build" / "template.yaml")],
            ["--parameter-overrides", f"Architecture={architecture()}", *_PLACES, *_PROMPT],
            [f"IsolateJobs={isolation()}", *map(_quoted, self._settings.parameters)],
            ["--no-progressbar"],
        )
        self._finish()
        self._file.write_text(json.dumps(identity))

    def stop(self) -> None:
        """End a `sam` that still runs."""
        if self._running is not None:
            self._running.end()
            self._running = None

    def _identity(self) -> dict[str, str]:
        return {
            "template": str(self._settings.template),
            "digest": digest(self._settings.template),
            "parameters": " ".join(self._settings.parameters),
        }

    def _make_artifacts_bucket(self) -> None:
        import boto3

        settings = self._settings
        client = boto3.client(
            "s3",
            endpoint_url=settings.endpoint_url,
            region_name=REGION,
            aws_access_key_id=settings.client_environment()["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=settings.secret_access_key,
        )
        client.create_bucket(Bucket=ARTIFACTS_BUCKET)

    def _start(self, *arguments: list[str]) -> None:
        settings = self._settings
        command = [str(settings.environments / "sam/bin/sam"), *itertools.chain(*arguments)]
        log = settings.logs / f"sam-{command[1]}.log"
        log.unlink(missing_ok=True)
        self._running = Child(
            f"sam {command[1]}",
            command,
            environment=self._environment(),
            log=log,
            cwd=settings.root,
        )

    def _finish(self) -> None:
        assert self._running is not None
        child, code = self._running, self._running.wait()
        self._running = None
        if code:
            raise DeploymentError(
                f"`{child.name}` failed; the end of {child.log}:\n{child.last_lines(25)}"
            )

    def _environment(self) -> dict[str, str]:
        settings = self._settings
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        inherited.pop("PYTHONDONTWRITEBYTECODE", None)
        return {
            **inherited,
            **settings.client_environment(),
            "BATON_ARCHITECTURE": architecture(),
            "NO_PROXY": HOST,
            "PATH": f"{self._python_folder()}:{os.environ.get('PATH', '')}",
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "0.2",
        }

    @staticmethod
    def _python_folder() -> Path:
        """Return a real python3.13's folder: sam calls it by name, and a shim of pyenv's fails."""
        return Path(sys.executable).resolve().parent


def isolation() -> str:
    """Return the template's `IsolateJobs`: `true` where this user may cut processes off."""
    return "true" if can_leave_network() else "false"


def architecture() -> str:
    """Return the template's `Architecture` for this machine: `arm64` or `x86_64`."""
    return "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"


def _quoted(parameter: str) -> str:
    """`Name=value` as sam's `--parameter-overrides` takes values with blanks."""
    name, _, value = parameter.partition("=")
    return f'{name}="{value}"' if " " in value else parameter
