"""Early stopping by the median of earlier trainings."""

from local.sagemaker.tuning.median_rule import MedianRule


def run(rule, job, value, epochs=10):
    stopped = [rule.should_stop(job, value) for _ in range(epochs)]
    rule.finished(job)
    return any(stopped)


def test_a_training_worse_than_the_median_is_stopped():
    """After three finished ones, and a few epochs, the running averages are compared."""
    rule = MedianRule(maximize=True)
    assert not any(run(rule, f"job-{value}", value) for value in (0.6, 0.7, 0.8))

    assert run(rule, "bad", 0.5)
    assert not run(rule, "good", 0.75)


def test_smaller_is_better_when_minimizing():
    """The comparison turns round."""
    rule = MedianRule(maximize=False)
    for value in (0.6, 0.7, 0.8):
        run(rule, f"job-{value}", value)

    assert run(rule, "bad", 0.9)
    assert not run(rule, "good", 0.5)
