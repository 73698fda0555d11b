"""When a deployment is due."""

import pytest

from local.deployment import digest, source_files


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
