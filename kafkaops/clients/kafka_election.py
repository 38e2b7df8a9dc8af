"""An election held by a classic consumer group, on kafka-python's connections.

Whoever joins the empty group is its leader, and the leader holds the office: a group has one leader at a time,
and keeps it as long as it sends heartbeats and joins again when others come. A candidate first looks whether the
group has members; two that join at the same moment are told apart by the coordinator, and the one that does not
lead leaves again. A classic group drops a dead member after its own session timeout; one of KIP-848 after 45 s.

| code | meaning |
| --- | --- |
| KO411 | the lock's group cannot be used |
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from kafkaops.clients.election import Candidate
from kafkaops.clients.kafka import Refusal
from kafkaops.clients.kafka_patience import unsaid
from kafkaops.clients.kafka_python_connection import KafkaPythonConnection
from kafkaops.clients.kafka_settings import KafkaSettings
from kafkaops.errors import KafkaopsError, PlatformError

if TYPE_CHECKING:
    from kafkaops.clients.kafka_election_wire import ElectionWire, Joined

SESSION_TIMEOUT_MS = 12_000
"""How long after its last heartbeat a dead holder counts as alive. Brokers take 6 s or more.

Longer than a broker may stand still without being missed (9 s) and a heartbeat before that: else a coordinator that
goes on would drop a holder that it did not listen to. One that is missed has successors, who count from anew.
"""
HEARTBEAT_S = 2.0
_LEAVING_S = 2.0
"""How long resigning may take: what nobody answers by then, the end of the session does as well."""
_UNTOLD = Candidate(run="unknown", by="somebody", host="an unknown host", pid=0, since="an unknown time")


class KafkaElection(KafkaPythonConnection["ElectionWire"]):
    """The port on one group. Methods may be called from several threads."""

    def __init__(self, settings: KafkaSettings, group: str, say: Callable[[str], None] = unsaid) -> None:
        super().__init__(settings, _wire_class, say)
        self._group = group
        self._turn = threading.RLock()
        """Heartbeats and joins of one member must not cross."""
        self._about = b""
        self._seat: Joined | None = None
        self._ended = threading.Event()
        self._heart: threading.Thread | None = None
        self._left: threading.Event | None = None
        """Made when leaving begins, set when it is over; a thread whose `join` Ctrl-C ends counts as ended, too."""

    def holder(self) -> Candidate | None:
        """Who holds the office; somebody unknown while a rebalance hides what members say of themselves."""
        members = self._ask("look who holds the lock", lambda wire: wire.members, self._group)
        if isinstance(members, Refusal):
            raise self._unusable(members)
        return _candidate(members[0]) if members else None

    def stand(self, candidate: Candidate) -> bool:
        """Join unless the group has members; False when another leads it."""
        if self.holder() is not None:
            return False
        self._about = json.dumps(asdict(candidate)).encode()
        with self._turn:
            if not self._join(""):
                return False
            self._ended.clear()
            self._left = None
            self._heart = threading.Thread(target=self._beat, name="lock-heartbeat", daemon=True)
            self._heart.start()
        return True

    def confirm(self) -> bool:
        """One heartbeat now. Raises `PlatformError` when nobody answers: then nothing is known."""
        with self._turn:
            seat = self._seat
            if seat is None:
                return False
            refused = self._ask(
                "confirm the lock", lambda wire: wire.heartbeat, self._group, seat.member, seat.generation
            )
            if refused is None:
                return True
            if refused.error == "REBALANCE_IN_PROGRESS":
                return self._join(seat.member)
            self._seat = None
            return False

    def resign(self) -> None:
        """Leave the group, so that the next one need not wait; who resigns does not wait for silent brokers either."""
        self._ended.set()
        if self._left is None:
            self._left = threading.Event()
            threading.Thread(target=self._leave, args=[self._left], name="lock-leave", daemon=True).start()
            self._left.wait(_LEAVING_S)

    def _leave(self, left: threading.Event) -> None:
        """Give up the seat, when a heartbeat that is under way has ended."""
        with self._turn:
            seat, self._seat = self._seat, None
            if seat is not None:
                # Whatever happens, the session times out by itself.
                with contextlib.suppress(KafkaopsError):
                    self._ask("give up the lock", lambda wire: wire.leave, self._group, seat.member)
        left.set()

    def close(self) -> None:
        """Resign and let the connections go. Those on which an answer is still waited for end with the process."""
        self.resign()
        if self._left is not None and self._left.is_set():
            super().close()

    def _join(self, member: str) -> bool:
        """Join and lead; whoever joined without leading leaves again. Sets the seat."""
        self._seat = None
        joined = self._ask(
            "take the lock",
            lambda wire: wire.join,
            self._group,
            member,
            self._about,
            SESSION_TIMEOUT_MS,
            SESSION_TIMEOUT_MS,
        )
        if isinstance(joined, Refusal):
            if joined.error in ("UNKNOWN_MEMBER_ID", "REBALANCE_IN_PROGRESS", "ILLEGAL_GENERATION"):
                return False
            raise self._unusable(joined)
        if not joined.leads:
            self._ask("leave the lock to its holder", lambda wire: wire.leave, self._group, joined.member)
            return False
        refused = self._ask("take the lock", lambda wire: wire.sync, self._group, joined.member, joined.generation)
        if refused is not None and refused.error == "REBALANCE_IN_PROGRESS":
            return self._join(joined.member)
        if refused is not None:
            return False
        self._seat = joined
        return True

    def _beat(self) -> None:
        """Keep the seat. A beat that fails is only missing: `confirm` is what tells."""
        while not self._ended.wait(HEARTBEAT_S):
            with contextlib.suppress(KafkaopsError):
                if not self.confirm():
                    return

    def _ask(self, doing: str, pick: Callable[[ElectionWire], Callable[..., Any]], *arguments: object) -> Any:
        return self._run(doing, pick, *arguments)

    def _unusable(self, refusal: Refusal) -> PlatformError:
        match refusal.error:
            case "INCONSISTENT_GROUP_PROTOCOL":
                hint = "another program uses this name for its consumers; rename the project, or that group"
            case error if error.endswith("AUTHORIZATION_FAILED"):
                hint = "grant this principal Read and Describe on groups named kafkaops.*, or run with --no-ledger"
            case _:
                hint = "see whether the brokers and their topic __consumer_offsets are well, and run it again"
        return PlatformError.of("KO411", f"the lock's group {self._group} cannot be used: {refusal}", hint=hint)


def _candidate(about: bytes) -> Candidate:
    try:
        told = json.loads(about)
        return Candidate(
            run=str(told["run"]),
            by=str(told["by"]),
            host=str(told["host"]),
            pid=int(told["pid"]),
            since=str(told["since"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return _UNTOLD


def _wire_class() -> type[ElectionWire]:
    from kafkaops.clients.kafka_election_wire import ElectionWire

    return ElectionWire
