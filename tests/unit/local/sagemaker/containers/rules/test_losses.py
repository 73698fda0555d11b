"""Rules over losses."""

import math

from local.sagemaker.containers.rules.known import first_fault, read_rule
from local.sagemaker.containers.rules.recording import Recording, Tensor


def recorded(**series):
    """A recording of losses; `train_x` stands for `train-x`."""
    recording = Recording()
    for name, values in series.items():
        for step, value in enumerate(values):
            recording.add(Tensor(name.replace("_", "-"), step, [value]), "losses")
    return recording


def fault(rule, series, **parameters):
    steps = range(max(map(len, series.values())))
    return first_fault(read_rule(rule, parameters), recorded(**series), steps)


def test_a_loss_that_falls_enough_passes():
    """Also one that rises a little, within the tolerance."""
    assert fault("LossNotDecreasing", {"loss": [10.0 - 0.1 * n for n in range(40)]}) is None
    assert fault("LossNotDecreasing", {"loss": [10.0 + 0.01 * n for n in range(40)]}) is None


def test_a_loss_that_stands_still_is_found_after_ten_steps():
    """It is compared with itself ten steps before; `num_steps` says another distance."""
    assert fault("LossNotDecreasing", {"loss": [1.0] * 40})[0] == 10
    assert fault("LossNotDecreasing", {"loss": [1.0] * 40}, num_steps="3")[0] == 3


def test_a_loss_that_rises_is_found():
    """By more than five percent, and at once when it is no number."""
    step, told = fault("LossNotDecreasing", {"loss": [10.0 + n for n in range(40)]})
    assert (step, told) == (10, "loss rose by 100 % since step 0")
    assert fault("LossNotDecreasing", {"loss": [3.0, 2.0, math.nan]})[0] == 2


def test_each_loss_is_compared_every_num_steps():
    """A short bump between two comparisons is not seen."""
    values = [20.0 - n for n in range(11)]
    values[5] = 99.0

    assert fault("LossNotDecreasing", {"loss": values}) is None


def test_a_validation_loss_far_above_the_training_loss_is_overfitting():
    """In relation to the training loss, as many steps in a row as patience asks for."""
    series = {"train_rmse": [1.0] * 6, "validation_rmse": [1.0, 1.2, 1.0, 1.2, 1.2, 1.2]}

    assert fault("Overfit", series)[0] == 1
    assert fault("Overfit", series, patience="3")[0] == 5
    assert fault("Overfit", series, ratio_threshold="0.3") is None
    assert fault("Overfit", series, start_step="4")[0] == 4


def test_losses_pair_by_mode_too():
    """One name, saved in TRAIN and in EVAL."""
    recording = Recording()
    for mode, value in (("TRAIN", 1.0), ("EVAL", 2.0)):
        recording.add(Tensor("loss", 0, [value], mode=mode), "losses")
    told = read_rule("Overfit", {}).judge(recording, 0)

    assert told == "EVAL:loss is 100 % above TRAIN:loss"


def test_losses_that_no_longer_improve_are_overtraining():
    """The training loss may wait five steps, the validation loss ten."""
    falling = [10.0 - n for n in range(30)]

    assert fault("Overtraining", {"train_x": [1.0] * 30})[0] == 6
    assert fault("Overtraining", {"train_x": falling, "validation_x": [1.0] * 30})[0] == 11
    assert fault("Overtraining", {"train_x": falling, "validation_x": falling}) is None


def test_a_pause_is_judged_by_its_length():
    """Half an hour by default."""
    rule = read_rule("StalledTrainingRule", {"threshold": "5"})

    assert rule.judge_pause(4.0) is None
    assert rule.judge_pause(6.0) == "nothing was recorded for 6 s"
    assert read_rule("StalledTrainingRule", {}).judge_pause(1799.0) is None
