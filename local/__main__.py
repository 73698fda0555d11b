"""`python -m local up | down | clean | status`: the laptop cloud by hand."""

from __future__ import annotations

import http.client
import json
import shutil
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from local import screen
from local.cloud import Cloud, CloudError, stop_left_behind
from local.deployment import Deployment, DeploymentError
from local.processes import recall
from local.settings import HOST, Settings, SettingsError

if TYPE_CHECKING:
    from types import FrameType

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)
console = Console(highlight=False)
Template = Annotated[
    Path | None, typer.Option(help="deploy this template instead of template.yaml")
]


def _settings(template: Path | None = None) -> Settings:
    try:
        return Settings.from_environment(template)
    except SettingsError as error:
        console.print(str(error), style="red", markup=False)
        raise typer.Exit(2) from error


def _stop_by_signal(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@app.command()
def up(template: Template = None) -> None:
    """Start the cloud, deploy the stack, and stay until Ctrl-C."""
    settings = _settings(template)
    for number in (signal.SIGTERM, signal.SIGINT):  # a shell's background jobs ignore SIGINT
        signal.signal(number, _stop_by_signal)
    cloud, deployment, code = Cloud(settings), Deployment(settings), 0
    try:
        _bring_up(cloud, deployment, settings)
        cloud.watch()
    except KeyboardInterrupt:
        console.print("\nstopping …")
    except (CloudError, DeploymentError) as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        code = 1
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        deployment.stop()
        cloud.stop()
    raise typer.Exit(code)


def _bring_up(cloud: Cloud, deployment: Deployment, settings: Settings) -> None:
    """Start the servers while sam builds, then deploy; say on the screen how long each took."""
    begin = time.monotonic()
    cloud.check_startable()
    current = deployment.is_current()
    with console.status("starting …"):
        if not current:
            deployment.start_build()
        cloud.start()
        screen.step(console, "servers", time.monotonic() - begin)
        if not current:
            deployment.finish_build()
            screen.step(console, "sam build", time.monotonic() - begin)
            deployment.deploy()
            screen.step(console, "sam deploy", time.monotonic() - begin)
            cloud.save()
    settings.write_environment_file()
    cloud.say("ready")
    _health(settings.port)
    screen.show_ready(console, settings, unchanged=current, seconds=time.monotonic() - begin)


@app.command()
def down() -> None:
    """Stop a cloud that was left behind; its state stays."""
    running = stop_left_behind(_settings().process_file)
    console.print(
        f"stopped {', '.join(each.name for each in running)}" if running else "nothing was running"
    )


@app.command()
def clean() -> None:
    """Stop the cloud and forget everything it holds."""
    settings = _settings()
    stop_left_behind(settings.process_file)
    shutil.rmtree(settings.state, ignore_errors=True)
    console.print(f"forgot {settings.state}")


@app.command()
def status() -> None:
    """Tell whether the cloud runs and is ready; exit 0 only if it is."""
    settings = _settings()
    health = _health(settings.port) if recall(settings.process_file) else {"status": "stopped"}
    console.print_json(json.dumps(health))
    raise typer.Exit(0 if health.get("status") == "ready" else 1)


def _health(port: int) -> dict[str, str]:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/_baton/health")
        document: dict[str, str] = json.load(connection.getresponse())
    except (OSError, ValueError):
        return {"status": "starting"}
    finally:
        connection.close()
    return document


if __name__ == "__main__":
    app()
