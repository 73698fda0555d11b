"""Where the laptop cloud lives."""

import subprocess
from pathlib import Path

import pytest

from local.settings import Settings, SettingsError


@pytest.fixture
def settings(tmp_path):
    return Settings(4599, tmp_path / "state", tmp_path / "template.yaml")


def test_port_and_state_come_from_the_environment(monkeypatch, tmp_path):
    """Two clouds can run side by side."""
    monkeypatch.setenv("BATON_PORT", "5001")
    monkeypatch.setenv("BATON_STATE", str(tmp_path))

    settings = Settings.from_environment()

    assert settings.endpoint_url == "http://127.0.0.1:5001"
    assert settings.state == tmp_path
    assert settings.template == settings.root / "template.yaml"


def test_the_port_is_4566_unless_named(monkeypatch):
    """As the contract says."""
    monkeypatch.delenv("BATON_PORT", raising=False)

    assert Settings.from_environment().port == 4566


@pytest.mark.parametrize("port", ["http", "0", "70000", "-1", "45.6"])
def test_a_wrong_port_is_named(monkeypatch, port):
    """The message says which variable and what it may be."""
    monkeypatch.setenv("BATON_PORT", port)

    with pytest.raises(SettingsError, match=f"BATON_PORT is '{port}'.*1 to 65535"):
        Settings.from_environment()


def test_the_secret_is_drawn_once_and_private(settings, tmp_path):
    """It survives a restart and nobody else reads it."""
    secret = settings.secret_access_key
    again = Settings(4599, tmp_path / "state", tmp_path / "template.yaml").secret_access_key

    assert secret == again
    assert (settings.state / "credentials.json").stat().st_mode & 0o777 == 0o600
    other = Settings(4599, tmp_path / "other", tmp_path / "template.yaml").secret_access_key
    assert secret != other


def test_the_environment_file_sets_everything_for_a_shell(settings):
    """After sourcing it, any AWS client finds address, Region and credentials."""
    settings.write_environment_file()

    shell = subprocess.run(
        ["sh", "-c", f". {settings.environment_file} && env"],
        capture_output=True,
        text=True,
        check=True,
        env={"AWS_PROFILE": "other", "PATH": "/usr/bin:/bin"},
    )

    found = dict(line.split("=", 1) for line in shell.stdout.splitlines() if "=" in line)
    assert settings.client_environment().items() <= found.items()
    assert "AWS_PROFILE" not in found
    assert Path(found["PATH"].split(":")[0]) == settings.root / ".venv/bin"
    assert settings.environment_file.stat().st_mode & 0o777 == 0o600


def test_parameters_of_the_template_may_be_chosen(monkeypatch):
    monkeypatch.setenv("BATON_PARAMETERS", 'LargeFromRows=5000 ReconcileEvery="rate(5 minutes)"')

    chosen = Settings.from_environment().parameters

    assert chosen == ("LargeFromRows=5000", "ReconcileEvery=rate(5 minutes)")


def test_no_parameters_are_chosen_unless_told(monkeypatch):
    monkeypatch.delenv("BATON_PARAMETERS", raising=False)

    assert Settings.from_environment().parameters == ()


@pytest.mark.parametrize("text", ["LargeFromRows", "=5000", "A=1 rate 5", '"A=1'])
def test_what_is_no_parameter_is_named(monkeypatch, text):
    monkeypatch.setenv("BATON_PARAMETERS", text)

    with pytest.raises(SettingsError, match="BATON_PARAMETERS"):
        Settings.from_environment()


def test_a_parameter_may_be_empty(monkeypatch):
    monkeypatch.setenv("BATON_PARAMETERS", "KmsKeyArn=")

    assert Settings.from_environment().parameters == ("KmsKeyArn=",)
