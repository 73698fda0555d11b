"""Ranges and strategies of the search."""

import pytest

from local.sagemaker.algorithms.search import Range, Search


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
