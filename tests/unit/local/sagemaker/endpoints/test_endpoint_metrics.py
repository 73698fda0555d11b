"""CloudWatch metrics of endpoints."""

from local.sagemaker.endpoints.endpoint_metrics import EndpointMetrics
from tests.unit.local.sagemaker.world import until

KEY = ("churn", "primary", "config-1")


def collect():
    calls = []
    return calls, EndpointMetrics(calls.append, every=60)


def of(calls, name):
    return [datum for data in calls for datum in data if datum["MetricName"] == name]


def dimensions(datum):
    return {entry["Name"]: entry["Value"] for entry in datum["Dimensions"]}


def test_each_request_counts_once_in_each_metric():
    """A success adds zeros to the errors, so that an average is an error rate."""
    calls, metrics = collect()
    for status in (200, 200, 400, 500, 0):
        metrics.record(KEY, status, 0.002, 0.001)
    metrics.close()
    plain = {
        name: next(datum for datum in of(calls, name) if len(datum["Dimensions"]) == 2)
        for name in ("Invocations", "Invocation4XXErrors", "Invocation5XXErrors", "ModelLatency")
    }

    assert (plain["Invocations"]["Values"], plain["Invocations"]["Counts"]) == ([1.0], [5.0])
    assert plain["Invocation4XXErrors"]["Values"] == [0.0, 1.0]
    assert plain["Invocation4XXErrors"]["Counts"] == [4.0, 1.0]
    assert plain["Invocation5XXErrors"]["Counts"] == [3.0, 2.0]
    assert plain["ModelLatency"]["Values"] == [2000.0]
    assert plain["ModelLatency"]["Unit"] == "Microseconds"


def test_metrics_carry_endpoint_and_variant_and_once_more_the_configuration():
    """An alarm can watch the new fleet of a deployment alone."""
    calls, metrics = collect()
    metrics.record(KEY, 200, 0.002, 0.001)
    metrics.close()

    both = {"EndpointName": "churn", "VariantName": "primary"}
    found = [dimensions(datum) for datum in of(calls, "Invocations")]
    assert found == [both, both | {"EndpointConfigName": "config-1"}]


def test_many_values_travel_within_cloudwatchs_bounds():
    """150 values a datum, all of them."""
    calls, metrics = collect()
    for number in range(400):
        metrics.record(KEY, 200, number / 1000, 0.0)
    metrics.close()
    data = [datum for datum in of(calls, "ModelLatency") if len(datum["Dimensions"]) == 2]

    assert [len(datum["Values"]) for datum in data] == [150, 150, 100]


def test_they_are_sent_by_themselves():
    """Every so often, without a call."""
    calls = []
    metrics = EndpointMetrics(calls.append, every=0.01)
    metrics.record(KEY, 200, 0.002, 0.001)
    until(lambda: calls)
    metrics.close()
