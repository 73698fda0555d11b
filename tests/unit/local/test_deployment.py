"""When a deployment is due."""

import json
import os
from dataclasses import replace

import pytest

from local.deployment import Deployment, digest, source_files
from local.settings import Settings


@pytest.fixture
def template(tmp_path):
    template = tmp_path / "template.yaml"
    template.write_text("Resources: {}")
    for name in ("functions/judge/judge.py", "layers/lifecycle/requirements.txt", "docs/page.md"):
        file = tmp_path / name
        file.parent.mkdir(parents=True)
        file.write_text("x")
    return template


def test_a_change_of_any_source_changes_the_digest(template):
    """Template, code and layers count."""
    before = digest(template)

    for name in ("template.yaml", "functions/judge/judge.py", "layers/lifecycle/requirements.txt"):
        file = template.parent / name
        old = file.read_text()
        file.write_text("changed")
        assert digest(template) != before, name
        file.write_text(old)
    assert digest(template) == before


def test_a_new_name_changes_the_digest(template):
    """Moving a file is a change too."""
    before = digest(template)

    file = template.parent / "functions/judge/judge.py"
    file.rename(file.with_name("judged.py"))

    assert digest(template) != before


def test_what_is_not_deployed_does_not_count(template):
    """Compiled modules and documentation leave the digest alone."""
    before = digest(template)

    (template.parent / "docs/page.md").write_text("changed")
    cache = template.parent / "functions/judge/__pycache__"
    cache.mkdir()
    (cache / "judge.cpython-313.pyc").write_text("compiled")

    assert digest(template) == before
    assert len(list(source_files(template))) == 3


@pytest.fixture
def deployed(template, tmp_path):
    """A state folder in which the template was deployed and then saved."""
    settings = Settings(4566, tmp_path / "state", template)
    (settings.state / "ministack").mkdir(parents=True)
    identity = {"template": str(template), "digest": digest(template), "parameters": ""}
    (settings.state / "deployed.json").write_text(json.dumps(identity))
    for name in ("cloudformation", "lambda"):
        (settings.state / "ministack" / f"{name}.json").write_text("{}")
    return settings


def test_what_was_deployed_and_saved_is_current(deployed, template):
    """Until a source changes."""
    assert Deployment(deployed).is_current()

    template.write_text("Resources: {More: {}}")

    assert not Deployment(deployed).is_current()


def test_other_parameters_are_a_deployment_of_their_own(deployed):
    """A key of one's own is given to the same sources by a parameter."""
    other = replace(deployed, parameters=("KmsKeyArn=arn:aws:kms:eu-west-1:000000000000:key/x",))

    assert Deployment(deployed).is_current()
    assert not Deployment(other).is_current()


def test_a_deployment_that_was_never_saved_is_due_again(deployed):
    """The cloud was killed before it could write it down."""
    os.utime(deployed.state / "ministack" / "lambda.json", (1, 1))

    assert not Deployment(deployed).is_current()


def test_a_new_cloud_has_nothing(template, tmp_path):
    """There is no file of the last deployment."""
    assert not Deployment(Settings(4566, tmp_path / "none", template)).is_current()
