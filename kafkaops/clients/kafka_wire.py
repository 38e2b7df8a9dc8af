"""What neither client offers as one call, asked on kafka-python's connections in as few requests as it takes.

kafka-python's admin client is built from mixins that send through `_manager`; this is one more of them.
Everything here runs on its network thread; `kafka_python.py` is the side that threads may call.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from kafka import KafkaAdminClient
from kafka.errors import IncompatibleBrokerVersion, KafkaError, for_code
from kafka.protocol.admin import DeleteGroupsRequest, DescribeGroupsRequest, ListGroupsRequest
from kafka.protocol.api_message import ApiMessage
from kafka.protocol.consumer import OffsetCommitRequest, OffsetFetchRequest
from kafka.protocol.consumer.metadata import ConsumerProtocolAssignment
from kafka.protocol.metadata import FindCoordinatorRequest

from kafkaops.clients.kafka import (
    GroupMember,
    GroupPhase,
    GroupView,
    Refusal,
    TopicPartition,
)
from kafkaops.clients.kafka_patience import ANSWERED_S, Patience, may_pass
from kafkaops.clients.kafka_replicas import NOT_THERE, ReplicaCalls, refusal
from kafkaops.clients.kafka_views import BrokerViews

NO_ERROR: Final = 0
NOT_FOUND: Final = 69  # GROUP_ID_NOT_FOUND
_CONNECT_TIMEOUT_MS: Final = 5_000
"""A frozen broker takes connections, and says nothing. kafka-python doubles this with every attempt that fails."""
_FIND_TIMEOUT_MS: Final = 5_000
"""Any broker knows who coordinates: one that does not say is not waited for."""
_COMMIT_VERSION: Final = 8  # later ones know topics by id only
_FETCH_VERSION: Final = 8  # the first with several groups in a request (KIP-709)
_PHASES: Final = {
    "Empty": GroupPhase.EMPTY,
    "Stable": GroupPhase.STABLE,
    "Dead": GroupPhase.ABSENT,
}


class ConsumerGroupDescribeRequest(ApiMessage, load_json="kafkaops.clients.messages"):  # type: ignore[misc, call-arg]
    """KIP-848's own describe: DescribeGroups calls such groups dead."""


class ConsumerGroupDescribeResponse(ApiMessage, load_json="kafkaops.clients.messages"):  # type: ignore[misc, call-arg]
    """Its answer."""


class Wire(ReplicaCalls, BrokerViews, KafkaAdminClient):  # type: ignore[misc]
    """kafka-python's admin client with batched reads and commits for groups.

    What concerns replicas is in `kafka_replicas.py`, what one broker knows in `kafka_views.py`.
    """

    def __init__(self, **settings: object) -> None:
        """Connect. Raises kafka-python's `KafkaTimeoutError` when no broker answers in time."""
        try:
            super().__init__(**settings)
        except KafkaError:
            if "_net" in self.__dict__:  # its thread would go on for good
                self._net.stop()
            raise
        self._manager.config["socket_connection_setup_timeout_ms"] = _CONNECT_TIMEOUT_MS

    async def all_groups(self) -> list[str]:
        """The names of all groups, of whichever kind; each broker lists those that it coordinates."""
        brokers = [broker.node_id for broker in self._manager.cluster.brokers()]
        asked = [self._manager.call_soon(self._groups_on, broker) for broker in brokers]
        return [name for future in asked for name in await future]

    async def _groups_on(self, broker: int) -> list[str]:
        response = await self._manager.send(ListGroupsRequest(min_version=0), node_id=broker)
        if response.error_code:
            raise for_code(response.error_code)()
        return [group.group_id for group in response.groups]

    async def describe(self, names: Sequence[str]) -> dict[str, GroupView | Refusal]:
        """Groups of either protocol: the classic describe, then KIP-848's for what that does not know."""
        found = await self._by_coordinator(names, self._describe_classic)
        unknown = [name for name, view in found.items() if _is_unknown(view)]
        if unknown:
            try:
                found.update(await self._by_coordinator(unknown, self._describe_consumer))
            except IncompatibleBrokerVersion:
                # Brokers before 3.7 know no other groups than classic ones.
                found.update({name: GroupView(name, GroupPhase.ABSENT) for name in unknown})
        return found

    async def committed(
        self, groups: Mapping[str, Sequence[TopicPartition] | None]
    ) -> dict[str, dict[TopicPartition, int] | Refusal]:
        """Committed offsets; a partition without one is left out. None asks for all of a group's."""

        async def fetch(node: int, names: Sequence[str]) -> dict[str, Any]:
            response = await self._manager.send(_fetch_request({name: groups[name] for name in names}), node_id=node)
            return {item.group_id: _offsets_of(item) for item in response.groups}

        return await self._by_coordinator(list(groups), fetch)

    async def commit(
        self, group: str, offsets: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, Refusal | None] | Refusal:
        """Commit for a group without members; the answer is per partition."""

        async def send(node: int, names: Sequence[str]) -> dict[str, Any]:
            response = await self._manager.send(_commit_request(names[0], offsets), node_id=node)
            codes = {
                TopicPartition(topic.name, part.partition_index): part.error_code
                for topic in response.topics
                for part in topic.partitions
            }
            answers = {key: refusal(code) if code else None for key, code in codes.items()}
            return {names[0]: next(filter(may_pass, answers.values()), answers)}

        answer: dict[str, Any] = await self._by_coordinator([group], send)
        result: dict[TopicPartition, Refusal | None] | Refusal = answer[group]
        return result

    async def delete(self, names: Sequence[str]) -> dict[str, Refusal | None]:
        """Delete groups with their offsets."""

        async def send(node: int, chunk: Sequence[str]) -> dict[str, Any]:
            response = await self._manager.send(DeleteGroupsRequest(groups_names=list(chunk)), node_id=node)
            return {item.group_id: refusal(item.error_code) if item.error_code else None for item in response.results}

        return await self._by_coordinator(names, send)

    def forget_brokers(self) -> None:
        """Before asking again: whoever coordinated, or passed requests to the controller, may be gone, or new."""
        self.__dict__["_group_coordinators"] = {}
        self._controller_id = None
        self._manager.cluster.request_update()

    async def _by_coordinator(
        self,
        names: Sequence[str],
        ask: Callable[[int, Sequence[str]], Awaitable[dict[str, Any]]],
    ) -> dict[str, Any]:
        """Ask each coordinator about its groups at once; again where the answer passes, or none comes.

        Raises the error of a coordinator that was out of reach for as long as a request may take.
        """
        found: dict[str, Any] = {}
        limit_s = self.config["request_timeout_ms"] / 1000
        left, patience, silent = list(names), Patience(max(limit_s, ANSWERED_S)), Patience(limit_s)
        while True:
            answers, unreached = await self._asked_once(left, ask)
            found.update(answers)
            left = [name for name in left if name not in found or patience.passes(found[name])]
            if not left:
                return found
            if unreached is not None and silent.over:
                raise unreached
            if patience.over:
                return {**{name: refusal(15) for name in left}, **found}
            self._forget(left)
            if unreached is not None:
                self._manager.cluster.request_update()
            await self._net.sleep(patience.next_pause_s())

    async def _asked_once(
        self,
        names: Sequence[str],
        ask: Callable[[int, Sequence[str]], Awaitable[dict[str, Any]]],
    ) -> tuple[dict[str, Any], Exception | None]:
        """What the coordinators say, and why one of them, if any, did not."""
        try:
            nodes, found = await self._coordinators(names)
        except NOT_THERE as error:
            return {}, error
        asked = [self._manager.call_soon(ask, node, chunk) for node, chunk in nodes.items()]
        unreached: Exception | None = None
        for future in asked:
            try:
                found.update(await future)
            except NOT_THERE as error:
                unreached = error
        return found, unreached

    async def _coordinators(self, names: Sequence[str]) -> tuple[dict[int, list[str]], dict[str, Any]]:
        """Groups by coordinating broker, one request for all that are not known yet; refusals apart."""
        known: dict[str, int] = self.__dict__.setdefault("_group_coordinators", {})
        unknown = [name for name in names if name not in known]
        refused: dict[str, Any] = {}
        if unknown:
            request = FindCoordinatorRequest(key_type=0, coordinator_keys=unknown, min_version=4)
            response = await self._manager.send(request, request_timeout_ms=_FIND_TIMEOUT_MS)
            for item in response.coordinators:
                if item.error_code == NO_ERROR:
                    known[item.key] = item.node_id
                else:
                    refused[item.key] = refusal(item.error_code, item.error_message)
        nodes: dict[int, list[str]] = defaultdict(list)
        for name in names:
            if name in known:
                nodes[known[name]].append(name)
        return nodes, refused

    def _coordinator_of(self, group: str) -> int | None:
        """Who coordinated a group when it was last asked about."""
        known: dict[str, int] = self.__dict__.setdefault("_group_coordinators", {})
        return known.get(group)

    def _forget(self, names: Iterable[str]) -> None:
        known: dict[str, int] = self.__dict__.setdefault("_group_coordinators", {})
        for name in names:
            known.pop(name, None)

    async def _describe_classic(self, node: int, names: Sequence[str]) -> dict[str, Any]:
        response = await self._manager.send(DescribeGroupsRequest(groups=list(names)), node_id=node)
        return {item.group_id: _classic(item) for item in response.groups}

    async def _describe_consumer(self, node: int, names: Sequence[str]) -> dict[str, Any]:
        request = ConsumerGroupDescribeRequest(group_ids=list(names), include_authorized_operations=False)
        response = await self._manager.send(request, node_id=node)
        return {item.group_id: _consumer(item) for item in response.groups}


def _is_unknown(view: object) -> bool:
    return isinstance(view, GroupView) and view.phase is GroupPhase.ABSENT


def _classic(item: Any) -> object:
    if item.error_code not in (NO_ERROR, NOT_FOUND):
        return refusal(item.error_code, item.error_message)
    phase = _PHASES.get(item.group_state, GroupPhase.REBALANCING)
    return GroupView(
        name=item.group_id,
        phase=phase,
        protocol=None if phase is GroupPhase.ABSENT else "classic",
        members=tuple(
            GroupMember(
                member.client_id,
                member.client_host.lstrip("/"),
                # What members of other kinds of groups are assigned is theirs to read.
                _assigned(member.member_assignment) if item.protocol_type == "consumer" else (),
            )
            for member in item.members
        ),
        assignor=item.protocol_data or None,
        purpose=item.protocol_type,
    )


def _consumer(item: Any) -> object:
    if item.error_code == NOT_FOUND:
        # The code is the same for no group and for a share or streams group; only the text tells (KIP-1043).
        foreign = "is not a consumer group" in (item.error_message or "")
        return GroupView(item.group_id, GroupPhase.FOREIGN if foreign else GroupPhase.ABSENT)
    if item.error_code != NO_ERROR:
        return refusal(item.error_code, item.error_message)
    return GroupView(
        name=item.group_id,
        phase=_PHASES.get(item.group_state, GroupPhase.REBALANCING),
        protocol="consumer",
        members=tuple(
            GroupMember(
                member.client_id,
                member.client_host.lstrip("/"),
                tuple(
                    TopicPartition(topic.topic_name, partition)
                    for topic in member.assignment.topic_partitions
                    for partition in topic.partitions
                ),
            )
            for member in item.members
        ),
        assignor=item.assignor_name or None,
    )


def _assigned(raw: bytes) -> tuple[TopicPartition, ...]:
    if not raw:
        return ()
    assignment = ConsumerProtocolAssignment.decode(raw)
    return tuple(
        TopicPartition(item.topic, partition)
        for item in assignment.assigned_partitions
        for partition in item.partitions
    )


def _by_topic(partitions: Iterable[TopicPartition]) -> dict[str, list[int]]:
    grouped: dict[str, list[int]] = defaultdict(list)
    for item in partitions:
        grouped[item.topic].append(item.partition)
    return grouped


def _fetch_request(groups: Mapping[str, Sequence[TopicPartition] | None]) -> OffsetFetchRequest:
    group = OffsetFetchRequest.OffsetFetchRequestGroup
    topic = group.OffsetFetchRequestTopics
    return OffsetFetchRequest(
        groups=[
            group(
                group_id=name,
                topics=None
                if partitions is None
                else [topic(name=known, partition_indexes=indexes) for known, indexes in _by_topic(partitions).items()],
            )
            for name, partitions in groups.items()
        ],
        min_version=_FETCH_VERSION,
        max_version=_FETCH_VERSION,
    )


def _offsets_of(item: Any) -> object:
    if item.error_code != NO_ERROR:
        return refusal(item.error_code)
    parts = [
        (TopicPartition(topic.name, part.partition_index), part) for topic in item.topics for part in topic.partitions
    ]
    for key, part in parts:
        if part.error_code != NO_ERROR:  # not known is not the same as none committed
            return refusal(part.error_code, f"{key}: {refusal(part.error_code).text}")
    return {key: part.committed_offset for key, part in parts if part.committed_offset >= 0}


def _commit_request(group: str, offsets: Mapping[TopicPartition, int]) -> OffsetCommitRequest:
    topic = OffsetCommitRequest.OffsetCommitRequestTopic
    by_topic: dict[str, list[Any]] = defaultdict(list)
    for key, offset in offsets.items():
        by_topic[key.topic].append(
            topic.OffsetCommitRequestPartition(
                partition_index=key.partition,
                committed_offset=offset,
                committed_leader_epoch=-1,
                committed_metadata="",
            )
        )
    return OffsetCommitRequest(
        group_id=group,
        generation_id_or_member_epoch=-1,
        member_id="",
        group_instance_id=None,
        retention_time_ms=-1,
        topics=[topic(name=name, partitions=parts) for name, parts in by_topic.items()],
        max_version=_COMMIT_VERSION,
    )
