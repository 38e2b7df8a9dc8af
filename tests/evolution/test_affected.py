from __future__ import annotations

from kafkaops.evolution.affected import Readers
from kafkaops.spec.model import Connector, ConsumerGroup, Service, Spec, Topic

SPEC = Spec(
    version=1,
    project="shop",
    topics={name: Topic(partitions=1, replication_factor=1) for name in ("orders", "waves", "returns")},
    services={
        "shop": Service(produces=("orders", "returns")),
        "stock": Service(consumes=("orders",), produces=("waves",)),
    },
    consumer_groups={
        "stock-group": ConsumerGroup(topics=("orders",), service="stock"),
        "audit": ConsumerGroup(topics=("orders", "waves")),
    },
    connectors={
        "lake": Connector.model_validate({"class": "S3", "topics": ["waves"]}),
        "search": Connector.model_validate({"class": "ES", "topics_regex": "(orders|returns)"}),
        "java": Connector.model_validate({"class": "ES", "topics_regex": "(?<!x"}),
    },
)


def test_services_groups_without_one_and_connectors() -> None:
    readers = Readers(SPEC)
    orders = readers.of(["orders"])
    assert (orders.producers, orders.consumers) == (("shop",), ("stock", "group audit", "connector search"))
    waves = readers.of(["waves"])
    assert (waves.producers, waves.consumers) == (("stock",), ("group audit", "connector lake"))
    both = readers.of(["orders", "waves"])
    assert both.topics == ("orders", "waves") and both.producers == ("shop", "stock")
    assert readers.of([]).consumers == ()
