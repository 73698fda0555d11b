"""Metrics read out of log lines."""

from local.sagemaker.containers.algorithms.xgboost.about import ALGORITHM
from local.sagemaker.jobs.metric_definitions import MetricReader, invalid_definition


def test_the_last_value_of_each_metric_counts():
    """First group, later line over earlier; a match that is no number is passed over."""
    definitions = [{"Name": "loss", "Regex": r"loss=(\S+)"}]
    reader = MetricReader(definitions, lambda: 5.0)
    for line in ("loss=0.5", "loss=0.25", "loss=high", "nothing"):
        reader.read(line)

    assert reader.final() == [{"MetricName": "loss", "Value": 0.25, "Timestamp": 5.0}]


def test_xgboosts_own_lines_need_no_definition():
    """All metrics of a round are read, of both channels, as the image defines them."""
    reader = MetricReader(None, lambda: 5.0, ALGORITHM)
    reader.read("[3]#011train-auc:0.9#011validation-auc:0.8#011validation-ndcg@5-:0.7")
    reader.read("INFO:root:Train matrix has 3 rows#011validation-auc:9")

    assert {name: value for name, (value, _) in reader.last.items()} == {
        "train:auc": 0.9,
        "validation:auc": 0.8,
        "validation:ndcg@5-": 0.7,
    }


def test_a_broken_expression_is_named():
    """The caller is told which definition does not compile."""
    good, bad = {"Name": "a", "Regex": "x"}, {"Name": "b", "Regex": "("}

    assert invalid_definition([good]) is None
    assert "metric b" in invalid_definition([good, bad])
