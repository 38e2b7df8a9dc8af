"""A proxy in front of an HTTP API that notes what is asked, and can hide a path as if it were not offered."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import httpx

from tests.live.asking import TIMEOUT_S


@dataclass
class Counted:
    """Where the proxy listens, and what was asked so far."""

    url: str = ""
    paths: list[str] = field(default_factory=list)


@contextmanager
def counting(url: str, hidden: str | None = None) -> Iterator[Counted]:
    """A proxy in front of `url`; paths that end in `hidden` are answered with 404."""
    parts = urlsplit(url)
    counted = Counted()
    upstream = httpx.Client(base_url=f"{parts.scheme}://{parts.netloc}", timeout=TIMEOUT_S)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self) -> None:
            counted.paths.append(f"{self.command} {self.path}")
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if hidden and urlsplit(self.path).path.endswith(hidden):
                status, content, kind = 404, b"{}", "application/json"
            else:
                headers = {"Content-Type": self.headers.get("Content-Type", "application/json")}
                answer = upstream.request(self.command, self.path, content=body, headers=headers)
                status, content = answer.status_code, answer.content
                kind = answer.headers.get("Content-Type", "application/json")
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_DELETE = forward  # noqa: N815 - names that http.server looks for

        def log_message(self, format: str, *args: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    counted.url = f"http://127.0.0.1:{server.server_port}{parts.path}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield counted
    finally:
        server.shutdown()
        server.server_close()
        upstream.close()
