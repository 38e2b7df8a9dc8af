"""The dev cluster's sinks end to end: Avro records arrive in all three targets, a poisoned one in the dead letters.

A connector that says RUNNING proves nothing: with a second converter of the same name among the plugins,
all three run and nothing arrives.
"""

from __future__ import annotations

import io
import json
import struct
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import fastavro
import pytest
from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from pymongo import MongoClient

from kafkaops import devcluster
from kafkaops.devcluster import Endpoints
from tests.live.asking import ask
from tests.waiting import shows

pytestmark = pytest.mark.live

SCHEMA = {
    "type": "record",
    "name": "Arrival",
    "namespace": "test",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["OPEN", "DONE"]}},
        {"name": "note", "type": ["null", "string"], "default": None},
    ],
}
AT_MS = 1_700_000_000_000
JSON = {"id": "a1", "at": AT_MS, "state": "DONE", "note": None}
ARRIVAL_S = 120.0


class Chain:
    """A topic, a dead-letter topic and three sinks, under one random name."""

    def __init__(self, endpoints: Endpoints) -> None:
        assert endpoints.mongodb_uri and endpoints.elasticsearch_url and endpoints.s3_endpoint
        self.endpoints = endpoints
        self.name = f"chain-{uuid.uuid4().hex[:8]}"
        self.dead = f"{self.name}-dead"
        self.admin = AdminClient({"bootstrap.servers": endpoints.bootstrap_servers})
        self.mongodb = MongoClient(endpoints.mongodb_uri, tz_aware=True)
        keys = {"aws_access_key_id": "dev", "aws_secret_access_key": "dev", "region_name": "us-east-1"}
        self.s3 = boto3.client("s3", endpoint_url=endpoints.s3_endpoint, **keys)
        self.connectors = [f"{self.name}-{target}" for target in ("mongodb", "elasticsearch", "s3")]

    def build(self) -> None:
        for future in self.admin.create_topics([NewTopic(self.name, 2), NewTopic(self.dead, 1)]).values():
            future.result()
        devcluster.create_bucket(str(self.endpoints.s3_endpoint), self.name)
        for connector, config in zip(self.connectors, self._configs(), strict=True):
            url = f"{self.endpoints.connect_url}/connectors/{connector}/config"
            assert ask("PUT", url, {**self._common(), **config}).status_code == 201

    def remove(self) -> None:
        for connector in self.connectors:
            ask("DELETE", f"{self.endpoints.connect_url}/connectors/{connector}")
        for future in self.admin.delete_topics([self.name, self.dead]).values():
            future.result()
        for suffix in ("", "?permanent=true"):
            ask("DELETE", f"{self.endpoints.schema_registry_url}/subjects/{self.name}-value{suffix}")
        ask("DELETE", f"{self.endpoints.elasticsearch_url}/{self.name}")
        self.mongodb.drop_database(self.name)
        self.mongodb.close()
        for key in self.objects():
            self.s3.delete_object(Bucket=self.name, Key=key)
        self.s3.delete_bucket(Bucket=self.name)
        self._delete_groups()

    def _delete_groups(self) -> None:
        """The sinks' groups are only empty once their tasks have left."""
        waiting = [f"connect-{connector}" for connector in self.connectors]
        for _ in range(40):
            waiting = [group for group in waiting if not self._deleted(group)]
            if not waiting:
                return
            time.sleep(0.5)

    def _deleted(self, group: str) -> bool:
        try:
            self.admin.delete_consumer_groups([group])[group].result()
        except KafkaException as error:
            return bool(error.args[0].name() == "GROUP_ID_NOT_FOUND")
        return True

    def _common(self) -> dict[str, str]:
        converter = "value.converter"
        root = self.endpoints.schema_registry_url.removesuffix("/apis/ccompat/v7")
        return {
            "topics": self.name,
            "key.converter": "org.apache.kafka.connect.storage.StringConverter",
            converter: "io.apicurio.registry.utils.converter.AvroConverter",
            f"{converter}.apicurio.registry.url": f"{root}/apis/registry/v2",
            f"{converter}.apicurio.registry.as-confluent": "true",
            f"{converter}.apicurio.registry.use-id": "contentId",
            f"{converter}.apicurio.registry.enable-confluent-id-handler": "true",
            "errors.tolerance": "all",
            "errors.deadletterqueue.topic.name": self.dead,
            "errors.deadletterqueue.topic.replication.factor": "1",
            "errors.deadletterqueue.context.headers.enable": "true",
        }

    def _configs(self) -> tuple[dict[str, str], ...]:
        strategy = "com.mongodb.kafka.connect.sink.processor.id.strategy.PartialValueStrategy"
        write = "com.mongodb.kafka.connect.sink.writemodel.strategy.ReplaceOneBusinessKeyStrategy"
        hosts = str(self.endpoints.elasticsearch_url).removeprefix("http://")
        s3 = (
            "accessKey=dev&secretKey=dev&region=us-east-1&overrideEndpoint=true"
            f"&uriEndpointOverride={self.endpoints.s3_endpoint}&keyName=$simple{{exchangeId}}.json"
        )
        camel = {
            "connector.class": "org.apache.camel.kafkaconnector.CamelSinkConnector",
            "transforms": "json",
            "transforms.json.type": "org.apache.camel.kafkaconnector.transforms.SchemaAndStructToJsonTransform",
            "transforms.json.converter.type": "value",
            "transforms.json.schemas.enable": "false",
        }
        mongodb = {
            "connector.class": "com.mongodb.kafka.connect.MongoSinkConnector",
            "connection.uri": str(self.endpoints.mongodb_uri),
            "database": self.name,
            "collection": "arrivals",
            "document.id.strategy": strategy,
            "document.id.strategy.partial.value.projection.type": "AllowList",
            "document.id.strategy.partial.value.projection.list": "id",
            "writemodel.strategy": write,
        }
        index = f"elasticsearch-rest://elasticsearch?hostAddresses={hosts}&operation=Index&indexName={self.name}"
        return mongodb, {**camel, "camel.sink.url": index}, {**camel, "camel.sink.url": f"aws2-s3://{self.name}?{s3}"}

    def produce(self) -> None:
        """Twice the same record, each framed with the registry's id, and one that is no Avro at all."""
        url = f"{self.endpoints.schema_registry_url}/subjects/{self.name}-value/versions"
        schema_id = ask("POST", url, {"schema": json.dumps(SCHEMA)}).json()["id"]
        body = io.BytesIO()
        fastavro.schemaless_writer(body, SCHEMA, JSON)
        framed = b"\0" + struct.pack(">I", schema_id) + body.getvalue()
        headers = {"CamelHeader.indexId": b"a1", "CamelHeader.CamelAwsS3Key": b"arrivals/a1.json"}
        producer = Producer({"bootstrap.servers": self.endpoints.bootstrap_servers})
        for _ in range(2):
            producer.produce(self.name, framed, key="a1", headers=list(headers.items()))
        producer.produce(self.name, b"poison", key="p1")
        assert producer.flush(30) == 0

    def documents(self) -> list[dict[str, Any]]:
        return list(self.mongodb[self.name]["arrivals"].find({}, {"_id": False}))

    def indexed(self) -> dict[str, Any]:
        answer = ask("GET", f"{self.endpoints.elasticsearch_url}/{self.name}/_search")
        hits = answer.json()["hits"]["hits"] if answer.status_code == 200 else []
        return {hit["_id"]: hit["_source"] for hit in hits}

    def objects(self) -> dict[str, Any]:
        listed = self.s3.list_objects_v2(Bucket=self.name).get("Contents", [])
        return {
            item["Key"]: json.load(self.s3.get_object(Bucket=self.name, Key=item["Key"])["Body"]) for item in listed
        }

    def dead_letters(self, count: int) -> list[tuple[bytes, str]]:
        """The keys that were given up, and by which connector."""
        group = {"group.id": self.name, "auto.offset.reset": "earliest", "enable.auto.commit": False}
        consumer = Consumer({"bootstrap.servers": self.endpoints.bootstrap_servers, **group})
        consumer.subscribe([self.dead])
        found: list[tuple[bytes, str]] = []
        deadline = time.monotonic() + ARRIVAL_S
        while len(found) < count and time.monotonic() < deadline:
            message = consumer.poll(0.5)
            if message is not None and not message.error():
                headers = dict(message.headers())
                found.append((message.key(), headers["__connect.errors.connector.name"].decode()))
        consumer.close()
        self._deleted(self.name)
        return found


@pytest.fixture
def chain(endpoints: Endpoints) -> Iterator[Chain]:
    made = Chain(endpoints)
    made.build()
    yield made
    made.remove()


def test_records_arrive_everywhere_once_and_poison_is_set_aside(chain: Chain) -> None:
    chain.produce()
    shows(chain.documents, [{**JSON, "at": datetime.fromtimestamp(AT_MS / 1000, UTC)}])
    shows(chain.indexed, {"a1": JSON})
    shows(chain.objects, {"arrivals/a1.json": JSON})
    assert sorted(chain.dead_letters(3)) == sorted((b"p1", connector) for connector in chain.connectors)
