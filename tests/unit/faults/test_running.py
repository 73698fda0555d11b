"""Every point gets its verdict: in company where a life ends equal, in less where it does not."""

import threading

from faults.lives import Outcome
from faults.points import Point, sample
from faults.report import EQUAL, NOT_REACHED, UNEQUAL, Matrix
from faults.running import LESS_COMPANY, Options, Work, carry_all, count

POINTS = [
    Point("batch", f"baton-F{number}", "E", 1, 1, "s3:GetObject", "throttled")
    for number in range(20)
]


class Lives:
    """Lives that end at once: unequal where a point is bad; in company the shy do not befall."""

    def __init__(self, bad=(), unreached=(), shy=()):
        self.bad, self.unreached, self.shy = set(bad), set(unreached), set(shy)
        self.lived = []
        self._lock = threading.Lock()

    def carry(self, story, points):
        with self._lock:
            self.lived.append(list(points))
        away = self.unreached | (self.shy if len(points) > LESS_COMPANY[0] else set())
        befallen = {point: None for point in points if point not in away}
        findings = ["lost_rows: planted"] if self.bad & befallen.keys() else []
        return Outcome("fm1", story, list(points), befallen, findings, 1.0)


def tried(lives, points=POINTS, together=20, minutes=0.0, by_chance=()):
    matrix = Matrix(countings=3, by_chance=set(by_chance))
    work = Work(points, Options(stories=("batch",), together=together, minutes=minutes), matrix)
    carriers = [threading.Thread(target=carry_all, args=(lives, work)) for _ in range(3)]
    for carrier in carriers:
        carrier.start()
    for carrier in carriers:
        carrier.join()
    return matrix


def test_where_a_life_ends_equal_all_its_faults_are_borne_out():
    lives = Lives()

    matrix = tried(lives)

    assert len(lives.lived) == 1
    assert matrix.count(EQUAL) == len(POINTS)


def test_the_fault_that_a_life_must_not_have_had_is_found_alone():
    lives = Lives(bad=[POINTS[7]])

    matrix = tried(lives)

    assert [point for point, verdict in matrix.verdicts.items() if verdict == UNEQUAL] == [
        POINTS[7]
    ]
    assert matrix.count(EQUAL) == len(POINTS) - 1
    assert [POINTS[7]] in lives.lived
    assert len(lives.lived) < len(POINTS) / 2


def test_faults_that_others_kept_away_are_tried_in_less_company():
    lives = Lives(shy=POINTS[:9], unreached=[POINTS[10]])

    matrix = tried(lives)

    assert matrix.count(EQUAL) == len(POINTS) - 1
    assert matrix.verdicts[POINTS[10]] == NOT_REACHED
    assert [len(points) for points in lives.lived] == [len(POINTS), LESS_COMPANY[0], 2, 1]
    assert lives.lived[-1] == [POINTS[10]]


def test_what_is_there_by_chance_is_tried_twice_and_not_alone():
    lives = Lives(unreached=POINTS[:2])

    matrix = tried(lives, by_chance=POINTS[:1])

    assert matrix.missed_by_chance() == 1
    assert [len(points) for points in lives.lived] == [len(POINTS), 2, 1]
    assert lives.lived[-1] == [POINTS[1]]


class Counted:
    """Undisturbed lives of one story, of which each has other points."""

    def __init__(self, *found):
        self.found = list(found)

    def count(self, story):
        findings, points = self.found.pop(0)
        return Outcome("fm1", story, [], {}, findings, 1.0), points


def test_what_one_undisturbed_life_has_and_another_has_not_is_there_by_chance():
    matrix = Matrix()
    lives = Counted(([], POINTS[:4]), ([], POINTS[1:]), ([], POINTS))

    points = count(lives, ["batch"], matrix, countings=3)

    assert points == POINTS[:4]
    assert matrix.by_chance == {POINTS[0]}
    assert matrix.findings == []


def test_one_undisturbed_life_alone_tells_of_no_chance():
    matrix = Matrix()

    count(Counted(([], POINTS)), ["batch"], matrix)

    assert matrix.missed_by_chance() is None


def test_an_undisturbed_life_that_ends_otherwise_is_a_finding_whichever_it_is():
    matrix = Matrix()

    count(Counted(([], POINTS), (["lost_rows: x"], [])), ["batch"], matrix, countings=2)

    assert [each["findings"] for each in matrix.findings] == [["lost_rows: x"]]
    assert matrix.by_chance == set()


def test_each_has_a_life_of_its_own_if_that_is_asked_for():
    lives = Lives(bad=POINTS[:2])

    matrix = tried(lives, together=1)

    assert sorted(map(str, (point for (point,) in lives.lived))) == sorted(map(str, POINTS))
    assert (matrix.count(EQUAL), matrix.count(UNEQUAL)) == (len(POINTS) - 2, 2)


def test_no_life_begins_when_time_is_up():
    lives = Lives()

    matrix = tried(lives, minutes=1e-9)

    assert lives.lived == []
    assert matrix.verdicts == {}


def test_only_the_ways_that_are_asked_for_are_tried():
    """A sample is drawn from these alone."""
    other = [Point("batch", f"baton-F{number}", "E", 1, 0, "", "twice") for number in range(5)]
    whole, drawn = (
        Options(stories=("batch",), ways=("twice",), sample=number) for number in (0, 3)
    )

    assert whole.chosen([*POINTS, *other]) == other
    assert drawn.chosen([*POINTS, *other]) == sample(other, 3, drawn.seed)
    assert Options(stories=("batch",)).chosen([*POINTS, *other]) == [*POINTS, *other]
