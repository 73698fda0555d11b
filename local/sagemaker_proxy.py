"""A small HTTP/1.1 client that forwards requests to the local SageMaker over kept-alive connections.

It runs inside ministack's event loop, so a slow answer (a model that computes for a second) holds up nobody else.
It uses `h11`, which ministack's own web server already brings.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import h11

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

    async def request(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """Send one request and return as soon as the answer's headers are there.

        A kept connection that its other end closed in the meantime is replaced by a new one: nothing of the request
        was acted on when not even a status line came back.

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
