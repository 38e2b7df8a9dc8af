"""Kafka's admin port on confluent-kafka, with kafka-python for what that lacks (`kafka_python.py`).

| operation | client |
| --- | --- |
| metadata, topics, partitions, configs, topic ids, offsets of partitions | confluent-kafka (librdkafka) |
| racks, election of preferred leaders | confluent-kafka |
| one broker's own view of topics and configs | kafka-python |
| reassignment of replicas, sizes of logs | kafka-python, since confluent-kafka has neither |
| groups: description, committed offsets, commits, deletion | kafka-python, which asks once per coordinator |

Both speak PLAINTEXT, SSL, SASL_PLAINTEXT and SASL_SSL with PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from confluent_kafka import ElectionType, KafkaError, KafkaException, TopicCollection
from confluent_kafka import TopicPartition as ConfluentTopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ConfigSource,
    NewPartitions,
    OffsetSpec,
    ResourceType,
)
from confluent_kafka.admin import NewTopic as ConfluentNewTopic

from kafkaops.clients import kafka_errors as errors
from kafkaops.clients.kafka import (
    Answers,
    ClusterState,
    ConfigAlteration,
    Configs,
    ConfigScope,
    DiskSpace,
    GroupView,
    NewTopic,
    PartitionState,
    Position,
    Reassignment,
    Refusal,
    TopicIdentity,
    TopicPartition,
    TopicPlacement,
)
from kafkaops.clients.kafka_contact import CONNECT_TIMEOUT_S, Heard, first_metadata
from kafkaops.clients.kafka_python import KafkaPythonAdmin
from kafkaops.clients.kafka_settings import KafkaSettings, Resolves
from kafkaops.clients.kafka_throttle import Throttle
from kafkaops.errors import PlatformError
from kafkaops.spec.model import KafkaConnection

CHUNK = 500
"""Resources in one describe or alter of configs."""
IDENTITIES = 10_000
"""Topics in one describe: an answer of some 100 bytes for each."""
IN_FLIGHT = 4
"""Chunks asked for at the same time."""
OWN_OVERRIDE = frozenset(
    {
        ConfigSource.DYNAMIC_TOPIC_CONFIG.value,
        ConfigSource.GROUP_CONFIG.value,
        ConfigSource.DYNAMIC_BROKER_CONFIG.value,
    }
)
"""Sources, by their numbers in the protocol, of configs that were set on the very topic, group or broker."""
_Inherited = dict[tuple[tuple[str, ...], tuple[str, ...], tuple[str | None, ...]], Mapping[str, str]]
"""What was inherited so far, by the keys that were answered, those of them that were set, and the others' values."""
_OF_ONE_ITEM = frozenset(
    {KafkaError._UNKNOWN_PARTITION, KafkaError._UNKNOWN_TOPIC, KafkaError._NOENT, KafkaError.UNKNOWN}
)
"""The client's own errors that are about items and not about the request: no such partition, no leader.

With them UNKNOWN (-1), which is the broker's, for all that it has no other word for."""
_STALE = frozenset({"_UNKNOWN_PARTITION", "_UNKNOWN_TOPIC", "_NOENT"})
_RESOURCE = {
    ConfigScope.TOPIC: ResourceType.TOPIC,
    ConfigScope.GROUP: ResourceType.GROUP,
    ConfigScope.BROKER: ResourceType.BROKER,
}


def connect_kafka(
    connection: KafkaConnection, resolver: Resolves, say: Callable[[str], None] = lambda _message: None
) -> ConfluentAdmin:
    """Set up the clients; nothing is sent yet. `say` is told when a quota is waited for.

    Raises `SpecError` for a reference that stands for nothing, `PlatformError` (KO408) for settings that
    contradict each other or name files that are not there.
    """
    settings = KafkaSettings.of(connection, resolver)
    problems = tuple(settings.problems())
    if problems:
        raise errors.unusable("; ".join(problems))
    return ConfluentAdmin(settings, say)


class ConfluentAdmin:
    """The port on librdkafka. Methods may be called from several threads at the same time."""

    def __init__(self, settings: KafkaSettings, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._heard = Heard()
        self._throttle = Throttle(say)
        try:
            self._client = AdminClient(
                {
                    **settings.for_confluent(),
                    "error_cb": self._heard.on_error,
                    "throttle_cb": self._throttle.on_throttle,
                },
                logger=self._heard.logger,
            )
        except (KafkaException, ValueError, TypeError) as error:
            kafka_error = errors.kafka_error_of(error)
            raise errors.unusable(kafka_error.str() if kafka_error else str(error)) from error
        self._python = KafkaPythonAdmin(settings)

    # --- reading ---

    def cluster(self) -> ClusterState:
        """One metadata request for everything visible. KO401 when no broker answers within 10 s."""
        try:
            metadata = first_metadata(self._client, self._heard)
        except KafkaException as error:
            raise self._failed("connect to Kafka", error) from error
        self._heard.forget()
        return ClusterState(
            cluster_id=metadata.cluster_id or "",
            brokers={broker.id: f"{broker.host}:{broker.port}" for broker in metadata.brokers.values()},
            topics={name: _placement(topic) for name, topic in metadata.topics.items() if topic.partitions},
        )

    def configs(self, scope: ConfigScope, names: Sequence[str]) -> Mapping[str, Configs | Refusal]:
        """Configs by name, `CHUNK` a request, `IN_FLIGHT` requests at a time."""
        doing = f"read {scope.value} configs"
        shared: _Inherited = {}
        found: dict[str, Configs | Refusal] = {}
        waiting: list[dict[ConfigResource, Future[Any]]] = []
        # Brokers are asked for their own configs; librdkafka takes one of them a call.
        for chunk in _chunks(names, 1 if scope is ConfigScope.BROKER else CHUNK):
            if len(waiting) == IN_FLIGHT:
                found.update(self._reduced(doing, waiting.pop(0), shared))
            waiting.append(
                self._client.describe_configs(
                    [ConfigResource(_RESOURCE[scope], name) for name in chunk], **self._admitted()
                )
            )
        while waiting:
            found.update(self._reduced(doing, waiting.pop(0), shared))
        _complete(doing, names, found)
        return found

    def broker_configs(self, broker: int) -> Mapping[str, str] | Refusal:
        """A broker's effective configs, without sensitive ones. They need rights that topics' do not."""
        resource = ConfigResource(ResourceType.BROKER, str(broker))
        futures = self._client.describe_configs([resource], **self._admitted())
        answer = self._each(f"read the configs of broker {broker}", futures)[resource]
        if isinstance(answer, Refusal):
            return answer
        return {key: entry.value for key, entry in answer.items() if entry.value is not None}

    def topic_identities(self, names: Sequence[str]) -> Mapping[str, TopicIdentity | Refusal]:
        """Ask for topics by name: unknown and not authorised are apart here."""
        doing = "describe topics"
        found: dict[str, TopicIdentity | Refusal] = {}
        for chunk in _chunks(names, IDENTITIES):
            futures = self._client.describe_topics(TopicCollection(list(chunk)), **self._admitted())
            for name, answer in self._each(doing, futures).items():
                found[name] = answer if isinstance(answer, Refusal) else TopicIdentity(str(answer.topic_id))
        _complete(doing, names, found)
        return found

    def offsets(
        self, partitions: Sequence[TopicPartition], position: Position
    ) -> Mapping[TopicPartition, int | Refusal]:
        """First or next offset of each partition, one request for each leader."""
        if not partitions:
            return {}
        found = self._offsets(partitions, position)
        unknown = [key for key, answer in found.items() if isinstance(answer, Refusal) and answer.error in _STALE]
        if unknown:
            # librdkafka does not ask again for a topic that it knows with fewer partitions.
            self.cluster()
            found.update(self._offsets(unknown, position))
        return found

    def _offsets(self, partitions: Sequence[TopicPartition], position: Position) -> dict[TopicPartition, int | Refusal]:
        spec = OffsetSpec.earliest() if position is Position.EARLIEST else OffsetSpec.latest()
        asked = {ConfluentTopicPartition(item.topic, item.partition): spec for item in partitions}
        answers = self._each(f"read {position.value} offsets", self._client.list_offsets(asked, **self._admitted()))
        return {
            TopicPartition(key.topic, key.partition): answer if isinstance(answer, Refusal) else answer.offset
            for key, answer in answers.items()
        }

    def racks(self) -> Mapping[int, str | None]:
        """Every broker's rack, None where it has none."""
        described = self._whole("describe the cluster", self._client.describe_cluster(**self._admitted()))
        return {node.id: node.rack or None for node in described.nodes}

    def reassignments(self) -> Mapping[TopicPartition, Reassignment] | Refusal:
        """Every partition whose replicas are being moved."""
        return self._python.reassignments()

    def log_sizes(
        self, partitions: Mapping[int, Sequence[TopicPartition]]
    ) -> Mapping[int, Mapping[TopicPartition, int]]:
        """Bytes on disk of partitions by broker. A broker that is not there is left out."""
        return self._python.log_sizes(partitions)

    def disk_space(self, brokers: Sequence[int]) -> Mapping[int, DiskSpace | None]:
        """The space of the brokers' log directories."""
        return self._python.disk_space(brokers)

    def releases(self, brokers: Sequence[int]) -> Mapping[int, str | None]:
        """Which release of Kafka the brokers run."""
        return self._python.releases(brokers)

    def topics_on(self, broker: int, names: Sequence[str]) -> Mapping[str, int]:
        """Which of these topics one broker knows, with how many partitions that have a leader."""
        return self._python.topics_on(broker, names)

    def overrides_on(
        self, broker: int, scope: ConfigScope, keys: Mapping[str, Sequence[str]]
    ) -> Mapping[str, Mapping[str, str] | Refusal]:
        """Of these keys of each topic or group, those that one broker holds as set on it."""
        return self._python.overrides_on(broker, scope, keys)

    def groups(self, names: Sequence[str]) -> Mapping[str, GroupView | Refusal]:
        """Describe groups of either protocol."""
        return self._python.groups(names)

    def all_groups(self) -> Sequence[str]:
        """The names of all groups that the caller may see."""
        return self._python.all_groups()

    def committed(self, groups: Mapping[str, Sequence[TopicPartition]]) -> Mapping[str, Mapping[TopicPartition, int]]:
        """Committed offsets of these partitions; one without a commit is not in the answer."""
        return self._python.committed(groups)

    def all_committed(self, groups: Sequence[str]) -> Mapping[str, Mapping[TopicPartition, int] | Refusal]:
        """Every committed offset of these groups, on topics that the caller may see; or why not."""
        return self._python.all_committed(groups)

    # --- changing ---

    def create_topics(self, topics: Sequence[NewTopic], *, validate_only: bool = False) -> Answers:
        """One request for all."""
        if not topics:
            return {}
        asked = [
            ConfluentNewTopic(
                item.name,
                num_partitions=item.partitions,
                replication_factor=item.replication_factor,
                config=dict(item.config),
            )
            for item in topics
        ]
        futures = self._client.create_topics(asked, validate_only=validate_only, **self._admitted(operation=True))
        return self._answers("create topics", futures)

    def grow_partitions(self, totals: Mapping[str, int], *, validate_only: bool = False) -> Answers:
        """One request for all."""
        if not totals:
            return {}
        asked = [NewPartitions(name, total) for name, total in totals.items()]
        limit = self._admitted(operation=True)
        futures = self._client.create_partitions(asked, validate_only=validate_only, **limit)
        return self._answers("add partitions", futures)

    def alter_configs(
        self, scope: ConfigScope, alterations: Sequence[ConfigAlteration], *, validate_only: bool = False
    ) -> Answers:
        """One request for all; for brokers one each."""
        if not alterations:
            return {}
        if scope is ConfigScope.BROKER and len(alterations) > 1:
            each = (self.alter_configs(scope, [item], validate_only=validate_only) for item in alterations)
            return {name: answer for answers in each for name, answer in answers.items()}
        asked = [
            ConfigResource(_RESOURCE[scope], item.name, incremental_configs=_entries(item)) for item in alterations
        ]
        futures = self._client.incremental_alter_configs(asked, validate_only=validate_only, **self._admitted())
        return self._answers(
            f"alter {scope.value} configs", {resource.name: future for resource, future in futures.items()}
        )

    def delete_topics(self, names: Sequence[str]) -> Answers:
        """One request for all. Irreversible."""
        if not names:
            return {}
        return self._answers("delete topics", self._client.delete_topics(list(names), **self._admitted(operation=True)))

    def reassign(
        self, targets: Mapping[TopicPartition, tuple[int, ...] | None]
    ) -> Mapping[TopicPartition, Refusal | None]:
        """Begin to move partitions to these replicas, or with None cancel that."""
        return self._python.reassign(targets)

    def elect_leaders(self, partitions: Sequence[TopicPartition]) -> Mapping[TopicPartition, Refusal | None]:
        """Let the preferred replicas lead; None also for those that lead already."""
        if not partitions:
            return {}
        asked = [ConfluentTopicPartition(item.topic, item.partition) for item in partitions]
        self._admitted()
        # With a time limit confluent-kafka 2.16.1 raises SystemError; librdkafka's own is a minute.
        future = self._client.elect_leaders(ElectionType.PREFERRED, asked)
        answers: Mapping[ConfluentTopicPartition, KafkaException | KafkaError | None] = self._whole(
            "elect preferred leaders", future
        )
        found: dict[TopicPartition, Refusal | None] = {}
        for key, answer in answers.items():
            error = errors.kafka_error_of(answer) if isinstance(answer, KafkaException) else answer
            done = error is None or error.code() == KafkaError.ELECTION_NOT_NEEDED
            found[TopicPartition(key.topic, key.partition)] = None if done else errors.refusal_of(error)
        return found

    def commit(self, group: str, offsets: Mapping[TopicPartition, int]) -> Mapping[TopicPartition, Refusal | None]:
        """Commit offsets for a group that has no members."""
        return self._python.commit(group, offsets)

    def delete_groups(self, names: Sequence[str]) -> Answers:
        """Delete groups and their committed offsets."""
        return self._python.delete_groups(names)

    def close(self) -> None:
        """Let the connections go."""
        self._python.close()

    # --- inside ---

    def _admitted(self, *, operation: bool = False) -> dict[str, float]:
        """Wait until the quota lets requests through; then the time limits of one.

        `operation` makes the broker wait for what it does, too.
        """
        self._client.poll(0)
        self._throttle.wait()
        limits = {"request_timeout": self._settings.request_timeout_s}
        if operation:
            limits["operation_timeout"] = self._settings.request_timeout_s
        return limits

    def _whole(self, doing: str, future: Future[Any]) -> Any:
        """A future's result; any failure is the request's. Waits no longer than the request itself may take."""
        try:
            return future.result(timeout=self._settings.request_timeout_s + CONNECT_TIMEOUT_S)
        except KafkaException as error:
            raise self._failed(doing, error) from error
        except TimeoutError as error:
            raise errors.not_in_time(doing, self._settings.servers, None) from error

    def _failed(self, doing: str, error: KafkaException) -> PlatformError:
        """The error of a request that failed as a whole, with what librdkafka said on the side."""
        self._client.poll(0)
        kafka_error = errors.kafka_error_of(error) or KafkaError(KafkaError._FAIL)
        return errors.platform_error(doing, kafka_error, self._settings.servers, self._heard.reasons())

    def _each(self, doing: str, futures: Mapping[Any, Future[Any]]) -> dict[Any, Any]:
        """Per item its result or a `Refusal`; a failure on the client's side is the whole request's."""
        found: dict[Any, Any] = {}
        for key, future in futures.items():
            try:
                found[key] = future.result(timeout=self._settings.request_timeout_s + CONNECT_TIMEOUT_S)
            except KafkaException as error:
                kafka_error = errors.kafka_error_of(error)
                if kafka_error is None or (kafka_error.code() < 0 and kafka_error.code() not in _OF_ONE_ITEM):
                    raise self._failed(doing, error) from error
                found[key] = errors.refusal_of(kafka_error)
            except TimeoutError as error:
                raise errors.not_in_time(doing, self._settings.servers, None) from error
        return found

    def _answers(self, doing: str, futures: Mapping[str, Future[Any]]) -> Answers:
        found = self._each(doing, futures)
        return {name: answer if isinstance(answer, Refusal) else None for name, answer in found.items()}

    def _reduced(
        self,
        doing: str,
        futures: Mapping[ConfigResource, Future[Any]],
        shared: _Inherited,
    ) -> Iterator[tuple[str, Configs | Refusal]]:
        for resource, answer in self._each(doing, futures).items():
            yield resource.name, answer if isinstance(answer, Refusal) else _configs(answer, shared)


def _configs(entries: Mapping[str, ConfigEntry], shared: _Inherited) -> Configs:
    overrides: dict[str, str] = {}
    values: list[str | None] = []
    for key, entry in entries.items():
        if entry.source in OWN_OVERRIDE:
            overrides[key] = entry.value or ""
        else:
            values.append(entry.value)
    identity = (tuple(entries), tuple(overrides), tuple(values))
    inherited = shared.get(identity)
    if inherited is None:
        keys = (key for key in entries if key not in overrides)
        inherited = shared[identity] = {key: value or "" for key, value in zip(keys, values, strict=True)}
    return Configs(overrides, inherited)


def _placement(topic: Any) -> TopicPlacement:
    partitions = topic.partitions
    ordered = (partitions[index] for index in sorted(partitions))
    return TopicPlacement(
        name=topic.topic,
        partitions=tuple([_partition(partition) for partition in ordered]),
        internal=topic.topic.startswith("__"),
    )


def _partition(partition: Any) -> PartitionState:
    leader = partition.leader
    return PartitionState(None if leader < 0 else leader, tuple(partition.replicas), tuple(partition.isrs))


def _entries(alteration: ConfigAlteration) -> list[ConfigEntry]:
    return [
        *(
            ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
            for key, value in alteration.set.items()
        ),
        *(ConfigEntry(key, None, incremental_operation=AlterConfigOpType.DELETE) for key in alteration.reset),
    ]


def _complete(doing: str, asked: Iterable[str], found: Mapping[str, object]) -> None:
    missing = set(asked) - found.keys()
    if missing:
        raise errors.short_answer(doing, missing)


def _chunks(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
