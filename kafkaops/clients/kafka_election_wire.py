"""The classic group protocol, request by request: what an election needs and no consumer offers.

JoinGroup, SyncGroup, Heartbeat and LeaveGroup are asked of the group's coordinator
(https://kafka.apache.org/protocol#The_Messages_JoinGroup). A join is held back by the broker while it
waits for others, and a connection answers in order: so an election has a connection of its own.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from kafka.protocol.admin import DescribeGroupsRequest
from kafka.protocol.consumer import HeartbeatRequest, JoinGroupRequest, LeaveGroupRequest, SyncGroupRequest

from kafkaops.clients.kafka import Refusal
from kafkaops.clients.kafka_patience import PASSING
from kafkaops.clients.kafka_replicas import refusal
from kafkaops.clients.kafka_wire import NO_ERROR, NOT_FOUND, Wire

PROTOCOL_TYPE: Final = "kafkaops-lock"
"""Groups of this type have nothing to do with consumers; Kafka refuses members of another type."""
_PROTOCOL: Final = "leader"
_MEMBER_ID_REQUIRED: Final = 79
_MISSED: Final = frozenset({"UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION"})
_AWAKE_S: Final = 3.0
_SETTLED_S: Final = 1.0
"""How long after it came to coordinate a broker may take to learn what every replica has."""
_PAUSE_S: Final = 0.3
_TIMEOUT_MS: Final = 4_000
"""A coordinator that is frozen has not said no: others take its place before the member's session there is over."""


@dataclass(frozen=True, slots=True)
class Joined:
    """What the coordinator answered to a join."""

    member: str
    generation: int
    leads: bool


class ElectionWire(Wire):
    """kafka-python's connections with the requests of a group's member."""

    async def join(
        self, group: str, member: str, about: bytes, session_timeout_ms: int, rebalance_timeout_ms: int
    ) -> Joined | Refusal:
        """Join, or join again as the same member. `about` is shown to whoever describes the group."""
        protocol = JoinGroupRequest.JoinGroupRequestProtocol

        def request(member_id: str) -> JoinGroupRequest:
            return JoinGroupRequest(
                group_id=group,
                session_timeout_ms=session_timeout_ms,
                rebalance_timeout_ms=rebalance_timeout_ms,
                member_id=member_id,
                group_instance_id=None,
                protocol_type=PROTOCOL_TYPE,
                protocols=[protocol(name=_PROTOCOL, metadata=about)],
                reason=None,
            )

        held_ms = self.config["request_timeout_ms"]  # brokers hold joins back
        response = await self._ask(group, request(member), held_ms)
        # KIP-394: this only names the member.
        if not isinstance(response, Refusal) and response.error_code == _MEMBER_ID_REQUIRED:
            response = await self._ask(group, request(response.member_id), held_ms)
        refused = _refused(response)
        if refused is not None:
            return refused
        return Joined(response.member_id, response.generation_id, response.leader == response.member_id)

    async def sync(self, group: str, member: str, generation: int) -> Refusal | None:
        """End the rebalance as its leader."""
        assignment = SyncGroupRequest.SyncGroupRequestAssignment
        response = await self._ask(
            group,
            SyncGroupRequest(
                group_id=group,
                generation_id=generation,
                member_id=member,
                group_instance_id=None,
                protocol_type=PROTOCOL_TYPE,
                protocol_name=_PROTOCOL,
                assignments=[assignment(member_id=member, assignment=b"")],
            ),
        )
        return _refused(response)

    async def heartbeat(self, group: str, member: str, generation: int) -> Refusal | None:
        """Say that the member lives.

        A coordinator that stood still does not know at first that others took its place, and misses whom they know:
        what it says is not believed before it can have learnt that.
        """
        request = HeartbeatRequest(group_id=group, generation_id=generation, member_id=member, group_instance_id=None)
        until = time.monotonic() + _AWAKE_S
        while True:
            refused = _refused(await self._ask(group, request))
            if refused is None or refused.error not in _MISSED or time.monotonic() > until:
                return refused
            self._forget([group])
            await self._net.sleep(_PAUSE_S)

    async def leave(self, group: str, member: str) -> Refusal | None:
        """Leave, so that nobody has to wait for the session to time out."""
        identity = LeaveGroupRequest.MemberIdentity
        member_left = identity(member_id=member, group_instance_id=None, reason=None)
        return _refused(await self._ask(group, LeaveGroupRequest(group_id=group, members=[member_left])))

    async def members(self, group: str) -> list[bytes] | Refusal:
        """What each member of a group says of itself; empty while a rebalance runs, though it has members.

        Who has just come to coordinate tells what every replica has, and may not know yet that a member's joining is
        among that: when it knows nobody it is asked once more.
        """
        request = DescribeGroupsRequest(groups=[group], include_authorized_operations=False)
        before = self._coordinator_of(group)
        response = await self._ask(group, request)
        if before not in (None, self._coordinator_of(group)) and not _members(response):
            await self._net.sleep(_SETTLED_S)
            response = await self._ask(group, request)
        if isinstance(response, Refusal):
            return response
        found = response.groups[0]
        if found.error_code == NOT_FOUND:  # KIP-1043: nobody was ever there
            return []
        if found.error_code != NO_ERROR:
            return refusal(found.error_code, found.error_message)
        return [bytes(member.member_metadata or b"") for member in found.members]

    async def _ask(self, group: str, request: Any, timeout_ms: int = _TIMEOUT_MS) -> Any:
        """Ask the group's coordinator, again while it loads or moves; a `Refusal` when there is none."""

        async def send(node: int, names: Sequence[str]) -> dict[str, Any]:
            response = await self._manager.send(request, node_id=node, request_timeout_ms=timeout_ms)
            said = refusal(_code(response))
            return {names[0]: said if said.error in PASSING else response}

        return (await self._by_coordinator([group], send))[group]


def _members(response: Any) -> Sequence[Any]:
    """The members that a describe names."""
    found: Sequence[Any] = () if isinstance(response, Refusal) else response.groups[0].members
    return found


def _code(response: Any) -> int:
    """What was said of the one group asked about: a describe says it of each group, all others of the whole."""
    code: int = response.groups[0].error_code if hasattr(response, "groups") else response.error_code
    return code


def _refused(response: Any) -> Refusal | None:
    if isinstance(response, Refusal):
        return response
    return refusal(response.error_code) if response.error_code != NO_ERROR else None
