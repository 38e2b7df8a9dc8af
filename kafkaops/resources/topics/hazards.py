"""What changing an existing topic may cost, in words. Pure.

| code | hazard |
| --- | --- |
| KO220 | deletion |
| KO221 | more partitions: keys move |
| KO222 | messages expire earlier: shorter or smaller retention |
| KO223 | messages are deleted that were kept: the cleanup policy |
| KO224 | producers' records are refused: a smaller message limit |
| KO225 | an unclean leader may lose acknowledged records |
| KO226 | acknowledged records are on fewer replicas |
| KO227 | tombstones go earlier: a slow consumer may miss a deletion |
| KO228 | tiered data is deleted |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from kafkaops.address import Guard
from kafkaops.plan.model import Hazard, Operation, Risk
from kafkaops.resources.topics import reassigning
from kafkaops.resources.topics.configs import meaning, number_of
from kafkaops.resources.topics.model import GrowPartitions, ReassignReplicas, SetTopicConfigs, TopicState

_POLICY = "cleanup.policy"


def hazards_of(have: TopicState, steps: Iterable[Operation]) -> tuple[Hazard, ...]:
    """The hazards of changing a topic, in the order of its operations."""
    found: list[Hazard] = []
    steps = tuple(steps)
    policies = _policies_after(have, steps)
    for step in steps:
        match step:
            case GrowPartitions():
                found.append(_growth(step, compacted="compact" in policies))
            case SetTopicConfigs():
                found.extend(_configs(have, step, policies))
            case ReassignReplicas():
                found.extend(reassigning.hazards(step))
            case _:
                pass
    return tuple(found)


def _growth(step: GrowPartitions, *, compacted: bool) -> Hazard:
    also = "; a key's older value stays in its old partition, as the topic is compacted" if compacted else ""
    return Hazard(
        Risk.DISRUPTIVE,
        "KO221",
        f"from {step.before} to {step.after} partitions: keys move to other partitions, so that the order "
        f"of a key's messages breaks once{also}",
        guard=Guard.DISRUPTIVE,
    )


def _policies_after(have: TopicState, steps: Iterable[Operation]) -> frozenset[str]:
    """How the topic is cleaned once all of this is done: what the same change does to the policy counts."""
    policy = have.configs.effective(_POLICY)
    for step in steps:
        if isinstance(step, SetTopicConfigs):
            policy = _after(have, step).get(_POLICY, policy)
    return _policies(policy)


def _after(have: TopicState, step: SetTopicConfigs) -> dict[str, str]:
    """What the keys of a step mean after it."""
    return {**dict(step.set), **{key: have.defaults.get(key, "") for key in step.reset}}


def _configs(have: TopicState, step: SetTopicConfigs, policies: frozenset[str]) -> Iterable[Hazard]:
    for key, value in _after(have, step).items():
        before = have.configs.effective(key)
        rule = _RULES.get(key)
        if rule is _retention and policies == {"compact"}:
            continue  # a broker looks at no retention there: nothing expires
        if rule is not None and before is not None:
            hazard = rule(key, before, value)
            if hazard is not None:
                yield hazard


def _shrinks(before: str, after: str, *, unlimited: int | None = -1) -> bool:
    """Whether a limit gets tighter; -1 stands for none."""
    was, will = number_of(before), number_of(after)
    if was is None or will is None or was == will or will == unlimited:
        return False
    return was == unlimited or will < was


def _retention(key: str, before: str, after: str) -> Hazard | None:
    if not _shrinks(before, after):
        return None
    return Hazard(
        Risk.DATA_LOSS,
        "KO222",
        f"messages {'older than' if key.endswith('.ms') else 'beyond'} the new {key} are deleted",
        guard=Guard.DATA_LOSS,
    )


def _cleanup(key: str, before: str, after: str) -> Hazard | None:
    gained = _policies(after) - _policies(before)
    if not gained:
        return None
    what = " and ".join(_DELETED_BY.get(policy, policy) for policy in sorted(gained))
    return Hazard(
        Risk.DATA_LOSS,
        "KO223",
        f"{key} gains {' and '.join(sorted(gained))}: {what} are deleted",
        guard=Guard.DATA_LOSS,
    )


def _message_limit(key: str, before: str, after: str) -> Hazard | None:
    if not _shrinks(before, after, unlimited=None):
        return None
    return Hazard(
        Risk.DISRUPTIVE,
        "KO224",
        f"batches above the new {key} are refused: their producers fail",
        guard=Guard.DISRUPTIVE,
    )


def _unclean(key: str, before: str, after: str) -> Hazard | None:
    if meaning(key, after) is not True or meaning(key, before) is True:
        return None
    return Hazard(
        Risk.DATA_LOSS,
        "KO225",
        f"{key}=true lets a replica lead that lacks acknowledged records, which are lost then",
        guard=Guard.DATA_LOSS,
    )


def _durability(key: str, before: str, after: str) -> Hazard | None:
    if not _shrinks(before, after, unlimited=None):
        return None
    return Hazard(
        Risk.DISRUPTIVE,
        "KO226",
        f"with the new {key} a record counts as written on fewer replicas, and is lost when those are",
    )


def _tombstones(key: str, before: str, after: str) -> Hazard | None:
    if not _shrinks(before, after, unlimited=None):
        return None
    return Hazard(
        Risk.DISRUPTIVE,
        "KO227",
        f"a consumer that lags longer than the new {key} misses deletions of keys",
    )


def _remote(key: str, before: str, after: str) -> Hazard | None:
    if meaning(key, after) is not True or meaning(key, before) is True:
        return None
    return Hazard(
        Risk.DATA_LOSS,
        "KO228",
        f"{key}=true deletes what is in remote storage as soon as remote.storage.enable is false",
        guard=Guard.DATA_LOSS,
    )


def _policies(text: str | None) -> frozenset[str]:
    value = meaning(_POLICY, text or "")
    return value if isinstance(value, frozenset) else frozenset()


_DELETED_BY = {"delete": "messages beyond the retention", "compact": "all but the last message of each key"}
_RULES: Mapping[str, Callable[[str, str, str], Hazard | None]] = {
    "retention.ms": _retention,
    "retention.bytes": _retention,
    "delete.retention.ms": _tombstones,
    "remote.log.delete.on.disable": _remote,
    _POLICY: _cleanup,
    "max.message.bytes": _message_limit,
    "unclean.leader.election.enable": _unclean,
    "min.insync.replicas": _durability,
}
