"""Data capture, apart from endpoints: batching, order, an S3 that is away."""

import json
import re
import threading

from local.sagemaker.endpoints.data_capture import DataCapture, Exchange, Target, file_name
from local.sagemaker.objects import ObjectsError
from tests.unit.local.sagemaker.world import until

CONFIG = {
    "InitialSamplingPercentage": 100,
    "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
    "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
}
TARGET = Target("s3://lake/capture/", "churn", "primary", "role")
NOON = 1_767_614_400.25  # 2026-01-05T12:00:00.25Z


class Bucket:
    def __init__(self):
        self.files, self.away = {}, False

    def put(self, uri, body, target):
        if self.away:
            raise ObjectsError("away")
        self.files[uri] = body

    @property
    def records(self):
        return [json.loads(line) for body in self.files.values() for line in body.splitlines()]


def exchange(number=0, when=NOON, body=None):
    return Exchange(when, body or str(number).encode(), "text/csv", b"0.5", "text/csv")


def test_files_are_named_by_hour_and_moment():
    """yyyy/mm/dd/hh/MM-SS-mmm-<uuid>.jsonl, in UTC."""
    bucket = Bucket()
    capture = DataCapture(bucket.put, every=60)
    capture.record(CONFIG, TARGET, exchange())
    capture.close()

    (uri,) = bucket.files
    assert re.fullmatch(
        r"s3://lake/capture/churn/primary/2026/01/05/12/00-00-250-[0-9a-f-]{36}\.jsonl", uri
    )
    assert file_name(NOON) != file_name(NOON)


def test_records_are_written_in_order_in_files_of_bounded_size():
    """And what is left is written at the end."""
    bucket = Bucket()
    capture = DataCapture(bucket.put, every=60, at_most=10)
    for number in range(25):
        capture.record(CONFIG, TARGET, exchange(number))
    capture.close()

    assert sorted(body.count(b"\n") for body in bucket.files.values()) == [5, 10, 10]
    data = [record["captureData"]["endpointInput"]["data"] for record in bucket.records]
    assert data == [str(number) for number in range(25)]


def test_hours_do_not_mix():
    """A record belongs to the hour of its request."""
    bucket = Bucket()
    capture = DataCapture(bucket.put, every=60)
    capture.record(CONFIG, TARGET, exchange())
    capture.record(CONFIG, TARGET, exchange(when=NOON + 3600))
    capture.close()

    assert sorted(uri.split("/")[9] for uri in bucket.files) == ["12", "13"]


def test_time_alone_makes_a_file_also_under_steady_traffic():
    """Nobody has to stop asking."""
    bucket, ended = Bucket(), threading.Event()
    capture = DataCapture(bucket.put, every=0.05)

    def ask():
        while not ended.wait(0.001):
            capture.record(CONFIG, TARGET, exchange())

    asking = threading.Thread(target=ask)
    asking.start()
    until(lambda: len(bucket.files) >= 3)
    ended.set()
    asking.join()
    capture.close()


def test_records_wait_for_an_s3_that_is_away():
    """None is lost, none comes twice."""
    bucket = Bucket()
    bucket.away = True
    capture = DataCapture(bucket.put, every=0.02, at_most=2)
    for number in range(5):
        capture.record(CONFIG, TARGET, exchange(number))
    threading.Event().wait(0.1)
    bucket.away = False
    until(lambda: len(bucket.records) == 5)
    capture.close()

    data = [record["captureData"]["endpointInput"]["data"] for record in bucket.records]
    assert sorted(data) == ["0", "1", "2", "3", "4"]


def test_bytes_that_are_not_what_their_type_says_are_kept_as_base64():
    """The record says so."""
    bucket = Bucket()
    capture = DataCapture(bucket.put, every=60)
    capture.record(CONFIG, TARGET, exchange(body=b"\xff\xfe"))
    capture.close()

    side = bucket.records[0]["captureData"]["endpointInput"]
    assert (side["encoding"], side["data"]) == ("BASE64", "//4=")
