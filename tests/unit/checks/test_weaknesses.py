"""Bandit's findings are answered once, where ruff is answered, and otherwise fail the check."""

from checks.weaknesses import answered_by_rules, is_answered

RULES = {"*": {"B101"}, "layers/science/*": {"B608"}}


def finding(number, file="local/x.py", line="eval(text)"):
    return {"test_id": number, "filename": file, "code": f"7 before()\n8 {line}\n9 after()\n"}


def test_a_finding_that_nobody_answered_is_left():
    assert not is_answered(finding("B307"), RULES)


def test_a_reason_beside_the_line_answers_its_own_number_alone():
    line = "eval(text)  # noqa: S307, BLE001  why this is safe"

    assert is_answered(finding("B307", line=line), RULES)
    assert not is_answered(finding("B102", line=line), RULES)


def test_a_rule_of_a_folder_answers_for_its_files_alone():
    assert is_answered(finding("B608", "layers/science/science/clean.py"), RULES)
    assert not is_answered(finding("B608", "functions/predict/predict.py"), RULES)


def test_the_repositorys_own_rules_are_found():
    rules = answered_by_rules()

    assert "B603" in rules["*"]
    assert "B608" in rules["layers/science/*"]
    assert "B608" in rules["glue/read_tables.py"]
    assert "B307" not in set().union(*rules.values())
