"""Connectors that Connect refuses, or takes and then fails or falls silent."""

from __future__ import annotations

from textwrap import indent

from tests.live.corpus import Case

_TOPIC = """\
topics:
  {u}-a: {partitions: 2, replication_factor: 3}
"""
_FILE_SINK = "org.apache.kafka.connect.file.FileStreamSinkConnector"
_MONGO_SINK = "com.mongodb.kafka.connect.MongoSinkConnector"


def _sink(
    *config: str,
    class_name: str = _FILE_SINK,
    topic: str = "{u}-a",
    dead_letters: str | None = None,
    before: str = _TOPIC,
) -> str:
    """A sink of one topic, with lines of configuration."""
    settings = indent("\n".join(config or ("file: out.txt",)), "      ")
    named = f"    class: {class_name}\n    topics: ['{topic}']\n"
    if dead_letters:
        named += f"    dead_letter_topic: '{dead_letters}'\n"
    return f"{before}connectors:\n  {{u}}-sink:\n{named}    config:\n{settings}\n"


def _case(name: str, code: str, spec: str) -> Case:
    return Case(name=name, spec=spec, address="connector.{u}-sink", code=code)


CASES = (
    _case("connector class not installed", "KO511", _sink(class_name="org.acme.NowhereSinkConnector")),
    _case("connector class misspelt", "KO511", _sink(class_name="com.mongodb.kafka.connect.MongoSinkConector")),
    _case(
        "connector setting missing",
        "KO512",
        _sink("connection.uri: mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=300", class_name=_MONGO_SINK),
    ),
    _case("connector setting of the wrong type", "KO512", _sink("errors.retry.timeout: soon")),
    _case("connector setting that is none of its values", "KO512", _sink("errors.tolerance: some")),
    _case(
        "connection string that is none",
        "KO512",
        _sink("connection.uri: localhost", "database: d", "collection: c", class_name=_MONGO_SINK),
    ),
    _case(
        "sink target that does not answer",
        "KO512",
        _sink(
            "connection.uri: mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=300",
            "database: d",
            "collection: c",
            class_name=_MONGO_SINK,
        ),
    ),
    _case(
        "sink of a topic that does not exist",
        "KO517",
        _sink(topic="{u}-gone", before="topics:\n  {u}-gone: {partitions: 1, replication_factor: 3, managed: false}\n"),
    ),
    _case(
        "dead letters into a topic that the sink's expression matches",
        "KO515",
        _TOPIC
        + "connectors:\n  {u}-sink:\n"
        + f"    {{class: {_FILE_SINK}, topics_regex: '{{u}}-.', dead_letter_topic: '{{u}}-a',"
        + " config: {errors.tolerance: all}}\n",
    ),
    _case(
        "dead-letter topic with more replicas than brokers",
        "KO516",
        _sink(
            "errors.tolerance: all",
            "errors.deadletterqueue.topic.replication.factor: 9",
            dead_letters="{u}-dead",
            before=_TOPIC + "  {u}-dead: {partitions: 1, replication_factor: 3, managed: false}\n",
        ),
    ),
    _case(
        "converter not installed", "KO522", _sink("value.converter: io.confluent.connect.protobuf.ProtobufConverter")
    ),
    _case("transformation not installed", "KO522", _sink("transforms: t", "transforms.t.type: org.acme.Nowhere")),
    _case(
        "client override that the client does not take",
        "KO525",
        _sink("consumer.override.auto.offset.reset: sometimes"),
    ),
    Case(
        name="connector deleted without leave",
        spec="removed: [{address: connector.{u}-sink}]",
        address="connector.{u}-sink",
        code="KO804",
        before=_sink(),
    ),
)
