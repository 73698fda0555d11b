"""A recipe written as a flow reads back as the same recipe."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from science.flow.reading import read
from science.flow.writing import write
from science.recipe.documents import parse, written
from science.recipe.steps import Outliers, RareCategories

SOURCE = "s3://bucket/churn/data/"
COLUMN = st.sampled_from(["a", "b c", "ü", 'say "x"'])
COLUMNS = st.lists(COLUMN, min_size=1, max_size=1)
SMALL = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 3))
TEXT = st.text("abc .-*é9", min_size=1, max_size=6)


def step(kind, **strategies):
    """A step as JSON."""
    return st.fixed_dictionaries({"step": st.just(kind), **strategies})


STEPS = st.one_of(
    step("leave_out", columns=st.lists(COLUMN, min_size=1, max_size=3)),
    step("rename", names=st.dictionaries(COLUMN, TEXT, min_size=1, max_size=3)),
    step("duplicate_column", column=COLUMN, into=TEXT),
    step("arrange", columns=COLUMNS),
    step(
        "concatenate",
        columns=st.lists(COLUMN, min_size=2, max_size=2),
        separator=TEXT,
        into=TEXT,
    ),
    step("cast", columns=COLUMNS, to=st.sampled_from(["number", "whole", "text", "date"])),
    st.just({"step": "drop_duplicates"}),
    st.just({"step": "drop_missing", "when": "all"}),
    step("drop_missing", columns=COLUMNS),
    step(
        "impute",
        columns=st.lists(COLUMN, min_size=1, max_size=3),
        method=st.sampled_from(["median", "mean", "mode"]),
    ),
    step("impute", columns=COLUMNS, method=st.just("constant"), value=st.one_of(TEXT, SMALL)),
    step("missing_indicator", columns=COLUMNS, suffix=TEXT),
    step(
        "outliers",
        columns=st.lists(COLUMN, min_size=1, max_size=3),
        method=st.just("zscore"),
        factor=st.floats(0.5, 9).map(lambda value: round(value, 2)),
        action=st.sampled_from(["clip", "null", "drop"]),
    ),
    step(
        "outliers",
        columns=COLUMNS,
        method=st.just("bounds"),
        low=st.just(-5.0),
        high=SMALL.map(abs),
        action=st.sampled_from(["clip", "null", "drop"]),
    ),
    step("outliers", columns=COLUMNS, method=st.just("quantile"), share=st.just(0.05)),
    step(
        "rare_categories",
        columns=COLUMNS,
        share=st.floats(0, 0.5).map(lambda value: round(value, 3)),
        count=st.integers(1, 50),
        into=TEXT,
    ),
    step(
        "standardise",
        columns=COLUMNS,
        center=st.sampled_from(["mean", "none"]),
        scale=st.sampled_from(["deviation", "none"]),
    ),
    step("standardise", columns=COLUMNS, center=st.just("median"), scale=st.just("iqr")),
    step("normalise", columns=COLUMNS, by=st.sampled_from(["min_max", "max_abs"])),
    step("encode", columns=COLUMNS, method=st.sampled_from(["one_hot", "ordinal"])),
    step(
        "normalise_text",
        columns=COLUMNS,
        form=st.just("keep"),
        spaces=st.just("keep"),
        case=st.sampled_from(["lower", "upper", "title"]),
    ),
    step(
        "trim",
        columns=COLUMNS,
        characters=st.one_of(st.just(""), TEXT),
        side=st.sampled_from(["both", "left", "right"]),
    ),
    step(
        "format_text",
        columns=COLUMNS,
        width=st.integers(1, 20),
        fill=st.sampled_from([" ", "0", "é"]),
        align=st.sampled_from(["left", "right", "center"]),
    ),
    step("format_text", columns=COLUMNS, prefix=TEXT),
    step("find_replace", columns=COLUMNS, find=st.text("abc9é ", min_size=1), replace=TEXT),
    step("find_replace", columns=COLUMNS, find=st.just("^a+[b-]$"), match=st.just("pattern")),
)


@settings(deadline=None, max_examples=300)
@given(st.lists(STEPS, max_size=6))
def test_recipe_to_flow_to_recipe_is_the_same_recipe(listed):
    recipe = parse(listed)

    flow = write(recipe, SOURCE)
    back = read(flow.text).parsed

    assert flow.left_out == []
    assert [written(each) for each in back] == [written(each) for each in recipe]


@settings(deadline=None, max_examples=100)
@given(st.lists(STEPS, max_size=6))
def test_the_same_recipe_is_the_same_flow_with_nodes_of_their_own(listed):
    recipe = parse(listed)

    flow = write(recipe, SOURCE)

    assert flow.text == write(recipe, SOURCE).text
    ids = [node["node_id"] for node in flow.document["nodes"]]
    assert len(set(ids)) == len(ids)
    for above, node in zip(ids, flow.document["nodes"][1:], strict=False):
        assert [each["node_id"] for each in node["inputs"]] == [above]


def test_steps_without_a_counterpart_are_told():
    recipe = parse(
        [
            {"step": "drop_duplicates"},
            {"step": "impute", "columns": ["a"], "method": "model"},
            {"step": "standardise"},
            {"step": "drop_near_duplicates"},
            {"step": "find_replace", "columns": ["a"], "find": "x", "replace": "$1"},
        ]
    )

    flow = write(recipe, SOURCE)

    assert [each["place"] for each in flow.left_out] == [1, 2, 3, 4]
    assert [each["step"] for each in read(flow.text).steps] == ["drop_duplicates"]
    assert all(each["why"] for each in flow.left_out)


def test_a_fitted_step_is_written_with_what_it_found():
    recipe = [
        Outliers(columns=("a", "b"), fitted={"bounds": {"a": [0.0, 9.0], "b": [-1.0, 1.0]}}),
        RareCategories(columns=("c",), fitted={"kept": {"c": ["x", "y"]}}),
    ]

    back = read(write(recipe, SOURCE).text).steps

    bounds = [(each["columns"], each["low"], each["high"]) for each in back[:2]]
    assert bounds == [(["a"], 0.0, 9.0), (["b"], -1.0, 1.0)]
    assert back[2]["fitted"] == {"kept": {"c": ["x", "y"]}}


def test_a_text_with_signs_of_patterns_is_found_as_it_stands():
    (step_,) = read(
        write(
            parse([{"step": "find_replace", "columns": ["a"], "find": "1.5 (x)", "replace": "y"}]),
            SOURCE,
        ).text
    ).steps

    assert step_["find"] == r"1\.5 \(x\)"
    assert step_["match"] == "pattern"


def test_the_file_has_what_data_wrangler_flows_have():
    flow = json.loads(write(parse([{"step": "drop_duplicates"}]), SOURCE).text)

    assert flow["metadata"]["version"] == 1
    source, types, last = flow["nodes"]
    assert source["parameters"]["dataset_definition"]["s3ExecutionContext"]["s3Uri"] == SOURCE
    assert types["operator"] == "sagemaker.spark.infer_and_cast_type_0.1"
    assert last["parameters"] == {
        "operator": "Drop duplicates",
        "drop_duplicates_parameters": {},
    }
