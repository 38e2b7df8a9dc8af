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
from kafkaops.clients.confluent_asking import CONNECTING, Asking
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
from kafkaops.clients.kafka_contact import CONNECT_TIMEOUT_S
from kafkaops.clients.kafka_patience import saying
from kafkaops.clients.kafka_python import KafkaPythonAdmin
from kafkaops.clients.kafka_settings import KafkaSettings, Resolves
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


class ConfluentAdmin(Asking):
    """The port on librdkafka. Methods may be called from several threads at the same time."""

    def __init__(self, settings: KafkaSettings, say: Callable[[str], None]) -> None:
        super().__init__(settings, say)
        self._python = KafkaPythonAdmin(settings, say)

    # --- reading ---

    def cluster(self) -> ClusterState:
        """One metadata request for everything visible. KO401 when no broker answers within 10 s."""
        with saying(self._say, CONNECTING, self._settings.request_timeout_s if self._met else CONNECT_TIMEOUT_S):
            metadata = self._contact()
        return ClusterState(
            cluster_id=metadata.cluster_id or "",
            brokers={broker.id: f"{broker.host}:{broker.port}" for broker in metadata.brokers.values()},
            topics={name: _placement(topic) for name, topic in metadata.topics.items() if topic.partitions},
        )

    def configs(self, scope: ConfigScope, names: Sequence[str]) -> Mapping[str, Configs | Refusal]:
        """Configs by name, `CHUNK` a request, `IN_FLIGHT` requests at a time."""
        doing = f"read {scope.value} configs"
        shared: _Inherited = {}
        found: dict[str, Configs | Refusal]
        found = self._again(doing, names, lambda left, limit_s: self._configs_once(doing, scope, left, limit_s, shared))
        _complete(doing, names, found)
        return found

    def _configs_once(
        self, doing: str, scope: ConfigScope, names: Sequence[str], limit_s: float, shared: _Inherited
    ) -> dict[str, Configs | KafkaError]:
        found: dict[str, Configs | KafkaError] = {}
        waiting: list[dict[ConfigResource, Future[Any]]] = []
        # Brokers are asked for their own configs; librdkafka takes one of them a call.
        for chunk in _chunks(names, 1 if scope is ConfigScope.BROKER else CHUNK):
            if len(waiting) == IN_FLIGHT:
                found.update(self._reduced(doing, waiting.pop(0), shared))
            waiting.append(
                self._client.describe_configs(
                    [ConfigResource(_RESOURCE[scope], name) for name in chunk], **self._admitted(limit_s)
                )
            )
        while waiting:
            found.update(self._reduced(doing, waiting.pop(0), shared))
        return found

    def broker_configs(self, broker: int) -> Mapping[str, str] | Refusal:
        """A broker's effective configs, without sensitive ones. They need rights that topics' do not."""
        answer = self.configs(ConfigScope.BROKER, [str(broker)])[str(broker)]
        return answer if isinstance(answer, Refusal) else {key: value for key, value in answer.all.items() if value}

    def topic_identities(self, names: Sequence[str]) -> Mapping[str, TopicIdentity | Refusal]:
        """Ask for topics by name: unknown and not authorised are apart here."""
        doing = "describe topics"
        found: dict[str, TopicIdentity | Refusal] = {}
        for chunk in _chunks(names, IDENTITIES):
            answers = self._again(
                doing,
                chunk,
                lambda left, limit_s: self._each(
                    doing, self._client.describe_topics(TopicCollection(list(left)), **self._admitted(limit_s))
                ),
                lagging=False,  # that it is not known is what was asked
            )
            for name, answer in answers.items():
                found[name] = answer if isinstance(answer, Refusal) else TopicIdentity(str(answer.topic_id))
        _complete(doing, names, found)
        return found

    def offsets(
        self, partitions: Sequence[TopicPartition], position: Position
    ) -> Mapping[TopicPartition, int | Refusal]:
        """First or next offset of each partition, one request for each leader."""
        spec = OffsetSpec.earliest() if position is Position.EARLIEST else OffsetSpec.latest()
        doing = f"read {position.value} offsets"

        def ask(left: Sequence[TopicPartition], limit_s: float) -> dict[TopicPartition, int | KafkaError]:
            asked = {ConfluentTopicPartition(item.topic, item.partition): spec for item in left}
            answers = self._each(doing, self._client.list_offsets(asked, **self._admitted(limit_s)))
            return {TopicPartition(key.topic, key.partition): _offset(answer) for key, answer in answers.items()}

        found: dict[TopicPartition, int | Refusal] = self._again(doing, partitions, ask)
        return found

    def racks(self) -> Mapping[int, str | None]:
        """Every broker's rack, None where it has none."""
        doing = "describe the cluster"
        described = self._again_whole(doing, lambda limit_s: self._client.describe_cluster(**self._admitted(limit_s)))
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

    def topics_on(self, broker: int, names: Sequence[str]) -> Mapping[str, int] | None:
        """Which of these topics one broker knows, with how many partitions that have a leader."""
        return self._python.topics_on(broker, names)

    def overrides_on(
        self, broker: int, scope: ConfigScope, keys: Mapping[str, Sequence[str]]
    ) -> Mapping[str, Mapping[str, str] | Refusal] | None:
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
        asked = {
            item.name: ConfluentNewTopic(
                item.name,
                num_partitions=item.partitions,
                replication_factor=item.replication_factor,
                config=dict(item.config),
            )
            for item in topics
        }
        return self._answers(
            "create topics",
            list(asked),
            lambda left, limit_s: self._client.create_topics(
                [asked[name] for name in left], validate_only=validate_only, **self._admitted(limit_s, operation=True)
            ),
            done=None if validate_only else "TOPIC_ALREADY_EXISTS",
        )

    def grow_partitions(self, totals: Mapping[str, int], *, validate_only: bool = False) -> Answers:
        """One request for all."""
        if not totals:
            return {}
        return self._answers(
            "add partitions",
            list(totals),
            lambda left, limit_s: self._client.create_partitions(
                [NewPartitions(name, totals[name]) for name in left],
                validate_only=validate_only,
                **self._admitted(limit_s, operation=True),
            ),
            done=None if validate_only else "INVALID_PARTITIONS",
        )

    def alter_configs(
        self, scope: ConfigScope, alterations: Sequence[ConfigAlteration], *, validate_only: bool = False
    ) -> Answers:
        """One request for all; for brokers one each."""
        if not alterations:
            return {}
        if scope is ConfigScope.BROKER and len(alterations) > 1:
            each = (self.alter_configs(scope, [item], validate_only=validate_only) for item in alterations)
            return {name: answer for answers in each for name, answer in answers.items()}
        asked = {
            item.name: ConfigResource(_RESOURCE[scope], item.name, incremental_configs=_entries(item))
            for item in alterations
        }

        def send(left: Sequence[str], limit_s: float) -> dict[str, Future[Any]]:
            futures = self._client.incremental_alter_configs(
                [asked[name] for name in left], validate_only=validate_only, **self._admitted(limit_s)
            )
            return {resource.name: future for resource, future in futures.items()}

        return self._answers(f"alter {scope.value} configs", list(asked), send)

    def delete_topics(self, names: Sequence[str]) -> Answers:
        """One request for all. Irreversible.

        Asked again only where the topic is still the one that it was: whoever made another one meanwhile keeps it.
        """
        if not names:
            return {}
        doing, before = "delete topics", self.topic_identities(names)
        asked = False

        def ask(left: Sequence[str], limit_s: float) -> dict[str, Any]:
            nonlocal asked
            now, asked = self.topic_identities(left) if asked else before, True
            gone = [name for name in left if _is_another(before[name], now[name])]
            same = [name for name in left if name not in gone]
            futures = self._client.delete_topics(same, **self._admitted(limit_s, operation=True)) if same else {}
            return {**dict.fromkeys(gone), **self._each(doing, futures)}

        found: Answers = self._again(doing, names, ask, lagging=False, done="UNKNOWN_TOPIC_OR_PART")
        return {name: found[name] for name in names}

    def reassign(
        self, targets: Mapping[TopicPartition, tuple[int, ...] | None]
    ) -> Mapping[TopicPartition, Refusal | None]:
        """Begin to move partitions to these replicas, or with None cancel that."""
        return self._python.reassign(targets)

    def elect_leaders(self, partitions: Sequence[TopicPartition]) -> Mapping[TopicPartition, Refusal | None]:
        """Let the preferred replicas lead; None also for those that lead already."""
        if not partitions:
            return {}
        doing = "elect preferred leaders"

        def ask(left: Sequence[TopicPartition], limit_s: float) -> dict[TopicPartition, KafkaError | None]:
            asked = [ConfluentTopicPartition(item.topic, item.partition) for item in left]
            self._admitted(limit_s)
            # With a time limit confluent-kafka 2.16.1 raises SystemError; librdkafka's own is a minute.
            answers: Mapping[ConfluentTopicPartition, KafkaException | KafkaError | None] = self._again_whole(
                doing, lambda _: self._client.elect_leaders(ElectionType.PREFERRED, asked)
            )
            return {TopicPartition(key.topic, key.partition): _unelected(answer) for key, answer in answers.items()}

        found: dict[TopicPartition, Refusal | None] = self._again(doing, partitions, ask)
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

    def _reduced(
        self,
        doing: str,
        futures: Mapping[ConfigResource, Future[Any]],
        shared: _Inherited,
    ) -> Iterator[tuple[str, Configs | KafkaError]]:
        for resource, answer in self._each(doing, futures).items():
            yield resource.name, answer if isinstance(answer, KafkaError) else _configs(answer, shared)


def _offset(answer: Any) -> int | KafkaError:
    """An offset, or why there is none. Where the connection to a leader broke, librdkafka says -1001 and no error."""
    if isinstance(answer, KafkaError):
        return answer
    if answer.offset < 0:
        return KafkaError(KafkaError.NOT_LEADER_FOR_PARTITION, "its leader was not reached")
    return int(answer.offset)


def _is_another(before: TopicIdentity | Refusal, now: TopicIdentity | Refusal) -> bool:
    """Whether a name is another topic's by now; what could not be told is no reason to think so."""
    return isinstance(before, TopicIdentity) and isinstance(now, TopicIdentity) and before != now


def _unelected(answer: KafkaException | KafkaError | None) -> KafkaError | None:
    """Why the preferred replica does not lead, if it does not."""
    error = errors.kafka_error_of(answer) if isinstance(answer, KafkaException) else answer
    return None if error is None or error.code() == KafkaError.ELECTION_NOT_NEEDED else error


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
