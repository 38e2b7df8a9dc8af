"""Topics made past kafkaops, seen by every broker before a test goes on."""

from __future__ import annotations

import time

from confluent_kafka.admin import AdminClient, NewTopic

_LIMIT_S = 30.0


def make_topics(servers: str, *topics: NewTopic) -> None:
    """Create them, and wait until each broker shows them: each learns of them by itself, and a plan may ask any."""
    admin = AdminClient({"bootstrap.servers": servers})
    for future in admin.create_topics(list(topics)).values():
        future.result(timeout=20)
    names, until = {topic.topic for topic in topics}, time.monotonic() + _LIMIT_S
    for server in servers.split(","):
        while not _shown(server, names):
            assert time.monotonic() < until, f"{server} does not show {names}"
            time.sleep(0.05)


def _shown(server: str, names: set[str]) -> bool:
    admin = AdminClient({"bootstrap.servers": server})  # a new one each time: it asks the one broker that it knows
    shown: set[str] = set(admin.list_topics(timeout=10).topics)
    return names <= shown
