"""The bare bulk reads of a plan's topics, in a process of its own: what is answered is dropped.

    python benchmarks/_bare_reads.py SERVERS PREFIX CHUNK COUNT [CLAIMS_TOPIC [--paused]]

With the plain client: all topics, the configs of those with the prefix, in chunks and four at a time; with a claims
topic also that topic from its beginning to its end, and the ids of the topics that it is about. Nothing is kept,
compared or decoded further than the client does by itself, and nothing of kafkaops is imported. Python's cyclic
collector runs as it does in any program; `--paused` lets it rest.
"""

from __future__ import annotations

import gc
import sys

from confluent_kafka import Consumer, KafkaError, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

_FETCH_BYTES = 64 << 20


def configs(client: AdminClient, names: list[str], chunk: int) -> None:
    """Ask for the configs of all of them, and wait for each."""
    for at in range(0, len(names), 4 * chunk):
        asked = [
            client.describe_configs([ConfigResource(ResourceType.TOPIC, name) for name in names[start : start + chunk]])
            for start in range(at, min(at + 4 * chunk, len(names)), chunk)
        ]
        for futures in asked:
            for future in futures.values():
                future.result(timeout=60)


def identities(client: AdminClient, names: list[str]) -> None:
    """Ask for the ids of all of them in one request, the only one of this client that tells them."""
    for future in client.describe_topics(TopicCollection(names)).values():
        future.result(timeout=60)


def claims(servers: str, topic: str) -> int:
    """Read a topic of one partition to its end; how many records that were."""
    consumer = Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": "bench-bare",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 25,
            "fetch.max.bytes": _FETCH_BYTES,
            "max.partition.fetch.bytes": _FETCH_BYTES,
            "receive.message.max.bytes": 2 * _FETCH_BYTES,
            "queued.min.messages": 1,
            "fetch.queue.backoff.ms": 2,
        }
    )
    consumer.assign([TopicPartition(topic, 0, 0)])
    seen = 0
    try:
        while True:
            message = consumer.poll(0.2)
            for each in (message, *consumer.consume(10_000, 0)) if message is not None else ():
                error = each.error()
                if error is None:
                    seen += 1
                elif error.code() == KafkaError._PARTITION_EOF:
                    return seen
                else:
                    raise SystemExit(str(error))
    finally:
        consumer.close()


def main() -> None:
    """Read, and fail where less is there than there should be."""
    servers, prefix, chunk, count, *ledger = sys.argv[1:]
    if "--paused" in ledger:
        gc.disable()
    client = AdminClient({"bootstrap.servers": servers})
    names = [name for name in client.list_topics(timeout=20).topics if name.startswith(prefix)]
    assert len(names) == int(count), f"{len(names)} of {count} topics"
    if ledger:
        seen = claims(servers, ledger[0])
        assert seen >= int(count), f"{seen} records of {count} claims"
        identities(client, names)
    configs(client, names, int(chunk))


if __name__ == "__main__":
    main()
