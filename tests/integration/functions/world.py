"""A stack in memory: the real legs, the real science, and fakes for all doors."""

from tests.builders import PROBLEM, RUN, input_record
from tests.fakes import FakeApi, FakeBus, FakeObjects, FakeRecords, fake_ports

PREPARED = f"s3://lake/{PROBLEM}/runs/{RUN}/prepared/documents"


class World:
    """Delivers every event twice, as queues may."""

    def __init__(self, *rows):
        self.objects, self.records, self.bus = FakeObjects(), FakeRecords(*rows), FakeBus()
        self.api = FakeApi(self.objects)
        self.ports = fake_ports(self.records, self.objects, self.api, self.bus)

    def deliver(self, leg, event):
        """Let a leg answer; what it said this time, name and data of each event."""
        item = event["detail"].get("object")
        if item:
            # The landed object is the one that the event tells of.
            self.objects.etags[f"s3://landing/{item['key']}"] = item["etag"]
        before = len(self.bus.envelopes)
        leg.answer(event, self.ports)
        leg.answer(event, self.ports)
        said = self.bus.envelopes[before:]
        return [(item["detail-type"], item["detail"]["data"]) for item in said]

    def land(self, key, body):
        self.objects.write(f"s3://landing/{key}", body)

    def reasons(self):
        """What the history says, oldest first."""
        return [row.reason for row in self.records.rows.values() if hasattr(row, "heard")]

    def keep_prepared(self, folder):
        """Put a run's prepared documents where the watch looks for them."""
        for path in (folder / "prepared").glob("*.json"):
            self.objects.write(f"{PREPARED}/{path.name}", path.read_bytes())


def taken_in(uri, rows):
    """An input whose rows lie in the lake."""
    return input_record(uri=uri, rows=rows)
