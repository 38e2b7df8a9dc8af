"""The spec's shape. Field descriptions end up in the published JSON Schema, so they are written for users.

The fields' own types are in `fields`, load tests in `loadtests`.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    WithJsonSchema,
    model_validator,
)

from kafkaops.address import Guard
from kafkaops.spec.fields import ConfigValue, Count, FileName, Flag, Milliseconds, Model, Throughput
from kafkaops.spec.lint_rules import FieldCase, LintLevel, LintRule
from kafkaops.spec.loadtests import LoadTest
from kafkaops.spec.shares import SHARE_SCHEMA, limit_of, share_of


class Lifecycle(Model):
    """What may happen to a resource."""

    allow: tuple[Guard, ...] = Field(default=(), description="Guards that are lifted for this resource.")


class ConfigMode(StrEnum):
    """What becomes of config overrides that the spec does not name."""

    MERGE = "merge"
    EXACT = "exact"


class Compatibility(StrEnum):
    """A subject's compatibility level, in the schema registry's words."""

    BACKWARD = "BACKWARD"
    BACKWARD_TRANSITIVE = "BACKWARD_TRANSITIVE"
    FORWARD = "FORWARD"
    FORWARD_TRANSITIVE = "FORWARD_TRANSITIVE"
    FULL = "FULL"
    FULL_TRANSITIVE = "FULL_TRANSITIVE"
    NONE = "NONE"


class SubjectNameStrategy(StrEnum):
    """How a subject's name follows from topic and record, by the serializers' class names."""

    TOPIC = "TopicNameStrategy"
    RECORD = "RecordNameStrategy"
    TOPIC_RECORD = "TopicRecordNameStrategy"


class SchemaReference(Model):
    """A reference of a JSON Schema or Protobuf file; Avro's are found by the types it names."""

    name: str = Field(description="How the schema names it: a `$ref` URL or an `import` path.")
    schema_file: FileName = Field(
        alias="schema", description="The file that it stands for, relative to the project's root."
    )


class SchemaBinding(Model):
    """A schema file and the subject it is registered under."""

    schema_file: FileName = Field(
        alias="schema", description="A .avsc, .json or .proto file, relative to the project's root."
    )
    subject: str | None = Field(default=None, description="The subject, when the naming strategy's is not wanted.")
    subject_name_strategy: SubjectNameStrategy | None = None
    compatibility: Compatibility | None = Field(default=None, description="The subject's level; absent: not managed.")
    normalize: Flag | None = Field(default=None, description="Ask the registry to normalise on registration.")
    references: tuple[SchemaReference, ...] = ()
    lifecycle: Lifecycle = Lifecycle()


class Topic(Model):
    """A topic."""

    partitions: Count = Field(ge=1, description="Number of partitions.")
    replication_factor: Count = Field(ge=1, le=32767, description="Replicas of each partition.")
    config: dict[str, ConfigValue] = Field(
        default={}, description="Topic configs by Kafka's names; units are understood."
    )
    config_mode: ConfigMode = ConfigMode.MERGE
    key: SchemaBinding | None = None
    value: SchemaBinding | None = None
    domain: str | None = Field(default=None, description="The business domain, for grouping.")
    owner: str | None = Field(default=None, description="The team that answers for it.")
    description: str | None = None
    managed: Flag = Field(default=True, description="false: named, cross-checked, but never touched.")
    lifecycle: Lifecycle = Lifecycle()


class Instances(Model):
    """How many instances a service or a group runs."""

    min: Count = Field(default=1, ge=0)
    target: Count | None = Field(default=None, ge=0)
    max: Count | None = Field(default=None, ge=1)


class Service(Model):
    """An application that produces or consumes."""

    principal: str | None = Field(default=None, description='Kafka principal, such as "User:wave-planning".')
    produces: tuple[str, ...] = ()
    consumes: tuple[str, ...] = ()
    instances: Instances = Instances()
    domain: str | None = None
    description: str | None = None


class StartFrom(StrEnum):
    """Where a group without committed offsets is made to start."""

    EARLIEST = "earliest"
    LATEST = "latest"


class GroupProtocol(StrEnum):
    """The group's rebalance protocol (KIP-848: `consumer`)."""

    CLASSIC = "classic"
    CONSUMER = "consumer"


class ConsumerGroup(Model):
    """A consumer group, its start position and what is expected of it."""

    topics: tuple[str, ...] = Field(min_length=1)
    service: str | None = Field(default=None, description="The service that runs it.")
    instances: Count | Instances | None = None
    start_from: StartFrom | None = Field(
        default=None,
        description="Committed before the first start, so that nothing is skipped; absent: not managed.",
    )
    max_lag: Count | None = Field(
        default=None, ge=0, description="Messages behind, summed over the topics' partitions."
    )
    protocol: GroupProtocol | None = None
    config: dict[str, ConfigValue] = Field(
        default={}, description="Group configs (KIP-848), such as consumer.session.timeout.ms."
    )
    managed: Flag = True
    lifecycle: Lifecycle = Lifecycle()


class ConnectorState(StrEnum):
    """The state a connector is to be in."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


class Connector(Model):
    """A Kafka Connect connector. `config` holds all other settings by the connector's own names."""

    connector_class: str = Field(alias="class", description="Java class or alias of the plugin.")
    tasks_max: Count = Field(default=1, ge=1)
    topics: tuple[str, ...] = Field(default=(), description="A sink's topics.")
    topics_regex: str | None = None
    dead_letter_topic: str | None = Field(default=None, description="Sets errors.deadletterqueue.topic.name.")
    state: ConnectorState = ConnectorState.RUNNING
    config: dict[str, ConfigValue] = Field(
        default={}, description="Settings; secrets by reference: ${env:NAME}, ${file:PATH}."
    )
    start_timeout: Milliseconds = Field(
        default=60_000, description="How long apply waits for connector and tasks to run."
    )
    description: str | None = None
    managed: Flag = True
    lifecycle: Lifecycle = Lifecycle()


class Suppression(Model):
    """A finding of `schemas check` or `schemas lint` that does not count for a while."""

    subject: str = Field(min_length=1, description="The subject, or a pattern with `*`.")
    rule: str = Field(min_length=1, description="The finding's rule, such as reader_field_missing_default_value.")
    path: str | None = Field(
        default=None, description="Only findings at this JSON Pointer of the schema or below it, such as /fields/3."
    )
    reason: str = Field(min_length=1, description="Why it may pass; shown in every report.")
    until: date = Field(description="The last day on which it counts, as 2027-03-31.")


class SchemaLint(Model):
    """What `schemas lint` looks at, and how much it matters."""

    rules: dict[LintRule, LintLevel] = Field(default={}, description="Severity by rule; `off` leaves a rule out.")
    field_names: FieldCase | None = Field(
        default=None, description="How fields are named; absent: either way, but one way in a schema."
    )
    namespace: str | None = Field(default=None, description="The namespace that all types lie in or below.")


class SchemasSection(Model):
    """Schema files and subjects beyond those that topics bind."""

    files: tuple[str, ...] = Field(default=(), description="Globs of schema files; one that nothing uses is an error.")
    global_compatibility: Compatibility | None = Field(
        default=None, description="The registry's global level; absent: not managed."
    )
    subjects: dict[str, SchemaBinding] = Field(
        default={}, description="Subjects by name, such as those of shared types."
    )
    suppressions: tuple[Suppression, ...] = Field(
        default=(), description="Findings of schema checks that do not count for a while, each with its reason."
    )
    lint: SchemaLint = SchemaLint()


class Removal(Model):
    """A resource that is to go."""

    address: str = Field(description="KIND.NAME, such as topic.old-events.")
    action: Literal["delete", "forget"] = "delete"
    permanent: Flag = Field(default=False, description="Subjects: delete permanently after the soft delete.")
    allow: tuple[Guard, ...] = Field(default=(), description="Guards lifted for this removal, such as [delete].")


class Limit(Model):
    """How many resources of a kind one plan may delete, or change. The smaller of share and count holds."""

    share: Annotated[int, BeforeValidator(share_of), WithJsonSchema(SHARE_SCHEMA)] | None = Field(
        default=None, description="Of those of the kind that are there, such as 25%."
    )
    count: Count | None = Field(default=None, ge=0, description="At most so many, however many there are.")
    at_least: Count = Field(default=1, ge=0, description="So few never go beyond the limit.")


_Limit = Annotated[Limit, BeforeValidator(limit_of)]
"""Also written `25%`, or a number of resources."""


class Limits(Model):
    """How much one plan may do, whatever the guards say. What is written replaces the default as a whole."""

    delete: _Limit = Field(
        default=Limit.model_validate({"share": "30%", "count": 100}), description="Deletions of one kind: 30% and 100."
    )
    change: _Limit = Field(
        default=Limit.model_validate({"share": "60%", "count": 1_000, "at_least": 4}),
        description="Changes of one kind to what is there: 60% and 1,000, and never 4 or fewer.",
    )


class TopicDefaults(Model):
    """What topics have unless they say otherwise; configs merge by key."""

    partitions: Count | None = Field(default=None, ge=1)
    replication_factor: Count | None = Field(default=None, ge=1, le=32767)
    config: dict[str, ConfigValue | None] = {}
    config_mode: ConfigMode = ConfigMode.MERGE
    domain: str | None = None
    owner: str | None = None


class SchemaDefaults(Model):
    """What every binding of a schema has unless it says otherwise."""

    compatibility: Compatibility | None = None
    subject_name_strategy: SubjectNameStrategy | None = None
    normalize: Flag | None = None


class GroupDefaults(Model):
    """What consumer groups have unless they say otherwise; configs merge by key."""

    start_from: StartFrom | None = None
    max_lag: Count | None = Field(default=None, ge=0)
    protocol: GroupProtocol | None = None
    config: dict[str, ConfigValue | None] = {}


class ConnectorDefaults(Model):
    """What connectors have unless they say otherwise; configs merge by key."""

    tasks_max: Count | None = Field(default=None, ge=1)
    dead_letter_topic: str | None = None
    start_timeout: Milliseconds | None = None
    config: dict[str, ConfigValue | None] = {}


class Defaults(Model):
    """Put under every resource of a kind; null in a resource's config removes a default."""

    topics: TopicDefaults = TopicDefaults()
    schemas: SchemaDefaults = SchemaDefaults()
    consumer_groups: GroupDefaults = GroupDefaults()
    connectors: ConnectorDefaults = ConnectorDefaults()


class KafkaConnection(Model):
    """How Kafka is reached. Names are the Kafka clients' with underscores."""

    bootstrap_servers: str | tuple[str, ...]
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    sasl_username: str | None = None
    sasl_password: str | None = None
    ssl_ca_location: str | None = None
    ssl_certificate_location: str | None = None
    ssl_key_location: str | None = None
    ssl_key_password: str | None = None
    request_timeout: Milliseconds = 30_000


class HttpConnection(Model):
    """How a REST API is reached."""

    url: str
    username: str | None = None
    password: str | None = None
    token: str | None = Field(default=None, description="Bearer token.")
    ca_location: str | None = None
    certificate_location: str | None = None
    key_location: str | None = None
    request_timeout: Milliseconds = 30_000


class AuditTarget(Model):
    """Where the events of each apply go, one JSON line each: a file, or a topic of the same cluster."""

    file: str | None = Field(default=None, min_length=1, description="Appended to; relative to the project's root.")
    topic: str | None = Field(default=None, min_length=1, description="Must be there before the first apply.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.file is None) == (self.topic is None):
            raise ValueError("write either file: PATH or topic: NAME")
        return self


class Environment(Model):
    """Where a topology lives, and how it differs there."""

    dev_cluster: str | None = Field(
        default=None,
        description="The name of a local dev cluster (`kafkaops dev up`); addresses come from it.",
    )
    kafka: KafkaConnection | None = None
    schema_registry: HttpConnection | None = None
    connect: HttpConnection | None = None
    cluster_id: str | None = Field(default=None, description="Kafka's cluster id; any other cluster is refused.")
    connect_cluster_id: str | None = Field(default=None, description="kafka_cluster_id that Connect must report.")
    schema_registry_id: str | None = Field(
        default=None,
        description="Id that the registry must report; only Confluent's has one.",
    )
    audit: AuditTarget | None = Field(default=None, description="Where each apply is put on record.")
    overrides: dict[str, object] = Field(
        default={}, description="A JSON merge patch (RFC 7396) over the spec; null removes."
    )


class Placement(Model):
    """How replicas are moved between brokers."""

    throttle: Throughput | None = Field(
        default=None, description="What each broker may send and receive for it, such as 50MiB/s; absent: no limit."
    )


class Spec(Model):
    """A project's messaging platform, for one environment: overrides and defaults already applied."""

    version: Literal[1]
    project: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$", description="The owner of what is declared here.")
    owns: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        default=(),
        description="Prefixes of names that belong to this project: what it declares must begin with one of them, and "
        "no other project may claim what does.",
    )
    topics: dict[str, Topic] = {}
    schemas: SchemasSection = SchemasSection()
    services: dict[str, Service] = {}
    consumer_groups: dict[str, ConsumerGroup] = {}
    connectors: dict[str, Connector] = {}
    removed: tuple[Removal, ...] = ()
    limits: Limits = Limits()
    environments: dict[str, Environment] = {}
    loadtests: dict[str, LoadTest] = {}
    placement: Placement = Placement()
