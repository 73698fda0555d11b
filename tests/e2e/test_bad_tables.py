"""Tables that can be read and not be learned from, and one that is only very wide."""

import numpy as np
import pytest

from tests import tables

pytestmark = pytest.mark.e2e

COLUMNS = 2000


def opening(cloud):
    cloud.define("no-target", "Chrun")
    cloud.put("no-target/data/rows.csv", tables.to_csv(tables.customers(520, seed=91)))
    cloud.define("one-class", "Churn")
    rows = [{**row, "Churn": "Yes"} for row in tables.customers(520, seed=92)]
    cloud.put("one-class/data/rows.csv", tables.to_csv(rows))
    cloud.define("three-rows", "Churn", data={"minimum_rows": 1})
    cloud.put("three-rows/data/rows.csv", tables.to_csv(tables.customers(3, seed=93)))
    cloud.define("too-few", "Churn")
    cloud.put("too-few/data/rows.csv", tables.to_csv(tables.customers(3, seed=93)))
    cloud.define("dear", "Churn", budget={"usd_per_run": 0.000001})
    cloud.put("dear/data/rows.csv", tables.to_csv(tables.customers(520, seed=95)))
    cloud.define("wide", "y", features={"store": False})
    cloud.put("wide/data/rows.csv", wide(600))


def wide(rows):
    """Two thousand numbers a row, three of which matter."""
    rng = np.random.default_rng(94)
    cells = rng.normal(size=(rows, COLUMNS))
    labels = (cells[:, 0] + cells[:, 1] - cells[:, 2] + rng.normal(0, 0.3, rows)) > 0
    lines = [",".join([*(f"c{number}" for number in range(COLUMNS)), "y"])]
    for row, label in zip(cells, labels, strict=True):
        lines.append(",".join([*(f"{cell:.2f}" for cell in row), "ab"[int(label)]]))
    return "\n".join(lines)


def test_a_missing_target_column_is_named_with_a_guess(cloud):
    fault = cloud.event("no-target", "DataRejected")["faults"][0]

    assert "Chrun" in fault["message"]
    assert "'Churn'" in fault["cure"]
    assert "Chrun" in cloud.alert("no-target", "DataRejected")["Message"]


def test_the_next_file_is_tried_again(cloud):
    """The run ended, so a definition that is mended starts the next."""
    cloud.event("no-target", "DataRejected")

    cloud.define("no-target", "Churn")

    assert cloud.event("no-target", "ModelDeployed")


def test_a_target_of_one_class_is_told(cloud):
    fault = cloud.event("one-class", "DataRejected")["faults"][0]

    assert "Churn" in fault["message"] + fault["path"]
    assert fault["cure"]
    assert not cloud.heard("one-class", "TuningStarted")


def test_three_rows_are_no_table_to_learn_from(cloud):
    """They wait where more are asked for, and are refused where they are said to do."""
    fault = cloud.event("three-rows", "DataRejected")["faults"][0]
    cloud.event("too-few", "DataIngested")

    assert "3" in fault["message"]
    assert cloud.until(lambda: "3 of at least 500 rows are there" in cloud.story("too-few"), 30)
    assert not cloud.heard("too-few", "RunStarted")


def test_two_thousand_columns_are_learned_from(cloud):
    run = cloud.event("wide", "ModelDeployed")["run"]

    prepared = cloud.event("wide", "DataPrepared", run=run)
    assert prepared["columns"] == COLUMNS + 1
    assert cloud.report("wide", run, "evaluation")["metric"]["value"] > 0.7
    question = {f"c{number}": 0.1 for number in range(COLUMNS)}
    assert len(cloud.answers("wide", [question])) == 1


def test_a_run_that_the_budget_does_not_allow_is_not_begun(cloud):
    """Both the limit and the estimate are told."""
    exceeded = cloud.event("dear", "BudgetExceeded")

    assert (exceeded["limit"], exceeded["allowed_usd"]) == ("usd_per_run", 0.000001)
    assert exceeded["needed_usd"] > exceeded["allowed_usd"]
    assert cloud.alert("dear", "BudgetExceeded")["MessageAttributes"]["severity"]["Value"]
    assert not cloud.heard("dear", "RunStarted")
