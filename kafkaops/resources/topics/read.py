"""Reading topics: placements are known from the command's one metadata request, configs are asked for in bulk."""

from __future__ import annotations

from collections.abc import Sequence

from kafkaops.clients.kafka import Configs, ConfigScope, Refusal
from kafkaops.errors import PlatformError
from kafkaops.resources.kind import Session
from kafkaops.resources.topics.model import TopicsSnapshot, TopicState


def read(session: Session, names: Sequence[str]) -> TopicsSnapshot:
    """The named topics that exist, with their configs. KO230 when one cannot be read: that is not absence."""
    existing = [name for name in names if name in session.cluster.topics]
    answers = session.kafka.configs(ConfigScope.TOPIC, existing) if existing else {}
    return TopicsSnapshot(
        {name: TopicState(session.cluster.topics[name], _readable(name, answers[name])) for name in existing}
    )


def _readable(name: str, answer: Configs | Refusal) -> Configs:
    if isinstance(answer, Configs):
        return answer
    raise PlatformError.of(
        "KO230",
        f"the configs of topic {name} cannot be read: {answer}",
        address=f"topic.{name}",
        hint="grant this principal DescribeConfigs on it; if it was deleted just now, run the command again",
    )
