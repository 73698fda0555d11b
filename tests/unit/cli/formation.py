"""CloudFormation, as far as the command asks it: two reading operations, over real HTTP."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Mapping

_SPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/"


class Formation:
    """One stack, or none, on a loopback port.

    Attributes:
        name: the stack's name; empty while none is deployed.
        outputs: its outputs.
        resources: logical id → (type, physical id).
    """

    def __init__(self) -> None:
        self.name = ""
        self.outputs: Mapping[str, str] = {}
        self.resources: Mapping[str, tuple[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, action: str, stack: str) -> tuple[int, str]:
        """Status and XML of one request (AWS Query protocol)."""
        if stack != self.name:
            text = f"Stack with id {escape(stack)} does not exist"
            error = f"<Error><Code>ValidationError</Code><Message>{text}</Message></Error>"
            return 400, f'<ErrorResponse xmlns="{_SPACE}">{error}</ErrorResponse>'
        result = self._stacks() if action == "DescribeStacks" else self._resources()
        return 200, (
            f'<{action}Response xmlns="{_SPACE}"><{action}Result>{result}</{action}Result>'
            f"</{action}Response>"
        )

    def _stacks(self) -> str:
        outputs = "".join(
            f"<member>{_tag('OutputKey', key)}{_tag('OutputValue', value)}</member>"
            for key, value in self.outputs.items()
        )
        return (
            f"<Stacks><member>{_tag('StackName', self.name)}"
            f"{_tag('CreationTime', '2026-02-03T10:11:12Z')}"
            f"{_tag('StackStatus', 'CREATE_COMPLETE')}<Outputs>{outputs}</Outputs>"
            "</member></Stacks>"
        )

    def _resources(self) -> str:
        members = "".join(
            f"<member>{_tag('LogicalResourceId', name)}{_tag('ResourceType', kind)}"
            f"{_tag('PhysicalResourceId', found)}</member>"
            for name, (kind, found) in self.resources.items()
        )
        return f"<StackResourceSummaries>{members}</StackResourceSummaries>"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        formation = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                asked = parse_qs(self.rfile.read(length).decode())
                status, text = formation.answer(asked["Action"][0], asked["StackName"][0])
                body = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/xml")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: Any) -> None:
                """Say nothing."""

        return Handler


def _tag(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"
