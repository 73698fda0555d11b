"""A matrix that was cut short goes on, unless what it judges has changed meanwhile."""

from faults.points import Point
from faults.progress import Progress, source_mark
from faults.report import EQUAL, UNEQUAL, Matrix
from faults.running import Options, try_all
from tests.unit.faults.test_running import POINTS, Lives

ONE = Point("batch", "baton-StartRun", "DataIngested", 1, 2, "events:PutEvents", "killed after")
TWO = Point("batch", "baton-SendAlert", "ModelDeployed", 1, 0, "", "twice")


def test_verdicts_are_known_again_and_a_line_that_was_cut_is_not(tmp_path):
    file = tmp_path / "out" / "verdicts.jsonl"
    Progress(file, resume=True, mark="a").keep([(ONE, EQUAL), (TWO, UNEQUAL)])
    with file.open("a") as stream:
        stream.write('{"point": {"sto')

    assert Progress(file, resume=True, mark="a").known == {ONE: EQUAL, TWO: UNEQUAL}
    assert Progress(file, resume=True, mark="a").known == {ONE: EQUAL, TWO: UNEQUAL}


def test_nothing_is_known_of_other_sources_or_when_one_begins_anew(tmp_path):
    file = tmp_path / "verdicts.jsonl"
    Progress(file, resume=True, mark="a").keep([(ONE, EQUAL)])

    assert Progress(file, resume=True, mark="b").known == {}
    assert Progress(file, resume=True, mark="a").known == {}

    Progress(file, resume=True, mark="a").keep([(ONE, EQUAL)])
    assert Progress(file, resume=False, mark="a").known == {}


def test_sources_have_another_mark_as_soon_as_one_changes(tmp_path):
    (tmp_path / "template.yaml").write_text("a")
    (tmp_path / "functions").mkdir()
    (tmp_path / "functions" / "leg.py").write_text("a")
    before = source_mark(tmp_path)
    assert source_mark(tmp_path) == before

    (tmp_path / "functions" / "leg.py").write_text("b")

    assert source_mark(tmp_path) != before


def test_only_what_ended_equal_is_not_tried_again(tmp_path):
    file, bad, options = tmp_path / "verdicts.jsonl", POINTS[3], Options(stories=("batch",))
    first, second, matrix = Lives(bad=[bad]), Lives(), Matrix()

    progress = Progress(file, resume=True, mark="a")
    try_all([first], POINTS, options, Matrix(), progress)
    try_all([second], POINTS, options, matrix, Progress(file, resume=True, mark="a"))

    assert second.lived == [[bad]]
    assert matrix.count(EQUAL) == len(POINTS)
