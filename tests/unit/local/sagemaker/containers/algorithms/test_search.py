"""Ranges and strategies of the search."""

import pytest

from local.sagemaker.containers.algorithms.search import Portfolio, Range, Search


def setup(strategy, ranges, **more):
    document = {"strategy": strategy, "seed": 3, "direction": "Maximize", "jobs": 12}
    return Search(document | {"ranges": ranges, "resource": None, "history": []} | more)


def continuous(low, high, scale="Linear"):
    return {
        "Name": "x",
        "kind": "continuous",
        "MinValue": low,
        "MaxValue": high,
        "ScalingType": scale,
    }


CATEGORIES = [
    {"Name": "a", "kind": "categorical", "Values": ["1", "2"]},
    {"Name": "b", "kind": "categorical", "Values": ["x", "y", "z"]},
]


@pytest.mark.parametrize("scale", ["Linear", "Logarithmic", "ReverseLogarithmic", "Auto"])
def test_every_scale_stays_within_its_range_and_reads_itself_back(scale):
    """Texts are within the bounds and stand for the choice that made them."""
    item = Range(continuous("0.001", "0.9", scale))
    for _ in range(20):
        number = setup("Random", [continuous("0.001", "0.9", scale)]).answer({"ask": True})
        text = number["parameters"]["x"]
        assert 0.001 <= float(text) <= 0.9
        assert float(item.to_text(item.from_text(text))) == pytest.approx(float(text))


def test_auto_is_logarithmic_across_magnitudes():
    """A range over a factor of a hundred is searched on a logarithmic scale."""
    assert Range(continuous("0.001", "1", "Auto")).logarithmic
    assert not Range(continuous("0.5", "1", "Auto")).logarithmic
    assert not Range(continuous("0", "1", "Auto")).logarithmic


def test_a_grid_is_walked_once():
    """Every combination comes once, then the search is exhausted; history is not repeated."""
    done = {"parameters": {"a": "1", "b": "x"}, "value": 0.5}
    search = setup("Grid", CATEGORIES, history=[done])
    seen = []
    while "exhausted" not in (answer := search.answer({"ask": True})):
        seen.append(tuple(answer["parameters"].values()))
        search.answer({"tell": answer["number"], "value": 0.1})

    assert len(seen) == len(set(seen)) == 5
    assert ("1", "x") not in seen


def test_the_bayesian_search_finds_a_simple_peak():
    """After two dozen trials the best is close to the optimum of a parabola."""
    search = setup("Bayesian", [continuous("0", "10")], jobs=24)
    best = 0.0
    for _ in range(24):
        answer = search.answer({"ask": True})
        value = -((float(answer["parameters"]["x"]) - 7.0) ** 2)
        best = max(best or -100.0, value)
        search.answer({"tell": answer["number"], "value": value})

    assert best > -0.25


def test_failed_trials_and_infinite_values_are_taken_as_failures():
    """The search goes on after them."""
    search = setup("Bayesian", CATEGORIES)
    for value in (None, float("inf"), 0.5):
        answer = search.answer({"ask": True})
        assert search.answer({"tell": answer["number"], "value": value}) is None

    assert "parameters" in search.answer({"ask": True})


def ask(search, times, value=0.5):
    told = []
    for _ in range(times):
        answer = search.answer({"ask": True})
        told.append(answer["parameters"])
        search.answer({"tell": answer["number"], "value": value})
    return told


def test_a_seeded_search_goes_on_after_a_restart_where_it_was():
    """What was drawn before is drawn no second time: the whole is what it would have been."""
    ranges = [continuous("0", "1")]
    whole = ask(setup("Random", ranges), 6)
    history = [{"parameters": chosen, "value": 0.5} for chosen in whole[:3]]

    assert ask(setup("Random", ranges, history=history, drawn=3), 3) == whole[3:]


def test_what_was_cut_short_is_tried_again_first():
    """Also in a grid, where it then comes no second time."""
    search = setup("Grid", CATEGORIES)
    again = search.answer({"ask": True, "parameters": {"a": "2", "b": "y"}})
    rest = [search.answer({"ask": True})["parameters"] for _ in range(5)]

    assert again["parameters"] == {"a": "2", "b": "y"}
    assert {"a": "2", "b": "y"} not in rest
    assert search.answer({"ask": True}) == {"exhausted": True}


def test_a_search_on_identical_data_knows_what_its_parents_found():
    """With ten of the parent's trials it need not explore; those out of range are left out."""
    found = [{"parameters": {"x": str(x)}, "value": -((x - 7.0) ** 2)} for x in range(11)]
    found.append({"parameters": {"x": "99"}, "value": 1e9})
    found.append({"parameters": {}, "value": 1e9})
    best = {"plain": 0.0, "warm": 0.0}
    for name, parents in (("plain", []), ("warm", found)):
        for seed in range(5):
            search = setup("Bayesian", [continuous("0", "10")], parents=parents, seed=seed)
            told = [float(chosen["x"]) for chosen in ask(search, 3)]
            best[name] += min(abs(x - 7.0) for x in told)

    assert best["warm"] < best["plain"]


def test_a_search_on_other_data_begins_with_the_parents_best():
    """Their hyperparameters are tried first, those that the ranges allow, once."""
    begin = [{"x": "0.25"}, {"x": "7"}, {"x": "0.75"}]
    search = setup("Random", [continuous("0", "1")], starts=begin)
    later = setup("Random", [continuous("0", "1")], starts=begin, drawn=1)

    assert ask(search, 2) == [{"x": "0.25"}, {"x": "0.75"}]
    assert ask(later, 1) == [{"x": "0.75"}]


def portfolio(strategy, *parts, jobs=12):
    shared = {"strategy": strategy, "seed": 1, "jobs": jobs, "resource": None}
    return Portfolio(
        shared | {"definitions": [{"direction": "Maximize", **part} for part in parts]}
    )


def test_definitions_take_turns_until_one_is_better():
    """Three trials each, then two of three for the leader."""
    part = {"ranges": [continuous("0", "1")]}
    search, dealt = portfolio("Bayesian", part, part), []
    for _ in range(12):
        answer = search.answer({"ask": True})
        dealt.append(answer["definition"])
        search.answer({"tell": answer["number"], "value": float(answer["definition"])})

    assert dealt[:6] == [0, 1, 0, 1, 0, 1]
    assert dealt[6:].count(1) == 4


def test_several_grids_are_all_walked():
    """One that is through leaves the rest to the other; numbers are never given twice."""
    small = [{"Name": "c", "kind": "categorical", "Values": ["1"]}]
    search, told = portfolio("Grid", {"ranges": CATEGORIES}, {"ranges": small}), []
    while "exhausted" not in (answer := search.answer({"ask": True})):
        told.append((answer["definition"], answer["number"]))

    assert [number for _, number in told] == list(range(7))
    assert [place for place, _ in told].count(1) == 1


def test_a_portfolio_tries_again_what_was_cut_short():
    """In the definition that it belongs to."""
    part = {"ranges": [continuous("0", "1")]}
    search = portfolio("Random", part, part)
    answer = search.answer({"again": {"definition": 1, "parameters": {"x": "0.5"}}})

    assert (answer["definition"], answer["parameters"]) == (1, {"x": "0.5"})
