"""Records through sinks that kafkaops made: registry, Kafka, Connect and the three targets together."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pymongo import MongoClient

from kafkaops import devcluster
from kafkaops.demo.arrival import prove_arrival
from kafkaops.devcluster import Endpoints
from kafkaops.errors import KafkaopsError
from kafkaops.spec.load import load
from tests.live.asking import ask
from tests.live.project import Project

pytestmark = pytest.mark.live

PLACE = {
    "type": "record",
    "name": "Place",
    "namespace": "live",
    "fields": [{"name": "zone", "type": "string"}, {"name": "level", "type": "int"}],
}
EVENT = {
    "type": "record",
    "name": "Event",
    "namespace": "live",
    "fields": [
        {"name": "event_id", "type": {"type": "string", "logicalType": "uuid"}},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["OPEN", "DONE"]}},
        {"name": "place", "type": "live.Place"},
        {"name": "note", "type": ["null", "string"], "default": None},
    ],
}


def spec(name: str, endpoints: Endpoints) -> str:
    hosts = urlsplit(str(endpoints.elasticsearch_url)).netloc
    camel = "org.apache.camel.kafkaconnector.CamelSinkConnector"
    transform = "org.apache.camel.kafkaconnector.transforms.SchemaAndStructToJsonTransform"
    json_text = (
        f"transforms: json, transforms.json.type: {transform}, transforms.json.converter.type: value, "
        "transforms.json.schemas.enable: false"
    )
    index = f"elasticsearch-rest://elasticsearch?hostAddresses={hosts}&operation=Index&indexName={name}"
    bucket = (
        f"aws2-s3://{name}?accessKey=${{env:LIVE_S3_KEY}}&secretKey=${{env:LIVE_S3_KEY}}&region=us-east-1"
        f"&overrideEndpoint=true&uriEndpointOverride={endpoints.s3_endpoint}&keyName=$simple{{exchangeId}}.json"
    )
    registry = endpoints.schema_registry_url.replace("/apis/ccompat/v7", "/apis/registry/v2")
    return f"""
defaults:
  topics: {{replication_factor: 1, config: {{min.insync.replicas: 1}}}}
  connectors:
    dead_letter_topic: {name}-dead
    config:
      key.converter: org.apache.kafka.connect.storage.StringConverter
      value.converter: io.apicurio.registry.utils.converter.AvroConverter
      value.converter.apicurio.registry.url: {registry}
      value.converter.apicurio.registry.as-confluent: true
      value.converter.apicurio.registry.use-id: contentId
      value.converter.apicurio.registry.enable-confluent-id-handler: true
      errors.tolerance: all
      errors.deadletterqueue.topic.replication.factor: 1
topics:
  {name}-a: {{partitions: 2, value: {{schema: event.avsc}}}}
  {name}-dead: {{partitions: 1}}
schemas:
  subjects: {{{name}.Place: {{schema: place.avsc}}}}
connectors:
  {name}-mongodb:
    class: com.mongodb.kafka.connect.MongoSinkConnector
    topics: [{name}-a]
    config: {{connection.uri: '{endpoints.mongodb_uri}', database: {name}, collection: events}}
  {name}-elasticsearch:
    class: {camel}
    topics: [{name}-a]
    config: {{camel.sink.url: '{index}', {json_text}}}
  {name}-s3:
    class: {camel}
    topics: [{name}-a]
    config: {{camel.sink.url: '{bucket}', {json_text}}}
"""


@pytest.fixture
def applied(cluster: Endpoints, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project whose three sinks run."""
    monkeypatch.setenv("LIVE_S3_KEY", "dev")
    assert cluster.mongodb_uri and cluster.s3_endpoint
    devcluster.create_bucket(cluster.s3_endpoint, prefix)
    project = Project(tmp_path, cluster)
    project.write(spec(prefix, cluster), {"event.avsc": json.dumps(EVENT), "place.avsc": json.dumps(PLACE)})
    ended = project.run("apply", "--yes")
    assert ended.code == 0, ended.out + ended.err
    yield project
    ask("DELETE", f"{cluster.elasticsearch_url}/{prefix}")
    MongoClient(cluster.mongodb_uri).drop_database(prefix)


def test_records_arrive_and_poison_is_a_dead_letter(applied: Project, cluster: Endpoints, prefix: str) -> None:
    loaded = load(applied.file, "dev")
    said: list[str] = []
    arrivals = prove_arrival(cluster, loaded, records=3, timeout_s=120, say=said.append)
    assert [(item.source, item.target, item.expected, item.arrived) for item in arrivals] == [
        (f"{prefix}-a", f"elasticsearch {prefix}", 3, 3),
        (f"{prefix}-a", f"mongodb {prefix}.events", 3, 3),
        (f"{prefix}-a", f"s3 {prefix}", 3, 3),
        (f"{prefix}-a (poisoned)", f"{prefix}-dead", 1, 1),
    ]
    assert "sending 3 records and 1 poisoned" in said

    stopped = applied.run("connectors", "stop", f"{prefix}-s3")
    assert stopped.code == 0, stopped.err
    with pytest.raises(KafkaopsError) as caught:
        prove_arrival(cluster, loaded, records=2, timeout_s=8)
    # The others may be late on a slow machine: then they are named, too.
    assert f"{prefix}-a → s3 {prefix}: 0 of 2 arrived within 8 s" in {item.summary for item in caught.value.diagnostics}
    with pytest.raises(KafkaopsError) as caught:
        prove_arrival(replace(cluster, s3_endpoint=None), loaded)
    assert caught.value.diagnostics[0].code == "KO931"
