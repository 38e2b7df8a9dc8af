"""After replicas began to move: waiting, then what fits only now, then taking away whatever was set for it.

| code | meaning |
| --- | --- |
| KO267 | waiting ended before the cluster had copied everything |
| KO268 | the copying ended, and the replicas are not where they should be |
| KO269 | a throttle could not be taken away |
| KO270 | the brokers refused what was to be set when the copies are there |
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kafkaops.clients.kafka import (
    ConfigAlteration,
    ConfigScope,
    PartitionState,
    Reassignment,
    Refusal,
    TopicPartition,
)
from kafkaops.errors import Diagnostic, PlatformError
from kafkaops.plan.model import Change, Outcome
from kafkaops.resources.kind import Session
from kafkaops.resources.settling import Unsettled
from kafkaops.resources.topics.copying import how_far
from kafkaops.resources.topics.model import Move
from kafkaops.resources.topics.placement import Replicas
from kafkaops.resources.topics.throttle import unthrottle
from kafkaops.resources.topics.throttle_mark import mark_of
from kafkaops.resources.topics.visibility import await_configs
from kafkaops.resources.wording import counted
from kafkaops.spec.throughput import size_text, throughput_text

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 2.0
LIMIT_S = 5.0
"""How long every broker may take to show what the controller says."""
_PATIENCE_S = 90.0
"""How long the cluster may be out of reach while it is waited for."""


def unsettled(changes: Sequence[Change]) -> Sequence[Change]:
    """The changes that move replicas."""
    return [change for change in changes if step_of(change) is not None]


def step_of(change: Change) -> Move | None:
    """The operation of a change that moves replicas, or ends such a move."""
    return next((step for step in change.operations if isinstance(step, Move)), None)


def settle(session: Session, changes: Sequence[Change], report: Callable[[Unsettled], None]) -> Iterator[Outcome]:
    """See the moves through. The throttle of each goes when it has ended, or failed.

    Who is stopped before that leaves it: the cluster goes on copying, and would do so at any rate from then on. Its
    mark tells the next plan, and apply, or cancelling, takes both away.
    """
    waiting = _Waiting(session, {change.address.name: change for change in changes}, report)
    try:
        yield from waiting.see_through()
    except PlatformError as error:
        yield from waiting.give_up(error.diagnostics[0])


@dataclass
class _Waiting:
    """The moves that are not over, by topic."""

    session: Session
    open: dict[str, Change]
    report: Callable[[Unsettled], None]
    started: float = field(default_factory=time.monotonic)
    seen: float = field(default_factory=time.monotonic)
    """When the cluster last answered."""

    def see_through(self) -> Iterator[Outcome]:
        total = sum(map(self._partitions, self.open))
        pause = _FIRST_PAUSE_S
        while self.open:
            moving = self._moving()
            if moving is not None:
                over = [name for name in self.open if not any(key.topic == name for key in moving)]
                yield from self._over(over)
                if self.open:
                    self._tell(moving, total)
            if self.open and self.session.stop.wait(pause):
                yield from self._stopped(moving or {})
                return
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    def give_up(self, cause: Diagnostic) -> Iterator[Outcome]:
        """The cluster does not answer any more: say so for each move."""
        for change in self.open.values():
            yield self._failed(
                change,
                cause.code,
                f"{cause.summary}; the cluster goes on copying",
                "when it answers again, apply waits for the rest and takes the throttle away",
            )

    # --- inside ---

    def _moving(self) -> Mapping[TopicPartition, Reassignment] | None:
        """What of ours is being moved; None while the cluster does not answer, for a while."""
        try:
            found = self.session.kafka.reassignments()
        except PlatformError:
            if time.monotonic() - self.seen > _PATIENCE_S:
                raise
            return None
        if isinstance(found, Refusal):
            raise PlatformError.of("KO405", f"the reassignments cannot be looked at: {found}")
        self.seen = time.monotonic()
        return {key: move for key, move in found.items() if key.topic in self.open}

    def _partitions(self, name: str) -> int:
        step = step_of(self.open[name])
        return len(step.after) if step else 0

    def _tell(self, moving: Mapping[TopicPartition, Reassignment], total: int) -> None:
        try:
            far = how_far(self.session, moving)
            there = self.session.kafka.racks()
        except PlatformError:
            return  # the next look tells whether the cluster is still there
        missing = sorted({broker for move in moving.values() for broker in move.target} - there.keys())
        note = f"waiting for broker {', '.join(map(str, missing))}, which is not there" if missing else ""
        left = None if any(item.bytes_left is None for item in far) else sum(item.bytes_left or 0 for item in far)
        self.report(Unsettled("partitions", len(moving), total, left, note))

    def _over(self, names: Sequence[str]) -> Iterator[Outcome]:
        """The copies of these topics are there, or nobody makes them any more."""
        if not names:
            return
        for name, partitions in self._placed(names).items():
            change = self.open[name]
            step = step_of(change)
            assert step is not None
            said = _misplaced(step, partitions)
            if said is not None and self.session.stop.is_set():
                continue  # it may come yet, and nobody waits for it
            elsewhere = said is None and self._seen_through_elsewhere(step)
            said = said or (None if elsewhere else self._later_configs(step))
            proof = [] if said else list(self._led(name, len(partitions)))
            left = self._unthrottled(name)
            del self.open[name]
            if said is not None:
                yield self._failed(change, *said)
            elif left is not None:
                hint = "the next plan shows it again; apply takes it away when the broker lets"
                yield self._failed(change, "KO269", f"its throttle could not be taken away: {left}", hint)
            else:
                later = () if elsewhere else step.then_set
                yield Outcome.done(change.address, _proof(step, later, proof), time.monotonic() - self.started)

    def _placed(self, names: Sequence[str]) -> Mapping[str, Sequence[PartitionState]]:
        """The partitions of topics. Brokers may show the end of a move later than the controller does.

        A replica that is in its place and not in sync is waited for longer: its broker may be away for a moment.
        """
        since, pause = time.monotonic(), _FIRST_PAUSE_S
        steps = {name: step_of(self.open[name]) for name in names}
        while True:
            topics = self.session.kafka.cluster().topics
            found = {name: topics[name].partitions if name in topics else () for name in names}
            wrong = [name for name in names if _misplaced(steps[name], found[name])]
            elsewhere = any(_misplaced(steps[name], found[name], in_sync=False) for name in wrong)
            waited = time.monotonic() - since
            if not wrong or waited > (LIMIT_S if elsewhere else _PATIENCE_S) or self.session.stop.wait(pause):
                return found
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    def _unthrottled(self, name: str) -> Refusal | None:
        """Why the throttle of a topic is left, if it is. A broker that is away is waited for."""
        since, pause = time.monotonic(), _FIRST_PAUSE_S
        while True:
            left = unthrottle(self.session, [name]).get(name)
            away = left is not None and left.error == "BROKER_NOT_AVAILABLE"
            if not away or time.monotonic() - since > _PATIENCE_S or self.session.stop.wait(pause):
                return left
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    def _seen_through_elsewhere(self, step: Move) -> bool:
        """Whether another run has ended this move: its mark is gone, and what is to be set now is that run's to say.

        No lock is held here. Whoever comes later plans by a later spec, waits for the same end, and takes the mark.
        """
        if not (step.then_set or step.then_reset):
            return False
        until = time.monotonic() + LIMIT_S
        while True:  # a broker may show the mark later than it was set
            answer = self.session.kafka.configs(ConfigScope.TOPIC, [step.topic])[step.topic]
            if isinstance(answer, Refusal) or mark_of(answer) is not None:
                return False
            if time.monotonic() > until:
                return True
            time.sleep(_FIRST_PAUSE_S)

    def _later_configs(self, step: Move) -> tuple[str, str, str] | None:
        """Set what fits only now, and read it back."""
        wanted: dict[str, str | None] = {**dict(step.then_set), **dict.fromkeys(step.then_reset)}
        if not wanted:
            return None
        hint = "the replicas are there; apply again for the rest"
        asked = [ConfigAlteration(step.topic, dict(step.then_set), step.then_reset)]
        refusal = self.session.kafka.alter_configs(ConfigScope.TOPIC, asked)[step.topic]
        if refusal is not None:
            return "KO270", f"Kafka refused {', '.join(wanted)}: {refusal}", hint
        differing = await_configs(self.session, {step.topic: wanted})
        return ("KO255", f"read back these differ: {', '.join(differing[step.topic])}", hint) if differing else None

    def _led(self, name: str, partitions: int) -> Iterator[str]:
        """Let the preferred replicas lead. One that cannot leaves another leading: said, and no failure."""
        keys = [TopicPartition(name, index) for index in range(partitions)]
        refused = [key for key, refusal in self.session.kafka.elect_leaders(keys).items() if refusal is not None]
        if refused:
            yield f"preferred leaders lead but in {counted(len(refused), 'partition')}"
        else:
            yield "preferred leaders lead"

    def _stopped(self, moving: Mapping[TopicPartition, Reassignment]) -> Iterator[Outcome]:
        try:
            far = {item.topic: item for item in how_far(self.session, moving)}
        except PlatformError:
            far = {}
        for name, change in self.open.items():
            item = far.get(name)
            how = f": {item.left} of {counted(item.partitions, 'partition')} left" if item else ""
            size = f", about {size_text(item.bytes_left)}" if item and item.bytes_left is not None else ""
            yield Outcome.skipped(
                change.address,
                Diagnostic(
                    "KO267",
                    f"the cluster goes on copying{_limit_of(change)}{how}{size}",
                    address=str(change.address),
                    place=change.place,
                    hint="watch: kafkaops topics reassignments --watch; finish it, and take away what was set for it: "
                    f"kafkaops apply; stop it: kafkaops topics cancel-reassignment {name}",
                ),
            )

    def _failed(self, change: Change, code: str, summary: str, hint: str) -> Outcome:
        found = Diagnostic(code, summary, address=str(change.address), place=change.place, hint=hint)
        return Outcome.failed(change.address, found, time.monotonic() - self.started)


def _limit_of(change: Change) -> str:
    step = step_of(change)
    return f", at most {throughput_text(step.throttle)} a broker" if step is not None and step.throttle else ""


def _misplaced(
    step: Move | None, now: Sequence[PartitionState], *, in_sync: bool = True
) -> tuple[str, str, str] | None:
    """What is wrong, if anything is. While a move goes on all its replicas are listed: only sync tells its end.

    With `in_sync=False` replicas need only be in their place.
    """
    if step is None:
        return None
    wrong = [index for index, replicas in step.after if index >= len(now) or not _holds(now[index], replicas, in_sync)]
    if not wrong:
        return None
    listed = ", ".join(f"{step.topic}[{index}]" for index in wrong[:3]) + (" and more" if len(wrong) > 3 else "")
    summary = f"{counted(len(wrong), 'partition')} not in sync on the replicas that were planned ({listed})"
    return "KO268", summary, "somebody cancelled or changed the move, or a broker went away; plan again"


def _holds(now: PartitionState, replicas: Replicas, in_sync: bool) -> bool:
    return set(now.replicas) == set(replicas) and (not in_sync or set(replicas) == set(now.in_sync))


def _proof(step: Move, then_set: Sequence[tuple[str, str]], proof: Sequence[str]) -> str:
    moved = "reassignment finished"
    if step.after:
        copies = sum(map(len, step.copies.values()))
        what = (copies, "new replica") if copies else (len(step.after), "partition")
        moved = f"{counted(*what)} in sync"
    later = [f"{key}={value}" for key, value in then_set]
    return ", ".join([moved, *later, *proof, "nothing throttled"])
