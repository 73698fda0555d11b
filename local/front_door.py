"""The outermost layer of the cloud's one port: its own two addresses, then ministack."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_LOOPBACK_IS_PRIVATE = (b"x-forwarded-proto", b"https")


class FrontDoor:
    """An ASGI application: `/_baton/health`, `/_baton/events`, and everything else to ministack."""

    def __init__(
        self,
        inner: Application,
        *,
        health_file: Path,
        put_events: Callable[[list[dict[str, Any]]], list[dict[str, Any]]],
        started: Callable[[], None],
    ) -> None:
        """Take what it needs.

        Args:
            inner: The application that answers all other requests.
            health_file: JSON that another process writes; `status` is `ready`, `starting`, `failed`.
            put_events: Puts entries on the default bus, `aws.*` sources allowed; may block.
            started: Called once, when health first reads ready; may block.
        """
        self._inner = inner
        self._health_file = health_file
        self._put_events = put_events
        self._started = started
        self._background: asyncio.Future[None] | None = None
        self.last_request = 0.0
        self.requests = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
        elif scope["path"] == "/_baton/health":
            await self._health(send)
        elif scope["path"] == "/_baton/events":
            await self._events(scope, receive, send)
        else:
            self.requests += 1
            self.last_request = asyncio.get_running_loop().time()
            # Bucket and queue policies refuse plain HTTP (aws:SecureTransport). The loopback
            # interface never leaves the machine, which is what that rule is about.
            scope["headers"] = [*scope["headers"], _LOOPBACK_IS_PRIVATE]
            await self._inner(scope, receive, send)

    async def _health(self, send: Send) -> None:
        try:
            health = json.loads(self._health_file.read_text())
        except (OSError, ValueError):
            health = {"status": "starting"}
        ready = health.get("status") == "ready"
        if ready and self._background is None:
            loop = asyncio.get_running_loop()
            self._background = loop.run_in_executor(None, self._started)
        await _answer(send, 200 if ready else 503, health)

    async def _events(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        if scope["method"] != "POST" or b"origin" in headers:  # no web page may forge AWS's events
            await _answer(send, 403, {"message": "POST from a program on this machine only"})
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), bool(message.get("more_body"))
        try:
            entries = json.loads(body)["Entries"]
        except (ValueError, KeyError, TypeError):
            await _answer(send, 400, {"message": 'the body must be JSON: {"Entries": [...]}'})
            return
        results = await asyncio.to_thread(self._put_events, entries)
        failed = sum("ErrorCode" in result for result in results)
        await _answer(send, 200, {"FailedEntryCount": failed, "Entries": results})


async def _answer(send: Send, status: int, document: dict[str, Any]) -> None:
    body = json.dumps(document).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
