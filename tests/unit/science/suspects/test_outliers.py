"""Numbers far from all others, and texts in another case."""

import numpy as np

from science.suspects import outliers
from tests.unit.science.suspects.cells import said, suggestions


def test_a_number_without_its_point_is_far_from_all_others():
    sizes = ["12.0", "16.0", "8.4", "24.0", "32.0"] * 20 + ["12000"]
    assert list(said(outliers, size=sizes)) == [(100, "size")]


def test_long_tails_are_no_outliers():
    heavy = np.random.default_rng(2).lognormal(5, 2, 500)
    assert said(outliers, balance=[f"{value:.2f}" for value in heavy]) == {}


def test_a_few_texts_in_another_case_are_written_as_the_others():
    names = ["Alder Creek", "Birch Hill", "Cedar Point"] * 30 + ["DOGWOOD LAKE", "elm grove"]
    assert suggestions(said(outliers, name=names), "name") == {90: "Dogwood Lake", 91: "Elm Grove"}


def test_short_capitals_and_mixed_cases_are_names():
    assert said(outliers, name=["Alder Creek", "Birch Hill"] * 40 + ["IBM", "McAllister"]) == {}
