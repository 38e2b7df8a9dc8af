"""The worked example at the repository's root: what it declares, in every environment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kafkaops.errors import Severity
from kafkaops.spec.load import load
from kafkaops.spec.loaded import LoadedSpec
from kafkaops.spec.references import references_in
from kafkaops.spec.validation import validate

ROOT = Path(__file__).parents[2]
MAIN = ROOT / "topics.yaml"
ENVIRONMENTS = ("dev", "staging", "production")

PARTITIONS = {
    "wave-events": ("wms", 6), "order-events": ("wms", 6), "inventory-events": ("wms", 12),
    "task-events": ("wes", 12), "pick-events": ("wes", 12), "pack-events": ("wes", 6),
    "external-events": ("integration", 3), "error-events": ("integration", 3),
}  # fmt: skip


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def paklog(request: pytest.FixtureRequest) -> LoadedSpec:
    return load(MAIN, request.param)


def test_topics(paklog: LoadedSpec) -> None:
    topics = paklog.spec.topics
    assert {name: (topic.domain, topic.partitions) for name, topic in topics.items()} == PARTITIONS
    assert {topic.replication_factor for topic in topics.values()} == {3}
    assert {topic.config["min.insync.replicas"] for topic in topics.values()} == {"2"}


def test_services_and_groups(paklog: LoadedSpec) -> None:
    spec = paklog.spec
    produced = {topic: name for name, service in spec.services.items() for topic in service.produces}
    assert produced == {
        "wave-events": "wave-planning", "order-events": "wave-planning", "task-events": "task-execution",
        "pick-events": "pick-execution", "external-events": "integration",
    }  # fmt: skip
    scaling = {name: (s.instances.min, s.instances.target, s.instances.max) for name, s in spec.services.items()}
    assert scaling["wave-planning"] == (2, 5, 10)
    assert scaling["task-execution"] == scaling["pick-execution"] == (3, 8, 20)
    groups = {name: (group.topics, group.instances) for name, group in spec.consumer_groups.items()}
    assert groups == {"task-service": (("wave-events",), 3), "pick-service": (("task-events",), 2)}


def test_connectors(paklog: LoadedSpec) -> None:
    connectors = paklog.spec.connectors
    assert {name: connector.topics for name, connector in connectors.items()} == {
        "mongodb-sink": ("wave-events",), "elasticsearch-sink": ("task-events",), "s3-sink": ("external-events",),
    }  # fmt: skip
    assert {connector.dead_letter_topic for connector in connectors.values()} == {"error-events"}
    assert {connector.config["errors.tolerance"] for connector in connectors.values()} == {"all"}


def test_dev_replaces_what_cannot_be_had_there() -> None:
    dev, production = load(MAIN, "dev").spec.connectors, load(MAIN, "production").spec.connectors
    assert {name: connector.connector_class.rpartition(".")[2] for name, connector in dev.items()} == {
        "mongodb-sink": "MongoSinkConnector",
        "elasticsearch-sink": "CamelSinkConnector",
        "s3-sink": "CamelSinkConnector",
    }
    assert {connector.connector_class for connector in production.values()} == {
        "com.mongodb.kafka.connect.MongoSinkConnector",
        "io.confluent.connect.elasticsearch.ElasticsearchSinkConnector",
        "io.confluent.connect.s3.S3SinkConnector",
    }
    for name, connector in dev.items():
        assert connector.config["value.converter"] == "io.apicurio.registry.utils.converter.AvroConverter"
        left = {key for key in connector.config if key.startswith(("value.converter.schema.registry", "s3.", "flush."))}
        assert not left, name
        schemes = {reference.scheme for text in connector.config.values() for reference in references_in(text)}
        assert schemes == {"dev"}, name


def test_every_schema_is_bound_and_one_type_is_shared(paklog: LoadedSpec) -> None:
    assert set(paklog.schema_texts) == {file.relative_to(ROOT).as_posix() for file in ROOT.glob("schemas/**/*.avsc")}
    without = [name for name, topic in paklog.spec.topics.items() if topic.value is None]
    assert without == ["error-events"]
    using = [name for name, text in paklog.schema_texts.items() if '"com.paklog.common.StorageLocation"' in text]
    assert using == ["schemas/inventory-event.avsc", "schemas/pick-event.avsc"]


def fields_of(schema: object) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    if isinstance(schema, dict):
        found.extend(schema.get("fields", []))
        for member in schema.values():
            found.extend(fields_of(member))
    if isinstance(schema, list):
        for item in schema:
            found.extend(fields_of(item))
    return found


@pytest.mark.parametrize("file", sorted(ROOT.glob("schemas/**/*.avsc")), ids=lambda file: file.name)
def test_schemas_are_written_with_care(file: Path) -> None:
    schema = json.loads(file.read_text())
    assert schema["namespace"].startswith("com.paklog.")
    assert schema["doc"]
    for field in fields_of(schema):
        assert field["doc"], field
        type_ = field["type"]
        if isinstance(type_, list):
            assert (type_[0], field["default"]) == ("null", None), field
        if isinstance(type_, dict) and type_["type"] == "enum":
            assert type_["default"] in type_["symbols"], field
    if file.name.endswith("-event.avsc"):
        names = [field["name"] for field in schema["fields"]]
        assert names[:2] == ["event_id", "occurred_at"]


def test_validate_has_only_to_say_what_is_true() -> None:
    """A group may grow past its topic's partitions: 20 instances, 6 and 12 partitions."""
    found = validate(MAIN, None)
    assert found.valid
    assert found.environments == ("dev", "production", "staging")
    said = [(item.diagnostic.code, item.diagnostic.address, item.diagnostic.severity) for item in found.findings]
    assert said == [
        ("KO131", "group.task-service", Severity.WARNING),
        ("KO131", "group.pick-service", Severity.WARNING),
    ]


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_credentials_are_references(environment: str) -> None:
    where = load(MAIN, environment).environment
    assert where.kafka is not None
    assert where.schema_registry is not None
    assert where.connect is not None
    secrets = (where.kafka.sasl_password, where.schema_registry.password, where.connect.password)
    assert all(secret is not None and secret.startswith("${env:") for secret in secrets)
