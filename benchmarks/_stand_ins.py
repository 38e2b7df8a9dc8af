"""A schema registry and a Connect of any size, for benchmarks that a machine's real ones cannot be filled for."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

PAGE = 1_000
"""Confluent's registry gives no more on a page of `GET /schemas`, whatever is asked for."""
_RECORDED = "recorded-sink"


@dataclass
class StandIn:
    """Where it listens, and what it was asked so far."""

    url: str = ""
    asked: list[str] = field(default_factory=list)


def schema_text(number: int) -> str:
    """The schema of one subject: a record of eight fields, about 600 characters."""
    fields = [{"name": f"field_{index}", "type": "string", "doc": "What it stands for."} for index in range(8)]
    schema = {"type": "record", "name": f"Event{number}", "namespace": "bench.events", "fields": fields}
    return json.dumps(schema)


@contextmanager
def registry_stand_in(subjects: int) -> Iterator[StandIn]:
    """Answers in the shape of Confluent's registry: `/subjects`, and `/schemas` by pages of 1,000."""
    names = [f"bench-{number}-value" for number in range(subjects)]
    registered = [
        {"subject": name, "version": 1, "id": number + 1, "schema": schema_text(number)}
        for number, name in enumerate(names)
    ]

    def answer(path: str, query: Mapping[str, list[str]]) -> object:
        if path == "/schemas":
            offset = int(query.get("offset", ["0"])[0])
            limit = min(PAGE, int(query.get("limit", [str(PAGE)])[0]))
            return registered[offset : offset + limit]
        return {"/subjects": names, "/config": {"compatibilityLevel": "BACKWARD"}, "/mode": {"mode": "READWRITE"}}[path]

    with _serving(answer) as stand_in:
        yield stand_in


@contextmanager
def connect_stand_in(url: str, prefix: str, connectors: int) -> Iterator[StandIn]:
    """Answers what the worker at `url` answers now, with its one recorded connector told over under other names.

    The connector `bench-sink-N` reads the topic `PREFIX-N`.
    """
    root, listing = _recorded(url, prefix)
    text = json.dumps(listing[_RECORDED])
    many = {
        f"bench-sink-{number}": json.loads(
            text.replace(_RECORDED, f"bench-sink-{number}").replace(f"{prefix}-0", f"{prefix}-{number}")
        )
        for number in range(connectors)
    }

    def answer(path: str, _query: Mapping[str, list[str]]) -> object:
        return {"/": root, "/connectors": many}[path]

    with _serving(answer) as stand_in:
        yield stand_in


def _recorded(url: str, prefix: str) -> tuple[Any, Any]:
    """What a worker answers about itself, and about a connector that is made for this and deleted again."""
    config = {
        "name": _RECORDED,
        "connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector",
        "topics": f"{prefix}-0",
        "tasks.max": "1",
        "file": "/dev/null",
    }
    with httpx.Client(base_url=url, timeout=30) as http:
        http.put(f"/connectors/{_RECORDED}/config", json=config).raise_for_status()
        try:
            while True:
                listing = http.get("/connectors?expand=info&expand=status").raise_for_status().json()
                tasks = listing.get(_RECORDED, {}).get("status", {}).get("tasks", [])
                if tasks and all(task["state"] == "RUNNING" for task in tasks):
                    return http.get("/").raise_for_status().json(), listing
        finally:
            http.delete(f"/connectors/{_RECORDED}").raise_for_status()


@contextmanager
def _serving(answer: Callable[[str, Mapping[str, list[str]]], object]) -> Iterator[StandIn]:
    stand_in = StandIn()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            stand_in.asked.append(self.path)
            parts = urlsplit(self.path)
            try:
                status, found = 200, answer(parts.path, parse_qs(parts.query))
            except KeyError:
                status, found = 404, {"error_code": 404, "message": "HTTP 404 Not Found"}
            body = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Keep the benchmark's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stand_in.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()
