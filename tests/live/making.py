"""Topics made past kafkaops, seen by every broker before a test goes on."""

from __future__ import annotations

import time

from confluent_kafka.admin import AdminClient, NewTopic

_LIMIT_S = 30.0


def make_topics(servers: str, *topics: NewTopic) -> None:
    """Create them, and wait until each broker shows them: each learns of them by itself, and a plan may ask any."""
    for future in AdminClient({"bootstrap.servers": servers}).create_topics(list(topics)).values():
        future.result(timeout=20)
    names, until = {topic.topic for topic in topics}, time.monotonic() + _LIMIT_S
    for server in servers.split(","):
        # A new client for each look: it asks the one broker that it knows.
        while names - AdminClient({"bootstrap.servers": server}).list_topics(timeout=10).topics.keys():
            assert time.monotonic() < until, f"{server} does not show {names}"
            time.sleep(0.05)
