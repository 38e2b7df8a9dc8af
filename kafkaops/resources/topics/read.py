"""Reading topics: placements are known from the command's one metadata request, configs are asked for in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from kafkaops.clients.kafka import Configs, ConfigScope, Refusal
from kafkaops.errors import PlatformError
from kafkaops.resources.kind import Session
from kafkaops.resources.topics.model import TopicsSnapshot, TopicState
from kafkaops.spec.model import ConfigMode, Topic


def read(session: Session, topics: Mapping[str, Topic], removed: Sequence[str]) -> TopicsSnapshot:
    """The named topics that exist, with their configs. KO230 when one cannot be read: that is not absence."""
    existing = [name for name in (*topics, *removed) if name in session.cluster.topics]
    answers = session.kafka.configs(ConfigScope.TOPIC, existing) if existing else {}
    configs = {name: _readable(name, answers[name]) for name in existing}
    unknown = {
        key
        for name, found in configs.items()
        if name in topics and topics[name].config_mode is ConfigMode.EXACT
        for key in found.overrides.keys() - topics[name].config.keys() - found.beneath.keys()
    }
    if unknown:
        brokers = session.kafka.broker_configs(min(session.cluster.brokers))
        configs = {name: _completed(found, unknown, brokers) for name, found in configs.items()}
    return TopicsSnapshot({name: TopicState(session.cluster.topics[name], configs[name]) for name in existing})


def _completed(found: Configs, keys: Iterable[str], brokers: Mapping[str, str]) -> Configs:
    """With the brokers' values beneath overrides of keys that they call by the same name."""
    same_name = {key: brokers[key] for key in keys if key in found.overrides and key in brokers}
    return replace(found, beneath={**found.beneath, **same_name})


def _readable(name: str, answer: Configs | Refusal) -> Configs:
    if isinstance(answer, Configs):
        return answer
    raise PlatformError.of(
        "KO230",
        f"the configs of topic {name} cannot be read: {answer}",
        address=f"topic.{name}",
        hint="grant this principal DescribeConfigs on it; if it was deleted just now, run the command again",
    )
