"""Planning 1,000 topics without a change, against the bare bulk reads that it needs.

    python -m benchmarks.topics_plan

The peer is `list_topics` and `describe_configs` in chunks of 500, and does nothing with the answers. Requests
are counted on the wire in a run of their own.
"""

from __future__ import annotations

import argparse
import sys
import time

from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from benchmarks._kafka_scene import Scene, scene
from benchmarks._pairs import compare
from kafkaops.resources.topics.kind import TopicKind
from tests.wire import KafkaWire

GOAL = 1.5
CHUNK = 500


def bare(client: AdminClient, names: list[str]) -> float:
    """The reads alone."""
    started = time.perf_counter()
    client.list_topics(timeout=20)
    asked = [
        client.describe_configs([ConfigResource(ResourceType.TOPIC, name) for name in names[at : at + CHUNK]])
        for at in range(0, len(names), CHUNK)
    ]
    for futures in asked:
        for future in futures.values():
            future.result(timeout=60)
    return time.perf_counter() - started


def own(bench: Scene, topics: dict[str, dict[str, object]]) -> float:
    """kafkaops's reading and comparing of the same."""
    session = bench.session(topics)
    kind = TopicKind()
    started = time.perf_counter()
    bench.kafka.cluster()
    found = kind.diff(session, kind.read(session))
    seconds = time.perf_counter() - started
    assert (found.changes, found.in_sync) == ((), len(topics))
    return seconds


def requests(bench: Scene, topics: dict[str, dict[str, object]]) -> str:
    """What a plan sends, by kind."""
    with KafkaWire(bench.servers) as wire:
        watched = Scene(wire.bootstrap_servers)
        wire.reset()
        session = bench.session(topics, watched.connect())
        TopicKind().read(session)
        listed = ", ".join(f"{name} {number}" for name, number in sorted(wire.counts.items()))
        return f"{wire.total} requests without upkeep, {wire.raw_total} in all ({listed})"


def main() -> int:
    """Print the ratio and the requests; 1 when the goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--topics", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=8)
    options = parser.parse_args()
    spec: dict[str, object] = {"partitions": 2, "replication_factor": 1, "config": {"retention.ms": "86400000"}}
    with scene() as bench:
        topics = {f"{bench.prefix}-{index}": spec for index in range(options.topics)}
        asked = [NewTopic(name, 2, 1, config={"retention.ms": "86400000"}) for name in topics]
        for future in bench.admin.create_topics(asked).values():
            future.result(timeout=60)
        time.sleep(5)
        names = list(topics)
        compared = compare(options.rounds, lambda: own(bench, topics), lambda: bare(bench.admin, names))
        print(compared.line(f"plan {options.topics} topics, no change", GOAL))
        print(requests(bench, topics))
    return 0 if compared.ratio <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
