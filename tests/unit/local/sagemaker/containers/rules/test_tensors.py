"""Rules over tensors, activations, classes and features."""

import math

import pytest

from local.sagemaker.containers.rules.known import RULES, first_fault, read_rule
from local.sagemaker.containers.rules.recording import KEPT, Recording, Tensor
from local.sagemaker.containers.rules.rule import ParameterError


def fault(rule, rows, collection="default", name="t", shape=None, **parameters):
    """What a rule finds in one tensor whose values at each step are given."""
    recording = Recording()
    for step, values in enumerate(rows):
        recording.add(Tensor(name, step, values, shape or (len(values),)), collection)
    return first_fault(read_rule(rule, parameters), recording, range(len(rows)))


@pytest.mark.parametrize(
    ("rule", "collection", "good", "bad"),
    [
        ("ExplodingTensor", "gradients", [1.0, -2.0], [1.0, math.inf]),
        ("AllZero", "default", [0.0, 0.1], [0.0, 0.0]),
        ("VanishingGradient", "gradients", [1e-6, -1e-6], [1e-8, -1e-8]),
    ],
)
def test_a_bad_tensor_is_found_at_its_step(rule, collection, good, bad):
    """The good ones before pass."""
    assert fault(rule, [good, good], collection) is None
    assert fault(rule, [good, bad], collection)[0] == 1


def test_only_nan_lets_infinities_pass():
    """And finds what is not a number."""
    assert fault("ExplodingTensor", [[math.inf]], only_nan="True") is None
    assert fault("ExplodingTensor", [[math.nan]], only_nan="True")[0] == 0


def test_collections_and_patterns_narrow_what_is_looked_at():
    """A tensor outside both is not judged."""
    assert fault("AllZero", [[0.0]], tensor_regex="weight,bias") is None
    assert fault("AllZero", [[0.0]], name="dense/bias", tensor_regex="weight,bias")[0] == 0
    assert fault("AllZero", [[0.0]], "weights", collection_names="biases") is None
    assert fault("AllZero", [[0.0]], "weights", collection_names="biases,weights")[0] == 0


def test_variances_are_held_to_both_bounds():
    """Of 1 and 3 the variance is 1."""
    assert fault("TensorVariance", [[1.0, 3.0]]) is None
    assert fault("TensorVariance", [[1.0, 3.0]], max_threshold="0.5")[1] == "t has the variance 1"
    assert fault("TensorVariance", [[1.0, 3.0]], min_threshold="2")[0] == 0


def test_a_tensor_that_does_not_change_is_found_at_the_third_step():
    """A change within tolerance is none."""
    assert fault("UnchangedTensor", [[1.0, 2.0]] * 3)[0] == 2
    assert fault("UnchangedTensor", [[1.0], [1.0], [1.000001]])[0] == 2
    assert fault("UnchangedTensor", [[1.0], [1.0], [1.1], [1.1]]) is None


def test_updates_are_related_to_the_weights():
    """Too large, too small, and right."""
    assert fault("WeightUpdateRatio", [[1.0], [20.0]], "weights")[0] == 1
    assert fault("WeightUpdateRatio", [[1.0], [1.0]], "weights")[0] == 1
    assert fault("WeightUpdateRatio", [[1.0], [1.1]], "weights") is None


def test_layers_of_dead_rectifiers_are_found():
    """A unit is dead when it is active in less than one percent of the rows."""
    half_dead = [0.0, 1.0, 0.0, 2.0]
    assert fault("DeadRelu", [half_dead], name="a_relu_output", shape=(2, 2)) is None
    two_of_three = [0.0, 1.0, 0.0]
    assert fault("DeadRelu", [two_of_three], name="a_relu_output", shape=(1, 3))[0] == 0


def test_saturated_units_are_found_by_their_kind():
    """A hyperbolic tangent is saturated at 12, a sigmoid is not."""
    assert fault("SaturatedActivation", [[12.0, 12.0]], name="a_tanh_input")[0] == 0
    assert fault("SaturatedActivation", [[12.0, 12.0]], name="a_sigmoid_input") is None


def test_badly_begun_weights_are_found_in_the_first_steps():
    """Gradients that hardly differ, activations that differ too much, a loss that stays."""
    wide = [float(number) for number in range(20)]
    assert fault("PoorWeightInitialization", [wide], "gradients") is None
    assert fault("PoorWeightInitialization", [[1.0] * 20], "gradients")[0] == 0
    assert fault("PoorWeightInitialization", [[1.0]] * 8, "losses")[0] == 5
    recording = Recording()
    recording.add(Tensor("a_relu_input", 0, [0.0, 0.1]))
    recording.add(Tensor("b_relu_input", 0, [0.0, 9.0]))
    assert "vary" in read_rule("PoorWeightInitialization", {}).judge(recording, 0)


def test_later_steps_are_not_the_beginning():
    """After ten steps the initialization is no longer judged."""
    rows = [[float(20 - step)] for step in range(10)] + [[30.0]] * 10

    assert fault("PoorWeightInitialization", rows, "losses") is None


def labelled(labels, predictions, **parameters):
    recording = Recording()
    recording.add(Tensor("labels", 0, labels, (len(labels),)))
    recording.add(Tensor("predictions", 0, predictions, (len(labels),)))
    return read_rule("ClassImbalance", {"samples": "20", **parameters}).judge(recording, 0)


def test_rare_classes_are_found():
    """More than ten times as many of one as of the other; and not before enough were seen."""
    labels = [0.0] * 22 + [1.0] * 2
    assert "largest class has 22" in labelled(labels, labels)
    assert labelled(labels, labels, threshold_imbalance="12") is None
    assert labelled(labels, labels, samples="25") is None


def test_classes_that_are_mostly_predicted_wrongly_are_found():
    """Probabilities are rounded; rows of scores are taken by the largest."""
    labels = [0.0] * 10 + [1.0] * 10
    assert "of class 1, 10 of 10" in labelled(labels, [0.2] * 20)
    assert labelled(labels, [0.2] * 10 + [0.8] * 10) is None
    scores = [0.9, 0.1] * 10 + [0.2, 0.8] * 10
    assert labelled(labels, scores) is None


def test_few_features_with_all_of_the_importance_are_found():
    """The best three of five have 90 percent here."""
    recording = Recording()
    for name, score in zip("abcde", (30, 30, 30, 5, 5), strict=True):
        recording.add(Tensor(f"feature_importance/weight/{name}", 0, [float(score)]))

    assert "90 %" in read_rule("FeatureImportanceOverweight", {}).judge(recording, 0)
    rule = read_rule("FeatureImportanceOverweight", {"threshold": "0.95"})
    assert rule.judge(recording, 0) is None


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_rule_finds_nothing_in_nothing(name):
    """Whatever it looks for."""
    assert read_rule(name, {}).judge(Recording(), 0) is None


@pytest.mark.parametrize(
    ("rule", "parameters", "told"),
    [
        ("Nobody", {}, "no rule Nobody"),
        ("AllZero", {"limit": "1"}, "no parameter limit"),
        ("AllZero", {"threshold": "much"}, "threshold cannot be 'much'"),
        ("AllZero", {"threshold": "nan"}, "threshold cannot be"),
        ("ExplodingTensor", {"only_nan": "maybe"}, "only_nan cannot be"),
        ("LossNotDecreasing", {"_compared": "1"}, "no parameter _compared"),
    ],
)
def test_unknown_rules_and_parameters_are_named(rule, parameters, told):
    """So are values that cannot be read."""
    with pytest.raises(ParameterError, match=told):
        read_rule(rule, parameters)


def test_large_tensors_are_kept_for_a_while_only():
    """Scalars are kept for good."""
    recording = Recording()
    for step in range(KEPT + 5):
        recording.add(Tensor("wide", step, [1.0, 2.0]))
        recording.add(Tensor("one", step, [1.0]))

    assert len(recording.steps("wide")) == KEPT
    assert len(recording.steps("one")) == KEPT + 5
