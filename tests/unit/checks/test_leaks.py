"""A secret that somebody is about to commit is found, and what only looks like one is not."""

import pytest

from checks.leaks import HOOK, leaks

pytestmark = pytest.mark.skipif(not HOOK.exists(), reason="`make check` installs the scanners")

KEY = "AKIA" + "Z7QWERT5YUIOP3AS"
WORD = "pass" + "word"


def test_a_key_of_aws_is_found_where_it_stands(tmp_path):
    (tmp_path / "settings.py").write_text(f"REGION = 'eu-west-1'\nKEY = '{KEY}'\n")

    assert leaks(["settings.py"], tmp_path) == ["settings.py:2: AWS Access Key"]


def test_a_password_is_found_by_its_name(tmp_path):
    (tmp_path / "settings.py").write_text(f"{WORD} = 'correct-horse-9'\n")

    assert leaks(["settings.py"], tmp_path) == ["settings.py:1: Secret Keyword"]


def test_the_names_of_the_laptops_own_keys_are_none(tmp_path):
    (tmp_path / "settings.py").write_text("KEY = 'AKIABATONLAPTOP00000'\n")

    assert leaks(["settings.py"], tmp_path) == []
