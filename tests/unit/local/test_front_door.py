"""The outermost layer of the cloud's port."""

import asyncio
import json

import pytest

from local.front_door import FrontDoor


class Laptop:
    """A front door with recorded surroundings."""

    def __init__(self, folder):
        self.health_file = folder / "health.json"
        self.entries, self.starts, self.passed_on = [], [], []
        self.door = FrontDoor(
            self.inner,
            port=4566,
            health_file=self.health_file,
            put_events=self.put_events,
            started=lambda: self.starts.append("started"),
        )

    async def inner(self, scope, _receive, send):
        self.passed_on.append(scope)
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    def put_events(self, entries):
        self.entries += entries
        return [{"EventId": str(number)} for number, _ in enumerate(entries)]

    def ask(self, path, method="GET", body=b"", **headers):
        headers = {"host": "127.0.0.1:4566", **headers}
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        sent = []
        parts = [{"body": body[:5], "more_body": True}, {"body": body[5:]}]

        async def run():
            async def receive():
                return parts.pop(0)

            async def send(message):
                sent.append(message)

            await self.door(scope, receive, send)

        asyncio.run(run())
        return sent[0]["status"], json.loads(sent[1]["body"])


@pytest.fixture
def laptop(tmp_path):
    return Laptop(tmp_path)


def test_health_is_starting_until_somebody_says_otherwise(laptop):
    """Before the stack is deployed, 503."""
    assert laptop.ask("/_baton/health") == (503, {"status": "starting"})


def test_a_failed_start_tells_its_reason(laptop):
    """Not ready is never 200."""
    health = {"status": "failed", "reason": "sam deploy"}
    laptop.health_file.write_text(json.dumps(health))

    assert laptop.ask("/_baton/health") == (503, health)
    assert laptop.starts == []


def test_a_ready_cloud_says_so_and_warms_up_once(laptop):
    """The first look at a ready cloud starts what follows readiness."""
    health = {"status": "ready", "endpoint_url": "http://127.0.0.1:4566"}
    laptop.health_file.write_text(json.dumps(health))

    assert laptop.ask("/_baton/health") == (200, health)
    assert laptop.ask("/_baton/health") == (200, health)
    assert laptop.starts == ["started"]


def test_events_of_aws_enter_here(laptop):
    """The body arrives in parts and is put as a whole."""
    entry = {"Source": "aws.sagemaker", "DetailType": "d", "Detail": "{}"}

    status, answer = laptop.ask(
        "/_baton/events", "POST", json.dumps({"Entries": [entry, entry]}).encode()
    )

    assert (status, answer["FailedEntryCount"]) == (200, 0)
    assert laptop.entries == [entry, entry]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"no json"])
def test_what_is_no_list_of_entries_is_refused(laptop, body):
    """And nothing is put."""
    status, _ = laptop.ask("/_baton/events", "POST", body)

    assert (status, laptop.entries) == (400, [])


def test_events_cannot_be_fetched(laptop):
    """The door leads in."""
    assert laptop.ask("/_baton/events")[0] == 405


def test_everything_else_goes_to_ministack_as_private(laptop):
    """The loopback interface counts as a secure transport."""
    assert laptop.ask("/bucket/key", "PUT")[0] == 299

    (scope,) = laptop.passed_on
    assert (b"x-forwarded-proto", b"https") in scope["headers"]
    assert laptop.door.requests == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "rebound.example:4566"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
    ],
)
@pytest.mark.parametrize("path", ["/", "/_baton/events", "/_baton/health"])
def test_pages_in_a_browser_cannot_use_the_cloud(laptop, path, headers):
    """Neither across origins nor under a name that points here."""
    status, _ = laptop.ask(path, "POST", b'{"Entries": [{}]}', **headers)

    assert (status, laptop.entries, laptop.passed_on) == (403, [], [])


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "localhost:4566"},
        {"host": "bucket.s3.localhost:4566"},
        {"origin": "http://127.0.0.1:4566"},
    ],
)
def test_its_own_pages_and_names_may(laptop, headers):
    """The console is a page of this cloud."""
    assert laptop.ask("/", **headers)[0] == 299


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/_ministack/reset", 403),
        ("/_ministack/config", 403),
        ("/_ministack/sqs/messages", 403),
        ("/_ministack/health", 299),
        ("/_ministack/cfn-response/token", 299),
    ],
)
def test_ministacks_unsigned_addresses_are_closed(laptop, path, status):
    """One unsigned request must not wipe the cloud."""
    assert laptop.ask(path, "POST")[0] == status
