"""AWS's event stream encoding, read back by botocore's own reader."""

from botocore.eventstream import EventStreamBuffer

from local.sagemaker.api.event_stream import event, exception


def read(raw):
    buffer = EventStreamBuffer()
    buffer.add_data(raw)
    return [(message.headers, message.payload) for message in buffer]


def test_events_carry_their_kind_and_bytes():
    """Whatever the bytes are, and two after each other."""
    first, second = read(event("PayloadPart", b"\0\xff") + event("PayloadPart", b""))

    assert first[0][":event-type"] == "PayloadPart"
    assert first[0][":message-type"] == "event"
    assert (first[1], second[1]) == (b"\0\xff", b"")


def test_exceptions_carry_their_members():
    """As JSON."""
    ((headers, payload),) = read(exception("ModelStreamError", Message="gone", ErrorCode="x"))

    assert headers[":exception-type"] == "ModelStreamError"
    assert headers[":message-type"] == "exception"
    assert payload == b'{"Message": "gone", "ErrorCode": "x"}'
