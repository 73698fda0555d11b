"""A whole recipe of one's own: in place of the proposal, or refused with every fault."""

from __future__ import annotations

import hashlib
import json

import duckdb
import numpy as np
import pytest

from science import features, served_steps
from science.faults import UnusableData
from science.prepare import prepare
from science.recipe import whole
from tests.unit.science.data_builders import ingested, problem, read_json, table

ASKED = {"missing": "median", "outliers": "clip", "scale": "standardize"}


def text_of(*steps):
    return json.dumps({"version": 2, "steps": list(steps)}).encode()


def matrices(out):
    with duckdb.connect() as connection:
        for part in ("train", "validation"):
            found = connection.execute(
                f"SELECT * FROM '{out}/prepared/{part}/{part}.parquet'"
            ).fetchnumpy()
            yield np.column_stack([np.ma.filled(column, np.nan) for column in found.values()])


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run that proposes, and the next, which is given what the first wrote; their folders."""
    folder = tmp_path_factory.mktemp("recipes")
    columns = table()
    # An outlier that is clipped; copies that go.
    columns["age"][3] = "900"
    columns = {name: [*cells, *cells[:5]] for name, cells in columns.items()}
    landed = ingested(folder, columns)
    first, second = folder / "first", folder / "second"
    first.mkdir()
    second.mkdir()
    prepare([landed], problem(prepare=ASKED), first)
    written = (first / "prepared/recipe.json").read_bytes()
    definition = problem(prepare={"recipe": "code/recipe.json"})
    prepare([landed], whole.taken(written, definition), second)
    return first, second, columns


def test_the_recipe_that_a_run_wrote_makes_the_next_run_the_same(runs):
    """The same rows in the same parts, with the same features."""
    first, second, _ = runs
    one, other = (read_json(each / "prepared/features.json") for each in (first, second))

    assert features.names(other) == features.names(one)
    for left, right in zip(matrices(first), matrices(second), strict=True):
        assert left.shape == right.shape
        assert np.allclose(left, right, rtol=1e-5, atol=1e-5, equal_nan=True)


def test_nothing_is_proposed_beside_it(runs):
    _, second, _ = runs
    steps = [each["step"] for each in read_json(second / "prepared/recipe.json")["steps"]]
    encoders = read_json(second / "prepared/features.json")["columns"]

    numbers = [each for each in encoders if each["kind"] == "number"]
    assert all((each["clip"], each["center"], each["scale"]) == (None, 0, 1) for each in numbers)
    assert steps.count("drop_duplicates") == 1
    assert steps.count("split") == 1


def test_what_it_learned_before_it_does_not_learn_anew(runs):
    first, second, _ = runs

    def fitted(out):
        steps = read_json(out / "prepared/recipe.json")["steps"]
        return [each["fitted"] for each in steps if each["step"] in {"outliers", "standardise"}]

    assert fitted(second) == fitted(first) != []


def test_a_served_row_goes_through_it(runs):
    _, second, columns = runs
    prepared, document = (read_json(second / f"prepared/{n}.json") for n in ("problem", "features"))
    raw = {
        name: np.array([cell or None for cell in cells], dtype=object)
        for name, cells in columns.items()
        if name != "left"
    }

    served = features.apply(document, served_steps.stepped(prepared, raw))

    known = {row.tobytes() for row in np.nan_to_num(served, nan=-9e9)}
    trained = np.vstack(list(matrices(second)))[:, 1:]
    assert all(row.tobytes() in known for row in np.nan_to_num(trained, nan=-9e9))


def test_its_hash_stays_with_what_was_prepared(runs):
    first, second, _ = runs
    kept = read_json(second / "prepared/problem.json")["prepare"]

    written = (first / "prepared/recipe.json").read_bytes()
    assert kept["recipe_sha256"] == hashlib.sha256(written).hexdigest()
    assert kept["recipe_digest"] == read_json(first / "prepared/recipe.json")["digest"]


def test_steps_that_only_preparing_does_become_its_settings():
    text = text_of(
        {"step": "split", "holdout": 0.3},
        {"step": "drop_unlabelled", "target": "Left"},
        {"step": "decode_image", "column": "photo", "width": 32, "height": 48},
        {"step": "trim", "columns": ["plan"]},
    )

    made = whole.taken(text, problem())

    assert made["evaluate"]["holdout"] == 0.3
    assert made["prepare"]["image_size"] == [32, 48]
    assert [each["step"] for each in made["prepare"]["steps"]] == ["trim"]


def test_every_fault_of_a_recipe_is_told_at_once():
    text = text_of(
        {"step": "wash"},
        {"step": "impute", "method": "constant", "columns": ["age"]},
        {"step": "standardise", "columns": ["age"], "fitted": {"columns": {"age": "wide"}}},
    )

    with pytest.raises(UnusableData) as caught:
        whole.taken(text, problem())

    assert [fault.where for fault in caught.value.faults] == [
        "prepare.recipe.steps[0].step",
        "prepare.recipe.steps[1]",
        "prepare.recipe.steps[2].fitted",
    ]


def test_a_recipe_of_another_problem_is_refused():
    text = text_of(
        {"step": "split", "holdout": 0.3, "identifier": "customer", "time": "day"},
        {"step": "drop_unlabelled", "target": "churn"},
        {"step": "decode_image", "column": "photo", "width": 32, "height": 32},
        {"step": "decode_image", "column": "scan", "width": 64, "height": 64},
    )

    with pytest.raises(UnusableData) as caught:
        whole.taken(text, problem(evaluate={"holdout": 0.2}, columns={"id": "account"}))

    told = "; ".join(fault.what for fault in caught.value.faults)
    for part in ("evaluate.holdout 0.2", "'customer'", "'day'", "'churn'", "two sizes"):
        assert part in told


@pytest.mark.parametrize("text", [b"", b"[", b"{}", b'{"version": 9, "steps": []}', b"[1]"])
def test_what_is_no_recipe_is_refused(text):
    with pytest.raises(UnusableData):
        whole.taken(text, problem())


def test_a_fitted_step_about_a_column_that_is_not_there_is_refused(tmp_path):
    step = {
        "step": "outliers",
        "method": "iqr",
        "columns": ["age"],
        "fitted": {"bounds": {"height": [1, 2]}},
    }
    definition = whole.taken(text_of(step), problem(prepare={"recipe": "code/recipe.json"}))

    with pytest.raises(UnusableData, match="'height', which is not there") as caught:
        prepare([ingested(tmp_path, table(60))], definition, tmp_path)

    assert caught.value.faults[0].where == "prepare.recipe"
