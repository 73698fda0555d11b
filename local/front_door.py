"""The outermost layer of the cloud's one port: its own three addresses, then ministack."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_LOOPBACK_IS_PRIVATE = (b"x-forwarded-proto", b"https")
#: The signature of a request that may change a function (its credential scope names the service).
_DEPLOYING = re.compile(rb"/(lambda|cloudformation)/aws4_request")
#: ministack's own unsigned addresses that programs need; its others read or wipe everything.
_OPEN_ADDRESSES = ("health", "ready", "cfn-response/", "cfn-signal/", "lambda-")


class FrontDoor:
    """An ASGI application: `/_baton/health`, `/_baton/events`, `/_baton/save`, then ministack.

    Attributes:
        save: Writes all state down; set by who can.
    """

    def __init__(
        self,
        inner: Application,
        *,
        port: int,
        health_file: Path,
        put_events: Callable[[list[dict[str, Any]]], list[dict[str, Any]]],
        started: Callable[[], None],
    ) -> None:
        """Take what it needs.

        Args:
            port: Its port on the loopback interface.
            inner: The application that answers all other requests.
            health_file: JSON that another process writes; ready when its `status` says so.
            put_events: Puts entries on the default bus, `aws.*` allowed; may block.
            started: Called once, when health first reads ready; may block.
        """
        self._inner = inner
        names = ("127.0.0.1", "localhost")
        self._hosts = {f"{name}:{port}".encode() for name in names}
        self._health_file = health_file
        self._put_events = put_events
        self._started = started
        self._background: asyncio.Future[None] | None = None
        self.save: Callable[[], None] = _nothing
        self.last_request = 0.0
        self.requests = 0
        self.deployments = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
        elif refusal := self._refusal(scope):
            await _answer(send, 403, {"message": refusal})
        elif scope["path"] == "/_baton/health":
            await self._health(send)
        elif scope["path"] == "/_baton/events":
            await self._events(scope, receive, send)
        elif scope["path"] == "/_baton/save":
            await asyncio.to_thread(self.save)
            await _answer(send, 200, {"message": "all state is on disk"})
        else:
            self.requests += 1
            self.last_request = time.monotonic()
            if _DEPLOYING.search(dict(scope["headers"]).get(b"authorization", b"")):
                self.deployments += 1
            # Bucket and queue policies refuse plain HTTP (aws:SecureTransport). The loopback
            # interface never leaves the machine, which is what that rule is about.
            scope["headers"] = [*scope["headers"], _LOOPBACK_IS_PRIVATE]
            await self._inner(scope, receive, send)

    def _refusal(self, scope: Scope) -> str | None:
        """Say why a request is none that a program of this machine's user would send.

        A page in a browser can reach a loopback port too, across origins or by a name that it has
        pointed here; it must neither read this cloud nor change it.
        """
        headers = dict(scope["headers"])
        host, origin = headers.get(b"host", b""), headers.get(b"origin")
        if host not in self._hosts and not host.split(b":")[0].endswith(b".localhost"):
            return f"this cloud answers to 127.0.0.1 and localhost, not to {host.decode('latin-1')}"
        if origin is not None and origin.removeprefix(b"http://") not in self._hosts:
            return f"pages of {origin.decode('latin-1')} may not use this cloud"
        own = scope["path"].removeprefix("/_ministack/")
        if own != scope["path"] and not own.startswith(_OPEN_ADDRESSES):
            return "ministack's own addresses are closed here"
        return None

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
        if scope["method"] != "POST":
            await _answer(send, 405, {"message": "POST only"})
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


def _nothing() -> None:
    """What is done where nobody can save."""


async def _answer(send: Send, status: int, document: dict[str, Any]) -> None:
    body = json.dumps(document).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
