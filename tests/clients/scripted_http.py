"""A web server that answers as told: for faults that a real server cannot be made to show when one wants them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked."""

    method: str
    path: str
    """With its query."""
    body: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer; anything but text and bytes is sent as JSON."""

    status: int
    body: object = None
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    """Send only so many bytes of the body, then hang up."""


@dataclass
class Script:
    """The answers, and what was asked so far."""

    answer: Callable[[Request], Reply]
    asked: list[Request] = field(default_factory=list)
    url: str = ""

    def count(self, path: str) -> int:
        """How often a path was asked for, query and all."""
        return sum(request.path == path for request in self.asked)


class _Handler(BaseHTTPRequestHandler):
    script: Script
    protocol_version = "HTTP/1.1"

    def _reply(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(self.command, self.path, self.rfile.read(length).decode())
        self.script.asked.append(request)
        reply = self.script.answer(request)
        content = _content(reply.body)
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(content)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content[: reply.cut])
        self.close_connection = reply.cut is not None

    do_GET = do_PUT = do_POST = do_DELETE = _reply  # noqa: N815 - names that http.server looks for

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


def _content(body: object) -> bytes:
    if isinstance(body, bytes):
        return body
    text = body if isinstance(body, str) else "" if body is None else json.dumps(body)
    return text.encode()


@contextmanager
def scripted(answer: Callable[[Request], Reply]) -> Iterator[Script]:
    """A server on a free port of this machine, for the length of the block."""
    script = Script(answer)
    handler = type("Handler", (_Handler,), {"script": script})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    script.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
