"""Known weaknesses fail the check; being offline does not, and is said."""

import json

from checks.advisories import Audit, Finding, pinned, read_answer, verdict

WEAK = Finding("requests", "2.5.0", "PYSEC-2018-28", ("2.20.0",))


def answer(*dependencies):
    return json.dumps({"dependencies": list(dependencies), "fixes": []})


def test_every_release_is_asked_about_once_and_no_package_twice_in_a_list():
    one = "requests[socks]==2.5.0 \\\n    --hash=sha256:00\nsix==1.0 ; python_version < '4'\n"
    other = "Requests==2.32.0\nsix==1.0\n# idna==1\n"

    assert pinned([one, other]) == [["requests==2.5.0", "six==1.0"], ["requests==2.32.0"]]


def test_a_weakness_is_read_with_its_cure():
    vulns = [{"id": "PYSEC-2018-28", "fix_versions": ["2.20.0"], "aliases": []}]
    sound = {"name": "six", "version": "1.0", "vulns": []}

    audit = read_answer(answer({"name": "requests", "version": "2.5.0", "vulns": vulns}, sound), "")

    assert audit == Audit(2, (WEAK,))


def test_a_weakness_fails_the_check_even_where_most_could_not_be_asked():
    code, lines = verdict([Audit(1, (WEAK,), "requests not found")], required=False)

    assert code == 1
    assert "requests 2.5.0: PYSEC-2018-28, mended in 2.20.0" in lines


def test_a_registry_without_advisories_is_told_from_a_sound_package():
    """A mirror answers 404 about every release, and pip-audit skips what it does not find."""
    skipped = {"name": "six", "skip_reason": "Dependency not found on PyPI: six (1.0)"}

    audit = read_answer(answer(skipped), "")

    assert audit == Audit(0, (), "Dependency not found on PyPI: six (1.0)")
    assert verdict([audit], required=False)[0] == 0
    assert verdict([audit], required=False)[1][0].startswith("NOT AUDITED")


def test_no_network_is_no_failure_unless_the_audit_is_required():
    audit = read_answer("", "ERROR:pip_audit\n  ConnectionError: no route to host\n")

    assert audit == Audit(0, (), "ConnectionError: no route to host")
    assert verdict([audit], required=False)[0] == 0
    assert verdict([audit], required=True)[0] == 1


def test_all_sound_is_said_with_the_count():
    assert verdict([Audit(300, ()), Audit(4, ())], required=True) == (
        0,
        ["304 pinned releases audited, 0 known weaknesses"],
    )
