"""The command finds the stack by its outputs alone, and says what is wrong when it cannot."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from cli.errors import StackMissingError
from cli.stack import Stack, environment_file, meet_laptop, read_environment

if TYPE_CHECKING:
    from pathlib import Path


def test_outputs_are_those_of_the_deployed_stack(cloud: Any) -> None:
    """What describe-stacks tells is all that is known of the stack."""
    assert {"LandingBucket", "LakeBucket", "RecordTable"} <= set(cloud.stack.outputs)
    assert set(cloud.stack.of_type("AWS::SNS::Topic")) == {"AlertTopic"}


def test_an_undeployed_stack_is_named_with_what_to_do(aws: None, baton: Any) -> None:
    """Without a stack every verb says so, names it, and tells both ways to get one."""
    result = baton("--stack", "other", "status")

    assert result.exit_code == 1
    assert "No stack named other is deployed" in result.stderr
    assert "sam deploy" in result.stderr
    assert "make up" in result.stderr


def test_missing_output_is_told(cloud: Any) -> None:
    """An output that an older stack lacks is an error of its own."""
    with pytest.raises(StackMissingError, match="no output ConsoleUrl"):
        cloud.stack.output("ConsoleUrl")


def test_missing_credentials_are_told(
    no_laptop: None, baton: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without credentials the command says so; it never shows a stack trace."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))

    result = baton("status", "--json")

    assert result.exit_code == 1
    error = json.loads(result.stderr)["error"]
    assert error["code"] == "NotReached"
    assert "credentials" in error["message"]


def test_a_stopped_laptop_cloud_is_told(
    no_laptop: None, baton: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """When nothing answers at the laptop's address, `make up` is the cure."""
    state = tmp_path / ".baton"
    state.mkdir()
    (state / "env").write_text(
        "export AWS_ENDPOINT_URL='http://127.0.0.1:9'\nexport AWS_DEFAULT_REGION='us-east-1'\n"
        "export AWS_ACCESS_KEY_ID='a'\nexport AWS_SECRET_ACCESS_KEY='b'\n"
    )
    monkeypatch.setenv("AWS_ENDPOINT_URL", "")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("BATON_ENV", str(state / "env"))

    result = baton("status")

    assert result.exit_code == 1
    assert "Nothing answers at http://127.0.0.1:9" in result.stderr
    assert "make up" in result.stderr


def test_the_environment_file_is_read_as_sourcing_it_would(tmp_path: Path) -> None:
    """Exports are taken with their quotes resolved, unsets are kept apart, the rest is ignored."""
    file = tmp_path / "env"
    file.write_text("# ours\nexport AWS_REGION='us-east-1'\nunset AWS_PROFILE\nexport A=\"b c\"\n")

    assert read_environment(file) == {"AWS_REGION": "us-east-1", "AWS_PROFILE": None, "A": "b c"}


def test_the_nearest_environment_file_counts(tmp_path: Path) -> None:
    """From a folder deep in a project its .baton/env is found; BATON_ENV overrules it."""
    (tmp_path / ".baton").mkdir()
    (tmp_path / ".baton" / "env").touch()
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)

    assert environment_file({}, deep) == tmp_path / ".baton" / "env"
    assert environment_file({"BATON_ENV": "none"}, deep) is None
    assert environment_file({"BATON_ENV": "x"}, deep) is not None


def test_a_chosen_address_is_left_alone(
    no_laptop: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Who sets AWS_ENDPOINT_URL has chosen: the laptop's file is not read."""
    file = tmp_path / "env"
    file.write_text("export AWS_ENDPOINT_URL='http://127.0.0.1:9'\n")
    monkeypatch.setenv("BATON_ENV", str(file))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")

    meet_laptop()

    assert os.environ["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"


def test_another_stack_may_be_named_by_variable(
    cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """BATON_STACK names the stack where no option does."""
    monkeypatch.setenv("BATON_STACK", "elsewhere")

    with pytest.raises(StackMissingError, match="elsewhere"):
        Stack.open()
