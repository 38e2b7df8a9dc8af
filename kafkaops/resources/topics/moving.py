"""Beginning to move replicas: marked and throttled first, so that nothing is ever copied unseen.

| code | meaning |
| --- | --- |
| KO256 | the brokers have a throttle of somebody else's, or do not take one |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kafkaops.clients.kafka import Refusal, TopicPartition
from kafkaops.errors import PlatformError
from kafkaops.resources.kind import Session
from kafkaops.resources.topics.model import ReassignReplicas
from kafkaops.resources.topics.throttle import limit_again, limit_brokers, mark_topics, unthrottle


def begin(
    session: Session, steps: Sequence[ReassignReplicas], known: Sequence[str] = ()
) -> Mapping[str, Refusal | None]:
    """Begin the moves; by topic None, or why its move was not begun: then nothing of it is left behind.

    `known` are topics that may still hold the mark of an earlier move.
    """
    left = unthrottle(session, [step.topic for step in steps])  # by an earlier move, with perhaps another rate
    steps = [step for step in steps if step.topic not in left]
    found: dict[str, Refusal | None] = {**left, **mark_topics(session, steps)}
    marked = [step for step in steps if found[step.topic] is None]
    begun: list[str] = []
    try:
        limited = limit_brokers(session, marked, known)
        if limited is not None:
            return {**found, **{step.topic: limited for step in marked}}
        answers = session.kafka.reassign(
            {TopicPartition(step.topic, index): replicas for step in marked for index, replicas in step.after}
        )
        for step in marked:
            refusals = (answers[TopicPartition(step.topic, index)] for index, _ in step.after)
            found[step.topic] = next(filter(None, refusals), None)
        # A topic of which some partitions move stays marked, so that the rest can be seen to.
        begun = [key.topic for key, refusal in answers.items() if refusal is None]
        _limit_again(session, [step for step in marked if step.topic in begun])
    except PlatformError:
        # The request may have arrived all the same: the marks stay for the next plan to find.
        begun = [step.topic for step in marked]
        raise
    finally:
        unthrottle(session, [step.topic for step in marked if step.topic not in begun])
    return found


def _limit_again(session: Session, steps: Sequence[ReassignReplicas]) -> None:
    """See `limit_again`. The moves have begun: a broker that goes away just now is said, and waited for with them."""
    try:
        unlimited = limit_again(session, steps)
    except PlatformError as error:
        session.say(f"the throttle may not hold everywhere: {error.diagnostics[0].summary}")
    else:
        if unlimited is not None:
            session.say(f"the throttle may not hold everywhere: {unlimited}")
