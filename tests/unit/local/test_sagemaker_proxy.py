"""Requests forwarded over kept-alive connections."""

import asyncio
import json

import pytest

from local.sagemaker_proxy import KeepAliveClient, UpstreamUnreachableError, forward


class Upstream:
    """A server that answers each request with the next script and counts its connections."""

    def __init__(self):
        self.connections, self.requests, self.answers = 0, [], []

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()
        self.server.close_clients()
        await self.server.wait_closed()

    async def serve(self, reader, writer):
        self.connections += 1
        while head := await self.read_head(reader):
            length = int(head.lower().split("content-length: ")[1].split("\r\n")[0])
            body = await reader.readexactly(length)
            self.requests.append((head, body))
            answer = self.answers.pop(0) if self.answers else plain(body)
            writer.write(answer)
            await writer.drain()
            if b"connection: close" in answer:
                break
        writer.close()

    @staticmethod
    async def read_head(reader):
        try:
            return (await reader.readuntil(b"\r\n\r\n")).decode()
        except asyncio.IncompleteReadError:
            return ""


def plain(body, *headers):
    lines = ["HTTP/1.1 200 OK", f"content-length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def run(scenario):
    """Run a coroutine function against an upstream and a client."""

    async def main():
        async with Upstream() as upstream:
            client = KeepAliveClient("127.0.0.1", upstream.port)
            await scenario(upstream, client)
            await client.close()

    asyncio.run(main())


def test_requests_after_each_other_share_a_connection():
    """No connection is made anew."""

    async def scenario(upstream, client):
        for body in (b"1,2", b"", b"x" * 300_000):
            answer = await client.request("POST", "/endpoints/e/invocations", {}, body)
            assert (answer.status, await answer.body()) == (200, body)
        assert upstream.connections == 1

    run(scenario)


def test_requests_at_once_do_not_wait_for_each_other():
    """Each gets a connection."""

    async def scenario(upstream, client):
        answers = await asyncio.gather(
            *(client.request("POST", "/", {}, bytes([65 + n])) for n in range(5))
        )
        assert [await answer.body() for answer in answers] == [b"A", b"B", b"C", b"D", b"E"]
        assert upstream.connections == 5

    run(scenario)


def test_a_connection_closed_in_the_meantime_is_replaced():
    """The caller notices nothing."""

    async def scenario(upstream, client):
        upstream.answers = [plain(b"first", "connection: close")]
        assert await (await client.request("GET", "/", {}, b"")).body() == b"first"
        assert await (await client.request("POST", "/", {}, b"again")).body() == b"again"
        assert upstream.connections == 2

    run(scenario)


def test_headers_travel_except_those_of_the_connection():
    """Signatures and custom attributes arrive, Host is the upstream's."""

    async def scenario(upstream, client):
        headers = {
            "authorization": "AWS4",
            "x-amzn-sagemaker-custom-attributes": "a",
            "host": "127.0.0.1:4566",
            "connection": "close",
            "content-length": "999",
        }
        upstream.answers = [plain(b"{}", "content-type: text/csv", "date: now", "x-one: 1")]
        status, answered, body = await forward(
            client, "POST", "/FeatureGroup/a b", headers, b"1", {"name": ["x&y"]}
        )
        head, _ = upstream.requests[0]
        assert head.startswith("POST /FeatureGroup/a%20b?name=x%26y HTTP/1.1")
        assert "authorization: AWS4" in head
        assert f"host: 127.0.0.1:{upstream.port}" in head
        assert (status, body) == (200, b"{}")
        assert answered == {"content-length": "2", "content-type": "text/csv", "x-one": "1"}

    run(scenario)


def test_an_answer_of_unknown_length_is_streamed():
    """Chunk by chunk, as the model writes it."""

    async def scenario(upstream, client):
        chunked = (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
        )
        upstream.answers = [chunked]
        sent = []

        async def send(message):
            sent.append(message)

        status, headers, stream = await forward(client, "POST", "/", {}, b"", {})
        await stream(send, None)
        assert (status, headers) == (200, {})
        assert b"".join(message["body"] for message in sent) == b"abc"
        assert [message["more_body"] for message in sent][-1] is False

    run(scenario)


def test_without_an_upstream_the_answer_says_so():
    """A 503 in the form that AWS's clients read."""

    async def scenario(upstream, client):
        upstream.server.close()
        await upstream.server.wait_closed()
        with pytest.raises(UpstreamUnreachableError):
            await client.request("GET", "/", {}, b"")
        status, _, body = await forward(client, "POST", "/", {}, b"", {})
        assert (status, json.loads(body)["__type"]) == (503, "ServiceUnavailable")

    run(scenario)
