"""Topics that belong to Kafka, Connect, MirrorMaker, Streams or a registry: never deleted, whoever asks."""

from __future__ import annotations

import re

_OWNERS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"__.*"), "Kafka itself"),
    (re.compile(r"_schemas(?:[-_.].*)?"), "a schema registry"),
    (re.compile(r"_confluent[-_.].*"), "Confluent Platform"),
    (re.compile(r"_kafkaops[-_.].*"), "kafkaops"),
    (re.compile(r"(?:.*[-_.])?connect[-_.](?:configs?|offsets?|status(?:es)?)(?:[-_.].*)?"), "Kafka Connect"),
    (re.compile(r"mm2[-_.](?:configs|offsets|status|offset-syncs)\..*"), "MirrorMaker"),
    (re.compile(r"(?:.*\.)?heartbeats"), "MirrorMaker"),
    (re.compile(r".*\.checkpoints\.internal"), "MirrorMaker"),
    (re.compile(r".*\.internal"), "MirrorMaker"),
    (re.compile(r".*-changelog"), "a Kafka Streams application"),
    (re.compile(r".*-repartition"), "a Kafka Streams application"),
    (re.compile(r".*-subscription-(?:registration|response)-topic"), "a Kafka Streams application"),
)

_ANYONE = re.compile("|".join(f"(?:{pattern.pattern})" for pattern, _ in _OWNERS))
"""Most topics are ordinary: one look tells."""


def owner_of(topic: str) -> str | None:
    """Whose internal topic it is by its name, or None for an ordinary one."""
    if _ANYONE.fullmatch(topic) is None:
        return None
    return next((owner for pattern, owner in _OWNERS if pattern.fullmatch(topic)), None)
