"""The two topics of the ledger: made by the first apply, looked at by every later one."""

from __future__ import annotations

from kafkaops.clients.kafka import Configs, ConfigScope, NewTopic, Refusal, TopicIdentity
from kafkaops.errors import PlatformError, RefusedError
from kafkaops.ledger.model import CLAIMS, RUNS
from kafkaops.resources.kind import Session
from kafkaops.resources.topics.visibility import await_partitions

_MOST_REPLICAS = 3
_RUNS_KEPT_MS = 400 * 24 * 60 * 60 * 1_000
"""A little over a year: what an audit asks for."""
_WITHOUT = "have an administrator make it or grant the rights (docs/ledger.md), or run with --no-ledger"

_AGAIN = "nothing was concluded from it; run it again"


def ledger_exists(session: Session) -> bool:
    """Whether the cluster has a ledger. Raises `PlatformError` (KO878) when it has one that may not be seen.

    What metadata does not name may only be hidden: that is asked for by name.
    """
    if CLAIMS in session.cluster.topics:
        return True
    answer = session.kafka.topic_identities([CLAIMS])[CLAIMS]
    if isinstance(answer, TopicIdentity):
        return True
    if answer.error == "UNKNOWN_TOPIC_OR_PART":
        return False
    if answer.error.endswith("AUTHORIZATION_FAILED"):
        raise PlatformError.of("KO878", f"the ledger may not be read: {CLAIMS}: {answer}", hint=_WITHOUT)
    raise PlatformError.of("KO878", f"whether there is a ledger cannot be told: {CLAIMS}: {answer}", hint=_AGAIN)


def make_ledger(session: Session) -> None:
    """Make the topics that are missing and wait until every broker shows them. KO878 when that may not be done."""
    missing = [topic for topic in _topics(len(session.cluster.brokers)) if topic.name not in session.cluster.topics]
    if missing:
        answers = session.kafka.create_topics(missing)
        for name, refusal in answers.items():
            if refusal is not None and refusal.error != "TOPIC_ALREADY_EXISTS":
                raise PlatformError.of("KO878", f"the ledger's topic {name} cannot be made: {refusal}", hint=_WITHOUT)
        unseen = await_partitions(session, {topic.name: 1 for topic in missing})
        for name, where in unseen.items():
            raise PlatformError.of("KO878", f"the ledger's topic {name} was made, but {where}")
    if len(missing) < 2:
        _check(session)


def _topics(brokers: int) -> tuple[NewTopic, NewTopic]:
    replicas = min(_MOST_REPLICAS, brokers)
    safety = {"min.insync.replicas": str(max(1, replicas - 1)), "unclean.leader.election.enable": "false"}
    return (
        NewTopic(CLAIMS, 1, replicas, {"cleanup.policy": "compact", **safety}),
        NewTopic(RUNS, 1, replicas, {"cleanup.policy": "delete", "retention.ms": str(_RUNS_KEPT_MS), **safety}),
    )


def _check(session: Session) -> None:
    """A claims topic that is not compacted forgets claims; one with several partitions has no order."""
    placement = session.cluster.topics.get(CLAIMS)
    if placement is not None and len(placement.partitions) != 1:
        raise _unfit(f"it has {len(placement.partitions)} partitions, not 1")
    configs = session.kafka.configs(ConfigScope.TOPIC, [CLAIMS])[CLAIMS]
    if isinstance(configs, Refusal):
        return  # whoever may write it need not have the right to read its configs
    assert isinstance(configs, Configs)
    policy = configs.effective("cleanup.policy")
    if policy != "compact":
        raise _unfit(f"its cleanup.policy is {policy}, so that claims get lost")


def _unfit(why: str) -> RefusedError:
    return RefusedError.of(
        "KO878", f"{CLAIMS} cannot serve as ledger: {why}", hint=f"cleanup.policy must be compact; {_WITHOUT}"
    )
