"""kafka-python's part of the admin port, for the threads of kafkaops. Connects when first needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from kafkaops.clients import kafka_errors as errors
from kafkaops.clients.kafka import Answers, ConfigScope, DiskSpace, GroupView, Reassignment, Refusal, TopicPartition
from kafkaops.clients.kafka_patience import unsaid
from kafkaops.clients.kafka_python_connection import KafkaPythonConnection
from kafkaops.clients.kafka_release import release_of
from kafkaops.clients.kafka_settings import KafkaSettings

if TYPE_CHECKING:
    from kafkaops.clients.kafka_wire import Wire


class KafkaPythonAdmin(KafkaPythonConnection["Wire"]):
    """Groups, replicas, and one broker's view of topics. Methods may be called from several threads."""

    def __init__(self, settings: KafkaSettings, say: Callable[[str], None] = unsaid) -> None:
        super().__init__(settings, _wire_class, say)

    def topics_on(self, broker: int, names: Sequence[str]) -> Mapping[str, int] | None:
        """Which of these topics one broker knows, with how many partitions that have a leader."""
        found: Mapping[str, int] | None = self._run(
            "ask a broker for topics", lambda wire: wire.topics_on, broker, names
        )
        return found

    def overrides_on(
        self, broker: int, scope: ConfigScope, keys: Mapping[str, Sequence[str]]
    ) -> Mapping[str, Mapping[str, str] | Refusal] | None:
        """Of these keys of each topic or group, those that one broker holds as set on it."""
        doing = f"ask a broker for {scope.value} configs"
        found: Mapping[str, Mapping[str, str] | Refusal] | None
        found = self._run(doing, lambda wire: wire.overrides_on, broker, scope, keys)
        if found is not None:
            _complete(doing, keys, found)
        return found

    def disk_space(self, brokers: Sequence[int]) -> Mapping[int, DiskSpace | None]:
        """The space of the brokers' log directories; None where a broker does not say."""
        found: Mapping[int, DiskSpace | None] = self._run("ask for disk space", lambda wire: wire.disk_space, brokers)
        return found

    def releases(self, brokers: Sequence[int]) -> Mapping[int, str | None]:
        """Which release of Kafka the brokers run; None where one does not say."""
        levels: Mapping[int, int | None]
        levels = self._run("ask the brokers for their features", lambda wire: wire.metadata_levels, brokers)
        return {broker: release_of(level) for broker, level in levels.items()}

    def groups(self, names: Sequence[str]) -> Mapping[str, GroupView | Refusal]:
        """Describe groups of either protocol."""
        if not names:
            return {}
        found: Mapping[str, GroupView | Refusal] = self._run("describe groups", lambda wire: wire.describe, names)
        _complete("describe groups", names, found)
        return found

    def all_groups(self) -> Sequence[str]:
        """The names of all groups that the caller may see."""
        return sorted(set(self._run("list groups", lambda wire: wire.all_groups)))

    def committed(self, groups: Mapping[str, Sequence[TopicPartition]]) -> Mapping[str, Mapping[TopicPartition, int]]:
        """Committed offsets of these partitions; one without a commit is not in the answer."""
        if not groups:
            return {}
        doing = "read committed offsets"
        found = self._run(doing, lambda wire: wire.committed, groups)
        _complete(doing, groups, found)
        for name, answer in found.items():
            if isinstance(answer, Refusal):
                raise errors.refused(f"{doing} of group {name}", answer)
        result: Mapping[str, Mapping[TopicPartition, int]] = found
        return result

    def all_committed(self, groups: Sequence[str]) -> Mapping[str, Mapping[TopicPartition, int] | Refusal]:
        """Every committed offset of these groups, on topics that the caller may see; or why not."""
        if not groups:
            return {}
        doing = "read committed offsets"
        found: Mapping[str, Mapping[TopicPartition, int] | Refusal]
        found = self._run(doing, lambda wire: wire.committed, dict.fromkeys(groups))
        _complete(doing, groups, found)
        return found

    def commit(self, group: str, offsets: Mapping[TopicPartition, int]) -> Mapping[TopicPartition, Refusal | None]:
        """Commit offsets for a group that has no members."""
        answer = self._run(f"commit offsets of group {group}", lambda wire: wire.commit, group, offsets)
        if isinstance(answer, Refusal):
            return dict.fromkeys(offsets, answer)
        result: Mapping[TopicPartition, Refusal | None] = answer
        return result

    def delete_groups(self, names: Sequence[str]) -> Answers:
        """Delete groups and their committed offsets."""
        if not names:
            return {}
        found: Answers = self._run("delete groups", lambda wire: wire.delete, names)
        return found

    def reassignments(self) -> Mapping[TopicPartition, Reassignment] | Refusal:
        """Every partition whose replicas are being moved."""
        found: Mapping[TopicPartition, Reassignment] | Refusal = self._run(
            "list reassignments", lambda wire: wire.reassignments
        )
        return found

    def reassign(
        self, targets: Mapping[TopicPartition, tuple[int, ...] | None]
    ) -> Mapping[TopicPartition, Refusal | None]:
        """Begin to move partitions to these replicas, or with None cancel that."""
        if not targets:
            return {}
        doing = "reassign replicas"
        found: Mapping[TopicPartition, Refusal | None] = self._run(doing, lambda wire: wire.reassign, targets)
        missing = [str(key) for key in targets if key not in found]
        if missing:
            raise errors.short_answer(doing, missing)
        return found

    def log_sizes(
        self, partitions: Mapping[int, Sequence[TopicPartition]]
    ) -> Mapping[int, Mapping[TopicPartition, int]]:
        """Bytes on disk of partitions by broker. A broker that is not there is left out."""
        if not partitions:
            return {}
        found: Mapping[int, Mapping[TopicPartition, int]] = self._run(
            "read the sizes of logs", lambda wire: wire.log_sizes, partitions
        )
        return found


def _wire_class() -> type[Wire]:
    from kafkaops.clients.kafka_wire import Wire

    return Wire


def _complete(doing: str, asked: Sequence[str] | Mapping[str, object], found: Mapping[str, object]) -> None:
    missing = set(asked) - found.keys()
    if missing:
        raise errors.short_answer(doing, missing)
