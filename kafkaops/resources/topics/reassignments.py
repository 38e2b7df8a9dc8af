"""The topics whose replicas are being moved, by whomever, and how far that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kafkaops.clients.kafka import Configs, ConfigScope, Reassignment, Refusal
from kafkaops.errors import PlatformError
from kafkaops.resources.kind import Session
from kafkaops.resources.topics.copying import how_far
from kafkaops.resources.topics.model import Copying
from kafkaops.resources.topics.throttle_mark import Mark, mark_of


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
