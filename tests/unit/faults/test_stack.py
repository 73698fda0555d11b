"""An ear of the matrix hears all that arrives, also where the cloud is too busy to answer."""

import json

from botocore.exceptions import ReadTimeoutError

from faults.stack import Ear


class BusyQueue:
    """One message that is handed out until it is deleted; some requests get no answer in time."""

    def __init__(self, *answered):
        self._answered = list(answered)
        self.deleted = []

    def _answer(self):
        if self._answered and not self._answered.pop(0):
            raise ReadTimeoutError(endpoint_url="http://127.0.0.1/")

    def receive_message(self, **_):
        self._answer()
        if self.deleted:
            return {}
        return {"Messages": [{"Body": json.dumps({"life": "fm1"}), "ReceiptHandle": "r"}]}

    def delete_message(self, *, QueueUrl, ReceiptHandle):  # noqa: N803  as boto3 has it
        self._answer()
        self.deleted.append(ReceiptHandle)


def listening(queue):
    return Ear(queue, "queue", lambda document: document["life"])


def test_it_goes_on_after_a_request_that_was_not_answered():
    ear = listening(BusyQueue(False, True))

    assert ear.wait("fm1", lambda _: True, seconds=20) == {"life": "fm1"}
    ear.close()


def test_what_could_not_be_deleted_is_heard_again():
    queue = BusyQueue(True, False)
    ear = listening(queue)

    assert ear.wait("fm1", lambda _: len(ear.all("fm1")) == 2, seconds=20)
    ear.close()
    assert queue.deleted == ["r"]
