from __future__ import annotations

from collections.abc import Mapping

import pytest

from kafkaops.clients.connect import Plugin, PluginType
from kafkaops.resources.connectors.rules import Finding, Surroundings, examine, find_plugin, unknown_keys
from tests.resources.connectors.values import FILE_SINK, MONGO_SINK

PLUGINS = (
    Plugin(FILE_SINK, PluginType.SINK, "4.3.1"),
    Plugin(MONGO_SINK, PluginType.SINK, "2.0.1"),
    Plugin("org.apache.kafka.connect.json.JsonConverter", PluginType.CONVERTER),
    Plugin("org.apache.kafka.connect.storage.StringConverter", PluginType.CONVERTER),
    Plugin("org.apache.kafka.connect.storage.SimpleHeaderConverter", PluginType.HEADER_CONVERTER),
    Plugin("org.apache.kafka.connect.transforms.Flatten$Value", PluginType.TRANSFORMATION),
    Plugin("org.apache.kafka.connect.transforms.RegexRouter", PluginType.TRANSFORMATION),
    Plugin("org.apache.kafka.connect.transforms.predicates.TopicNameMatches", PluginType.PREDICATE),
)
TOPICS = {"wave-events": 6, "order-events": 2, "error-events": 3}


def findings(
    config: Mapping[str, str],
    kind: PluginType = PluginType.SINK,
    brokers: int = 3,
    plugins: tuple[Plugin, ...] = PLUGINS,
) -> list[Finding]:
    flat = {"connector.class": FILE_SINK, "topics": "wave-events", "tasks.max": "1", **config}
    return list(examine(flat, kind, Surroundings(TOPICS, TOPICS, brokers, plugins)))


def codes(found: list[Finding]) -> list[tuple[str, bool]]:
    return [(item.code, item.blocks) for item in found]


DLQ = "errors.deadletterqueue.topic.name"
DLQ_REPLICAS = "errors.deadletterqueue.topic.replication.factor"
TABLE: list[tuple[str, dict[str, str], list[tuple[str, bool]]]] = [
    ("nothing wrong", {}, []),
    ("tolerant with dead letters", {"errors.tolerance": "all", DLQ: "error-events"}, []),
    ("missing topic", {"topics": "wave-events,nowhere"}, [("KO517", True)]),
    ("regex without a match", {"topics": "", "topics.regex": "none.*"}, [("KO517", False)]),
    ("regex with a match", {"topics": "", "topics.regex": "wave.*"}, []),
    ("regex only Java understands", {"topics": "", "topics.regex": r"\p{Alpha}+(?<x>a)"}, [("KO517", False)]),
    ("as many tasks as partitions", {"tasks.max": "6"}, []),
    ("surplus task", {"tasks.max": "7"}, [("KO518", False)]),
    ("tasks over two topics", {"tasks.max": "8", "topics": "wave-events,order-events"}, []),
    ("dead letters loop", {"errors.tolerance": "all", DLQ: "wave-events"}, [("KO515", True)]),
    (
        "dead letters loop by regex",
        {"topics": "", "topics.regex": ".*-events", "errors.tolerance": "all", DLQ: "error-events"},
        [("KO515", True)],
    ),
    ("too many replicas", {"errors.tolerance": "all", DLQ: "dead", DLQ_REPLICAS: "4"}, [("KO516", True)]),
    ("replicas of a topic that is there", {"errors.tolerance": "all", DLQ: "error-events", DLQ_REPLICAS: "4"}, []),
    ("undeclared dead letters", {"errors.tolerance": "all", DLQ: "dead"}, [("KO524", False)]),
    ("dead letters, no tolerance", {DLQ: "error-events"}, [("KO519", False)]),
    ("tolerance, no dead letters", {"errors.tolerance": "all"}, [("KO520", False)]),
    ("converter missing", {"value.converter": "io.confluent.connect.avro.AvroConverter"}, [("KO522", True)]),
    ("converter by its short name", {"value.converter": "JsonConverter", "key.converter": "String"}, []),
    ("header converter that is a converter", {"header.converter": "JsonConverter"}, [("KO522", True)]),
    ("transformation missing", {"transforms.x.type": "org.acme.Nope"}, [("KO522", True)]),
    ("nested transformation", {"transforms.x.type": "org.apache.kafka.connect.transforms.Flatten$Value"}, []),
    ("predicate missing", {"predicates.p.type": "org.acme.Nope"}, [("KO522", True)]),
    ("impossible override", {"consumer.override.auto.offset.reset": "sometimes"}, [("KO525", True)]),
    ("possible override", {"consumer.override.auto.offset.reset": "latest"}, []),
    ("override by duration", {"consumer.override.auto.offset.reset": "by_duration:PT1H"}, []),
    ("override of any number", {"consumer.override.max.poll.records": "5"}, []),
]


@pytest.mark.parametrize(("config", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_sinks(config: dict[str, str], expected: list[tuple[str, bool]]) -> None:
    assert codes(findings(config)) == expected


def test_one_broker_cannot_hold_connects_default_of_three() -> None:
    (found,) = findings({"errors.tolerance": "all", DLQ: "dead"}, brokers=1)
    assert found.code == "KO516"
    assert "3 replicas" in found.summary
    assert "1 broker:" in found.summary


def test_settings_of_sinks_on_a_source() -> None:
    found = findings({DLQ: "error-events"}, PluginType.SOURCE)
    assert codes(found) == [("KO521", False), ("KO521", False)]
    assert [item.key for item in found] == ["topics", "errors.deadletterqueue.topic.name"]


def test_a_worker_that_lists_connectors_only_says_nothing_of_converters() -> None:
    assert findings({"value.converter": "org.acme.Nope"}, plugins=PLUGINS[:2]) == []


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (FILE_SINK, True),
        ("FileStreamSinkConnector", True),
        ("FileStreamSink", True),
        ("FileStream", True),
        ("x", False),
    ],
)
def test_names_of_a_plugin(name: str, found: bool) -> None:
    assert (find_plugin(name, PLUGINS[:1]) is not None) is found


def test_misspelt_keys() -> None:
    known = ["errors.tolerance", "connection.uri", "collection"]
    config = {"errors.tolerence": "all", "colection": "c", "camel.sink.path.x": "y", "value.converter.colection": "z"}
    assert [(item.key, item.hint) for item in unknown_keys(config, known)] == [
        ("colection", "did you mean 'collection'?"),
        ("errors.tolerence", "did you mean 'errors.tolerance'?"),
    ]


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("io.confluent.connect.json.JsonConverter", "did you mean org.apache.kafka.connect.json.JsonConverter?"),
        ("org.acme.Nowhere", "installed: JsonConverter, StringConverter"),
    ],
)
def test_what_is_installed_instead(value: str, hint: str) -> None:
    (found,) = findings({"value.converter": value})
    assert found.hint == hint
