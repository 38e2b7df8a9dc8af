"""A gateway in front of a real HTTP API that answers some requests in its own way: what real servers do seldom."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import httpx

from tests.live.asking import TIMEOUT_S


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent to the client."""

    status: int
    content: bytes
    content_type: str = "application/json"
    retry_after: str | None = None
    cut: bool = False
    """Hang up after half of it."""


Meddling = Callable[[str, Answer], Answer]
"""From a request line (`GET /subjects`) and the server's answer to what the client gets."""


def untouched(_line: str, answer: Answer) -> Answer:
    """The server's own answer."""
    return answer


@dataclass
class Gateway:
    """Where it listens, and what it does."""

    url: str = ""
    meddling: Meddling = untouched
    lines: list[str] = field(default_factory=list)
    """Every request so far."""


@contextmanager
def gateway(url: str) -> Iterator[Gateway]:
    """A gateway before `url`. A request that is answered otherwise did not reach the server, unless it only reads."""
    parts = urlsplit(url)
    made = Gateway()
    upstream = httpx.Client(base_url=f"{parts.scheme}://{parts.netloc}", timeout=TIMEOUT_S)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            line = f"{self.command} {self.path}"
            made.lines.append(line)
            nothing = Answer(599, b"")
            answer = made.meddling(line, nothing) if self.command != "GET" else nothing
            if answer is nothing:
                real = upstream.request(
                    self.command,
                    self.path,
                    content=body,
                    headers={"Content-Type": self.headers.get("Content-Type", "application/json")},
                )
                answer = Answer(real.status_code, real.content, real.headers.get("Content-Type", "application/json"))
                answer = made.meddling(line, answer) if self.command == "GET" else answer
            self._send(answer)

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.content)))
            if answer.retry_after is not None:
                self.send_header("Retry-After", answer.retry_after)
            self.end_headers()
            self.wfile.write(answer.content[: len(answer.content) // 2] if answer.cut else answer.content)
            self.close_connection = answer.cut

        do_GET = do_PUT = do_POST = do_DELETE = pass_on  # noqa: N815 - names that http.server looks for

        def log_message(self, format: str, *args: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_port}{parts.path}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        upstream.close()
