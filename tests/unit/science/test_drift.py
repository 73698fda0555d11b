"""Drift is found where it is, and not where chance alone is at work."""

from __future__ import annotations

import numpy as np
import pytest

from science.drift import (
    LEAST_ROWS,
    chi_square_quantile,
    compare,
    drift_report,
    gap_of,
    population_stability,
)
from science.sketch import Sketch

LEVEL_COUNTS = (2, 5, 30, 800)
PROBLEM = {"name": "demo", "monitor": {"drift": 0.2}}


def rows(generator: np.random.Generator, count: int, shift: float = 0.0) -> dict[str, np.ndarray]:
    """Numbers of many shapes and categories of many sizes; ``shift`` moves ``plain`` alone."""
    columns = {
        "plain": generator.normal(shift, 1, count),
        "skewed": np.exp(generator.normal(size=count)),
        "zeros": np.where(generator.random(count) < 0.7, 0, generator.exponential(size=count)),
        "whole": generator.integers(0, 6, count).astype(float),
        "holed": np.where(generator.random(count) < 0.1, np.nan, generator.normal(size=count)),
    }
    for levels in LEVEL_COUNTS:
        weights = 1 / np.arange(1, levels + 1)
        names = np.array([f"v{number}" for number in range(levels)], dtype=object)
        columns[f"of{levels}"] = generator.choice(names, count, p=weights / weights.sum())
    return columns


def schema() -> list[dict[str, str]]:
    names = rows(np.random.default_rng(0), 1)
    return [{"name": n, "kind": "category" if n.startswith("of") else "number"} for n in names]


@pytest.mark.parametrize("window", [50, 100, 400, 2000])
@pytest.mark.parametrize("training", [300, 5000])
def test_chance_alone_raises_no_alarm(training, window):
    """Twenty comparisons of nine columns, small windows and small baselines included."""
    generator = np.random.default_rng(window * training)
    for _ in range(20):
        baseline = Sketch.baseline(rows(generator, training), schema())
        found = compare(baseline, Sketch.from_columns(baseline, rows(generator, window)))
        assert [drift for drift in found if drift.drifted] == []


@pytest.mark.parametrize(("window", "shift"), [(60, 1.5), (300, 0.8), (2000, 0.6)])
def test_a_shift_is_found_in_its_column_alone(window, shift):
    """The smaller the window, the larger the shift that can be told."""
    generator = np.random.default_rng(window)
    baseline = Sketch.baseline(rows(generator, 5000), schema())
    found = compare(baseline, Sketch.from_columns(baseline, rows(generator, window, shift)))

    assert [drift.column for drift in found if drift.drifted] == ["plain"]
    assert found[0].column == "plain"
    assert found[0].value > found[0].threshold


def test_a_small_real_shift_below_the_threshold_is_no_alarm():
    """Certain, yet too small to matter: 0.2 deviations have a PSI of 0.04."""
    generator = np.random.default_rng(1)
    baseline = Sketch.baseline(rows(generator, 20_000), schema())
    found = compare(baseline, Sketch.from_columns(baseline, rows(generator, 20_000, 0.2)))
    plain = next(drift for drift in found if drift.column == "plain")

    assert not plain.drifted
    assert plain.psi == pytest.approx(0.04, abs=0.015)


def test_a_lower_threshold_hears_smaller_shifts():
    """``monitor.drift`` moves KS along with PSI."""
    generator = np.random.default_rng(2)
    baseline = Sketch.baseline(rows(generator, 20_000), schema())
    window = Sketch.from_columns(baseline, rows(generator, 20_000, 0.2))

    assert any(drift.drifted for drift in compare(baseline, window, threshold=0.02))


def one_column(values: object, kind: str = "category") -> Sketch:
    column = np.array(values, dtype=object)
    return Sketch.baseline({"x": column}, [{"name": "x", "kind": kind}])


def test_values_that_go_missing_are_drift():
    """One in three rows without a value, where there was always one."""
    baseline = one_column([1.0, 2.0, 3.0, 4.0] * 200, "number")
    window = Sketch.from_columns(baseline, {"x": np.array([1.0, None, 3.0] * 60, dtype=object)})
    found = compare(baseline, window)[0]

    assert found.drifted
    assert (found.missing_before, found.missing_now) == (0.0, pytest.approx(1 / 3))


def test_a_new_category_is_drift_where_the_known_ones_seemed_all():
    """A fifth of the rows has a level that training never held."""
    baseline = one_column(["a", "b"] * 500)
    window = Sketch.from_columns(
        baseline, {"x": np.array(["a", "b", "a", "b", "new"] * 40, dtype=object)}
    )
    found = compare(baseline, window)[0]

    assert found.drifted
    assert found.unseen == pytest.approx(0.2)


def test_new_rare_categories_are_none_where_rare_ones_were_common():
    """Surnames: most that come were never seen, and that is as it was."""
    generator = np.random.default_rng(3)
    names = np.array(
        [f"n{number}" for number in generator.integers(0, 100_000, 1500)], dtype=object
    )
    baseline = one_column(names[:1000])
    window = Sketch.from_columns(baseline, {"x": names[1000:]})

    assert not compare(baseline, window)[0].drifted


def test_dates_are_watched_for_presence_alone():
    """Time goes on: new dates are no drift, missing ones are."""
    dates = np.arange(1e9, 1e9 + 1000)
    baseline = Sketch.baseline({"x": dates}, [{"name": "x", "kind": "date"}])

    assert not compare(baseline, Sketch.from_columns(baseline, {"x": dates + 1e8}))[0].drifted
    gone = Sketch.from_columns(baseline, {"x": np.full(200, np.nan)})
    assert compare(baseline, gone)[0].drifted


def test_too_few_rows_are_not_judged():
    """Below fifty there is no verdict at all."""
    baseline = one_column(["a", "b"] * 500)
    column = np.array(["new"] * (LEAST_ROWS - 1), dtype=object)

    assert compare(baseline, Sketch.from_columns(baseline, {"x": column})) == []


def test_the_same_counts_have_no_instability():
    """PSI is 0 for equal shares, symmetric, and positive otherwise."""
    first, second = np.array([10.0, 20.0, 70.0]), np.array([70.0, 20.0, 10.0])

    assert population_stability(first, first) == 0
    assert population_stability(first, second) == pytest.approx(population_stability(second, first))
    assert np.isfinite(population_stability(first, np.array([0.0, 0.0, 5.0])))


def test_without_drift_psi_is_as_large_as_theory_says():
    """Its mean is (bins − 1)(1/n + 1/m)."""
    generator = np.random.default_rng(4)
    shares = np.full(10, 0.1)
    drawn = [
        population_stability(
            generator.multinomial(2000, shares).astype(float),
            generator.multinomial(500, shares).astype(float),
        )
        for _ in range(300)
    ]

    assert np.mean(drawn) == pytest.approx(9 * (1 / 2000 + 1 / 500), rel=0.1)


@pytest.mark.parametrize(
    ("probability", "freedom", "quantile"),
    [(0.95, 9, 16.919), (0.999, 20, 45.315), (0.99, 3, 11.345)],
)
def test_quantiles_agree_with_the_tables(probability, freedom, quantile):
    """χ², from any statistical table."""
    assert chi_square_quantile(probability, freedom) == pytest.approx(quantile, rel=0.01)


def test_one_threshold_serves_both_measures():
    """A PSI of 0.2 is a shift of 0.447 deviations, and so a KS of 0.177."""
    assert gap_of(0.2) == pytest.approx(0.1769, abs=1e-3)


def test_the_report_tells_and_pictures_what_moved():
    """Shares of the pictured column add up to one, before and now."""
    generator = np.random.default_rng(6)
    baseline = Sketch.baseline(rows(generator, 3000), schema())
    window = Sketch.from_columns(baseline, rows(generator, 500, 2.0))
    report = drift_report(PROBLEM, baseline, window, about={"run": "r1"})

    assert report["drifted"] == ["plain"]
    assert report["run"] == "r1"
    assert report["columns"][0]["column"] == "plain"
    for picture in report["pictures"]:
        assert len(picture["labels"]) == len(picture["before"]) == len(picture["now"])
        assert sum(picture["before"]) == pytest.approx(1)
        assert sum(picture["now"]) == pytest.approx(1)
