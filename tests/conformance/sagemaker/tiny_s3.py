"""A very small S3 on loopback, for jobs to use, with a door for events and topics."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Callable

_KMS_HEADER = "x-amz-server-side-encryption-aws-kms-key-id"
_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


class TinyS3:
    """Serves while it is entered; `url` is where."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.reads: list[str] = []
        self.events: list[dict[str, Any]] = []
        self.published: list[tuple[str, str]] = []
        #: other services: path, target and body of a POST to its answer, or None
        self.doors: list[Callable[[str, str, bytes], bytes | None]] = []
        self.keys_used: dict[str, str] = {}
        self.refused_roles: set[str] = set()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.store = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        return sorted(
            key for home, key in list(self.objects) if home == bucket and key.startswith(prefix)
        )


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    store: TinyS3


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536
    server: _Server

    @property
    def store(self) -> TinyS3:
        return self.server.store

    def log_message(self, *_: object) -> None: ...

    def handle_expect_100(self) -> bool:
        done = super().handle_expect_100()
        self.wfile.flush()
        return done

    def _place(self) -> tuple[str, str, dict[str, list[str]]]:
        address = urlsplit(self.path)
        bucket, _, key = unquote(address.path).lstrip("/").partition("/")
        return bucket, key, parse_qs(address.query)

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        bucket, key, _ = self._place()
        if key:
            self.store.objects[bucket, key] = body
            self.store.keys_used[key] = self.headers.get(_KMS_HEADER, "")
        self._answer(200, ETag=_etag(body))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/_baton/events":
            self.store.events += json.loads(body)["Entries"]
            self._answer(200, b"{}")
            return
        if any(role in unquote(body.decode()) for role in self.store.refused_roles):
            self._answer(403, _error("AccessDenied"), Content_Type="text/xml")
            return
        if b"Action=Publish&" in body:
            form = parse_qs(body.decode())
            self.store.published.append((form["TopicArn"][0], form["Message"][0]))
            answer = b"<PublishResult><MessageId>1</MessageId></PublishResult>"
            self._answer(200, b"<PublishResponse>" + answer + b"</PublishResponse>")
            return
        target = self.headers.get("X-Amz-Target", "")
        for door in self.store.doors:
            answered = door(self.path, target, body)
            if answered is not None:
                self._answer(200, answered)
                return
        self._answer(404)  # STS, logs, metrics: this is an object store alone

    def do_DELETE(self) -> None:
        bucket, key, _ = self._place()
        self.store.objects.pop((bucket, key), None)
        self._answer(204)

    def do_HEAD(self) -> None:
        bucket, key, _ = self._place()
        body = self.store.objects.get((bucket, key))
        if not key:
            self._answer(200)
        elif body is None:
            self._answer(404)
        else:
            self._answer(200, ETag=_etag(body), Content_Length=str(len(body)))

    def do_GET(self) -> None:
        bucket, key, query = self._place()
        if not bucket:
            self._answer(200, self._buckets(), Content_Type="application/xml")
            return
        if not key:
            self._list(bucket, query.get("prefix", [""])[0])
            return
        body = self.store.objects.get((bucket, key))
        if body is None:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        else:
            self.store.reads.append(key)
            self._answer(200, body, ETag=_etag(body))

    def _buckets(self) -> bytes:
        names = sorted({bucket for bucket, _ in self.store.objects} | {"lake"})
        items = "".join(
            f"<Bucket><Name>{name}</Name><CreationDate>2026-01-01T00:00:00.000Z</CreationDate>"
            f"</Bucket>"
            for name in names
        )
        text = (
            f'<ListAllMyBucketsResult xmlns="{_NAMESPACE}"><Buckets>{items}</Buckets>'
            f"</ListAllMyBucketsResult>"
        )
        return text.encode()

    def _list(self, bucket: str, prefix: str) -> None:
        items = "".join(
            f"<Contents><Key>{escape(key)}</Key><ETag>{escape(_etag(body))}</ETag>"
            f"<Size>{len(body)}</Size></Contents>"
            for (home, key), body in sorted(self.store.objects.items())
            if home == bucket and key.startswith(prefix)
        )
        if bucket != "lake" and not self.store.keys(bucket):
            self._answer(404, b"<Error><Code>NoSuchBucket</Code></Error>")
            return
        text = (
            f'<ListBucketResult xmlns="{_NAMESPACE}"><Name>{bucket}</Name>'
            f"<IsTruncated>false</IsTruncated>{items}</ListBucketResult>"
        )
        self._answer(200, text.encode(), Content_Type="application/xml")


def _error(code: str) -> bytes:
    return f"<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>".encode()


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
