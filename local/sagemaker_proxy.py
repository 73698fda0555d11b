"""Forwards requests to the local SageMaker over kept-alive HTTP/1.1 connections.

It runs inside ministack's event loop, so that a slow answer (a model that computes for a second)
holds up nobody else. It uses `h11`, which ministack's own web server already brings.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import h11

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

#: Headers that belong to one connection and must not travel on (RFC 9110, section 7.6.1).
HOP_BY_HOP = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_READ_BYTES = 65_536


class UpstreamUnreachableError(Exception):
    """The local SageMaker does not answer on its port."""


@dataclass
class Answer:
    """One answer: status, headers, and its body as chunks that arrive one by one."""

    status: int
    headers: dict[str, str]
    chunks: AsyncIterator[bytes]

    async def body(self) -> bytes:
        """Read the whole body."""
        return b"".join([chunk async for chunk in self.chunks])

    async def stream(self, send: Callable[[Any], Awaitable[None]], _receive: object) -> None:
        """Send the body on, chunk by chunk, as an ASGI application does."""
        async for chunk in self.chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


@dataclass
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    protocol: h11.Connection

    async def next_event(self) -> object:
        while (event := self.protocol.next_event()) is h11.NEED_DATA:
            self.protocol.receive_data(await self.reader.read(_READ_BYTES))
        return event

    def close(self) -> None:
        self.writer.close()


class KeepAliveClient:
    """Forwards requests to one host and port, and keeps idle connections for the next request."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._idle: deque[_Connection] = deque()

    async def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            connection = self._idle.pop()
            connection.close()
            await connection.writer.wait_closed()

    async def request(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """Send one request and return as soon as the answer's headers are there.

        A kept connection that its other end closed in the meantime is replaced by a new one: no
        part of the request was acted on when not even a status line came back.

        Raises:
            UpstreamUnreachableError: when no connection can be made, or a new one breaks.
        """
        while self._idle:
            connection = self._idle.pop()
            try:
                return await self._exchange(connection, method, target, headers, body)
            except (OSError, h11.RemoteProtocolError):
                connection.close()
        try:
            connection = await self._connect()
            return await self._exchange(connection, method, target, headers, body)
        except (OSError, h11.RemoteProtocolError) as error:
            raise UpstreamUnreachableError(f"{self._host}:{self._port}: {error}") from error

    async def _connect(self) -> _Connection:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        return _Connection(reader, writer, h11.Connection(h11.CLIENT))

    async def _exchange(
        self,
        connection: _Connection,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes,
    ) -> Answer:
        sent = [(name, value) for name, value in headers.items() if name.lower() not in HOP_BY_HOP]
        sent += [("host", f"{self._host}:{self._port}"), ("content-length", str(len(body)))]
        protocol, writer = connection.protocol, connection.writer
        request = h11.Request(method=method, target=target, headers=sent)
        frames = [
            protocol.send(request),
            protocol.send(h11.Data(body)),
            protocol.send(h11.EndOfMessage()),
        ]
        writer.write(b"".join(frame for frame in frames if frame))
        await writer.drain()
        event = await connection.next_event()
        while isinstance(event, h11.InformationalResponse):
            event = await connection.next_event()
        if not isinstance(event, h11.Response):
            raise h11.RemoteProtocolError("the connection was closed before an answer came")
        received = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in event.headers
        }
        return Answer(event.status_code, received, self._chunks(connection))

    async def _chunks(self, connection: _Connection) -> AsyncIterator[bytes]:
        finished = False
        try:
            while isinstance(event := await connection.next_event(), h11.Data):
                yield bytes(event.data)
            finished = isinstance(event, h11.EndOfMessage)
        finally:
            self._put_back(connection, reusable=finished)

    def _put_back(self, connection: _Connection, *, reusable: bool) -> None:
        protocol = connection.protocol
        if reusable and protocol.our_state is h11.DONE and protocol.their_state is h11.DONE:
            protocol.start_next_cycle()
            self._idle.append(connection)
        else:
            connection.close()


async def forward(  # noqa: PLR0917 -- the order in which ministack calls a service
    client: KeepAliveClient,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    query: Mapping[str, Any],
) -> tuple[int, dict[str, str], Any]:
    """Forward one request as ministack hands it to a service, and answer in ministack's form.

    Returns:
        Status, headers, and the body: bytes, or for an answer of unknown length a function
        that sends its chunks as they come. Header names are in lower case, which keeps ministack
        from rewriting the content type: InvokeEndpoint's caller chose it.
    """
    target = quote(path) + ("?" + urlencode(query, doseq=True) if query else "")
    try:
        answer = await client.request(method, target, headers, body)
    except UpstreamUnreachableError as error:
        fault = {"__type": "ServiceUnavailable", "message": f"the local SageMaker is down: {error}"}
        return 503, {"content-type": "application/x-amz-json-1.1"}, json.dumps(fault).encode()
    dropped = {"connection", "date", "server", "transfer-encoding"}
    kept = {name: value for name, value in answer.headers.items() if name not in dropped}
    if "content-length" in kept:
        return answer.status, kept, await answer.body()
    return answer.status, kept, answer.stream
