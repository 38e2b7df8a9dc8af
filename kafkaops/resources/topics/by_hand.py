"""Reassignments looked at and steered by hand: listing, cancelling, electing preferred leaders.

| code | meaning |
| --- | --- |
| KO271 | the spec does not declare the topic, or says not to touch it |
| KO274 | Kafka refused to cancel a reassignment |
| KO275 | a preferred replica does not lead |
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kafkaops.address import Address
from kafkaops.clients.kafka import Configs, ConfigScope, Reassignment, Refusal, TopicPartition
from kafkaops.errors import Diagnostic, PlatformError, RefusedError
from kafkaops.plan.model import Outcome
from kafkaops.resources.kind import Session
from kafkaops.resources.topics.copying import how_far
from kafkaops.resources.topics.diff import KIND
from kafkaops.resources.topics.model import Copying
from kafkaops.resources.topics.throttle import unthrottle
from kafkaops.resources.topics.throttle_mark import Mark, mark_of
from kafkaops.resources.wording import counted
from kafkaops.spec.suggest import did_you_mean

_LIMIT_S = 30.0
_PAUSE_S = 0.2
_NOT_MOVING = "NO_REASSIGNMENT_IN_PROGRESS"


@dataclass(frozen=True, slots=True)
class Moving:
    """A topic whose replicas are being moved."""

    copying: Copying
    moves: Mapping[int, Reassignment]
    """By partition."""
    mark: Mark | None
    """Of a move that kafkaops began."""

    @property
    def gaining(self) -> tuple[int, ...]:
        """The brokers that get replicas."""
        return tuple(sorted({broker for move in self.moves.values() for broker in move.adding}))


def managed_topics(session: Session, names: Sequence[str]) -> tuple[str, ...]:
    """The names, each once. Raises `RefusedError` (KO271) for those that are not the spec's to touch."""
    declared = session.loaded.spec.topics
    strangers = [name for name in names if name not in declared or not declared[name].managed]
    if strangers:
        raise RefusedError(_not_ours(session, name) for name in strangers)
    return tuple(dict.fromkeys(names))


def _not_ours(session: Session, name: str) -> Diagnostic:
    declared = session.loaded.spec.topics
    known = name in declared
    summary = "the spec says managed: false" if known else "the spec does not declare it"
    hint = "take managed: false away" if known else did_you_mean(name, declared) or "declare it under `topics:`"
    return Diagnostic("KO271", f"not touched: {summary}", address=f"{KIND}.{name}", hint=hint)


def reassignments(session: Session) -> tuple[Moving, ...]:
    """Every topic whose replicas are being moved, whoever began it. KO405 without the right to look."""
    moving = session.kafka.reassignments()
    if isinstance(moving, Refusal):
        raise PlatformError.of(
            "KO405",
            f"list reassignments: this principal lacks the right: {moving}",
            hint="grant Describe on the cluster",
        )
    topics = sorted({key.topic for key in moving})
    answers = session.kafka.configs(ConfigScope.TOPIC, topics) if topics else {}
    marks = {name: mark_of(found) for name, found in answers.items() if isinstance(found, Configs)}
    ours = [name for name, mark in marks.items() if mark is not None]
    return tuple(
        Moving(
            item,
            {key.partition: move for key, move in sorted(moving.items()) if key.topic == item.topic},
            marks.get(item.topic),
        )
        for item in how_far(session, moving, ours)
    )


def cancel(session: Session, names: Sequence[str]) -> Iterator[Outcome]:
    """Give the new replicas of these topics up, wait until nothing moves, and take throttles away."""
    started = time.monotonic()
    moving = [item for item in reassignments(session) if item.copying.topic in names]
    keys = [TopicPartition(item.copying.topic, index) for item in moving for index in item.moves]
    answers = session.kafka.reassign(dict.fromkeys(keys))
    refused = {key: said for key, said in answers.items() if said is not None and said.error != _NOT_MOVING}
    _await_end(session, [key for key in keys if key not in refused])
    for name in names:
        own = [key for key in keys if key.topic == name]
        said = next((f"{key}: {refused[key]}" for key in own if key in refused), None)
        left = {} if said else unthrottle(session, [name])
        if said or left:
            hint = "kafkaops topics reassignments shows what still moves"
            problem = Diagnostic("KO274", f"{said or left[name]}", address=f"{KIND}.{name}", hint=hint)
            yield Outcome.failed(Address(KIND, name), problem, time.monotonic() - started)
            continue
        what = f"reassignment of {counted(len(own), 'partition')} cancelled" if own else "nothing was being moved"
        yield Outcome.done(Address(KIND, name), f"{what}, nothing throttled", time.monotonic() - started)


def _await_end(session: Session, keys: Sequence[TopicPartition]) -> None:
    until = time.monotonic() + _LIMIT_S
    while keys:
        moving = session.kafka.reassignments()
        if isinstance(moving, Refusal) or not any(key in moving for key in keys):
            return
        if time.monotonic() > until:
            raise PlatformError.of("KO274", f"cancelled, but {counted(len(keys), 'partition')} still move after 30 s")
        time.sleep(_PAUSE_S)


def misled(session: Session, names: Sequence[str]) -> Mapping[str, Mapping[int, tuple[int | None, int]]]:
    """By topic, the partitions that another broker leads than the one preferred: who leads, and who should."""
    found: dict[str, dict[int, tuple[int | None, int]]] = {}
    topics = session.kafka.cluster().topics
    for name in names:
        for index, part in enumerate(topics[name].partitions if name in topics else ()):
            if part.replicas and part.leader != part.replicas[0]:
                found.setdefault(name, {})[index] = (part.leader, part.replicas[0])
    return found


def elect(session: Session, names: Sequence[str]) -> Iterator[Outcome]:
    """Let preferred replicas lead, and wait until brokers show it. One that is not in sync, or not there, cannot."""
    started = time.monotonic()
    wanted = misled(session, names)
    keys = [TopicPartition(name, index) for name, parts in wanted.items() for index in parts]
    answers = session.kafka.elect_leaders(keys)
    left = _await_leaders(session, names, {key for key in keys if answers.get(key) is None})
    for name in names:
        own = [key for key in keys if key.topic == name]
        said = [f"{key} ({answers[key] or 'not seen in time'})" for key in own if answers[key] or key in left]
        if said:
            summary = f"the preferred replica does not lead {', '.join(said[:3])}{' and more' if len(said) > 3 else ''}"
            hint = "it leads when its broker is there and its replica in sync"
            problem = Diagnostic("KO275", summary, address=f"{KIND}.{name}", hint=hint)
            yield Outcome.failed(Address(KIND, name), problem, time.monotonic() - started)
        else:
            what = f"{counted(len(own), 'leader')} elected" if own else "preferred replicas lead already"
            yield Outcome.done(Address(KIND, name), what, time.monotonic() - started)


def _await_leaders(session: Session, names: Sequence[str], elected: set[TopicPartition]) -> set[TopicPartition]:
    until = time.monotonic() + _LIMIT_S
    while True:
        wrong = misled(session, names)
        left = {key for key in elected if key.partition in wrong.get(key.topic, {})}
        if not left or time.monotonic() > until:
            return left
        time.sleep(_PAUSE_S)
