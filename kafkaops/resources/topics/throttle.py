"""Setting and taking away what throttles and marks a move of replicas (`throttle_mark.py` says how it looks).

The topics' marks are set first and taken away last: whenever kafkaops dies between, the mark is there to be found.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from kafkaops.clients.kafka import Answers, ConfigAlteration, Configs, ConfigScope, Refusal
from kafkaops.resources.kind import Session
from kafkaops.resources.topics.model import Move
from kafkaops.resources.topics.requests import MAX_RESOURCES, batches
from kafkaops.resources.topics.throttle_mark import (
    FOLLOWER_RATE,
    FOLLOWERS,
    LEADER_RATE,
    LEADERS,
    Mark,
    mark_of,
    marking,
)

_RATES = (LEADER_RATE, FOLLOWER_RATE)


def mark_topics(session: Session, steps: Sequence[Move]) -> Answers:
    """Mark the topics, and name the replicas that the brokers are to throttle."""
    alterations = []
    for step in steps:
        copies = {index: brokers for index, brokers in step.copies.items() if brokers}
        sources = {index: replicas for index, replicas in step.before if index in copies}
        alterations.append(ConfigAlteration(step.topic, marking(_mark(step), sources, copies)))
    return _alter_topics(session, alterations)


def limit_again(session: Session, steps: Sequence[Move]) -> Refusal | None:
    """Set the rate of moves that have begun once more, whatever is there.

    Whoever took an earlier throttle away at that moment did not see these moves yet, and may have taken theirs. From
    now on they are listed: `unthrottle` looks for them after it has taken something away.
    """
    rate_of = {
        broker: _mark(step).rate for step in steps if _mark(step).rate_kib for broker in _throttled_brokers(step)
    }
    return _limit(session, rate_of)


def limit_brokers(session: Session, steps: Sequence[Move], known: Collection[str] = ()) -> Refusal | None:
    """Set the rate on every broker that sends or receives. A rate that somebody else set there is left: a refusal.

    `known` are topics that may hold a mark of an earlier move, with a rate that is kafkaops' own, too.
    """
    rates = {_mark(step).rate for step in steps if _mark(step).rate_kib}
    brokers = {broker for step in steps for broker in _throttled_brokers(step)}
    if not rates or not brokers:
        return None
    (rate,) = rates
    ours = {mark.rate for mark in _marks(session, known).values()} | rates
    found = _rates_on(session, brokers)
    for broker, configs in sorted(found.items()):
        if isinstance(configs, Refusal):
            return Refusal(configs.error, f"the throttle of broker {broker} cannot be looked at: {configs.text}")
        foreign = {key: value for key, value in configs.items() if value not in ours}
        if foreign:
            listed = ", ".join(f"{key}={value}" for key, value in sorted(foreign.items()))
            return Refusal("THROTTLED_BY_OTHERS", f"broker {broker} has a throttle that kafkaops did not set: {listed}")
    return _limit(session, dict.fromkeys(brokers, rate))


def rethrottle(session: Session, steps: Sequence[Move]) -> Mapping[str, Refusal]:
    """Put moves that are on their way under another throttle. Answers what was refused, by topic."""
    refusal = None
    old = _marks(session, [step.topic for step in steps])
    changed = [step for step in steps if step.topic in old and old[step.topic].rate_kib != _mark(step).rate_kib]
    before = {old[step.topic] for step in changed if old[step.topic].rate_kib}
    if before:
        kept = [mark for name, mark in old.items() if name not in {step.topic for step in changed}]
        refusal = _free_brokers(session, before, kept)
    if refusal is not None:
        return {step.topic: refusal for step in changed}
    refused = {name: said for name, said in mark_topics(session, changed).items() if said is not None}
    marked = [step for step in changed if step.topic not in refused]
    limited = limit_brokers(session, marked)
    return refused if limited is None else {**refused, **{step.topic: limited for step in marked}}


def unthrottle(session: Session, topics: Collection[str]) -> Mapping[str, Refusal]:
    """Take the throttles of these topics away, and then their marks. Answers what is left, by topic.

    A broker that other marked topics are being moved on keeps a rate: theirs. No lock is held over it, and none would
    do, as projects share brokers: what began to move meanwhile is looked for afterwards, and gets its rate back.
    """
    if not topics:
        return {}
    own, others = _own_and_others(session, topics)
    throttled = [mark for mark in own.values() if mark.rate_kib]
    refusal = _free_brokers(session, throttled, others.values()) if throttled else None
    if throttled and refusal is None:
        _, now = _own_and_others(session, topics)
        refusal = _limit_where_none_is(session, [mark for name, mark in now.items() if mark != others.get(name)])
    if refusal is not None:
        return dict.fromkeys(own, refusal)
    alterations = [ConfigAlteration(name, reset=(LEADERS, FOLLOWERS)) for name in own]
    return {name: refusal for name, refusal in _alter_topics(session, alterations).items() if refusal is not None}


def _own_and_others(session: Session, topics: Collection[str]) -> tuple[Mapping[str, Mark], Mapping[str, Mark]]:
    """The marks of these topics, and those of others that are being moved."""
    marks = _marks(session, topics)
    own = {name: mark for name, mark in marks.items() if name in topics}
    return own, {name: mark for name, mark in marks.items() if name not in topics}


def _mark(step: Move) -> Mark:
    """The mark of a move. One that copies nothing needs no throttle."""
    return Mark.of(step.throttle if any(step.copies.values()) else None)


def _throttled_brokers(step: Move) -> Iterable[int]:
    for index, replicas in step.before:
        if step.copies[index]:
            yield from replicas
            yield from step.copies[index]


def _marks(session: Session, topics: Collection[str]) -> Mapping[str, Mark]:
    """The marks on these topics, and on all that are being moved now."""
    moving = session.kafka.reassignments()
    names = {*topics, *(() if isinstance(moving, Refusal) else (key.topic for key in moving))}
    if not names:
        return {}
    answers = session.kafka.configs(ConfigScope.TOPIC, sorted(names))
    marks = {name: mark_of(answer) for name, answer in answers.items() if isinstance(answer, Configs)}
    return {name: mark for name, mark in marks.items() if mark is not None}


def _rates_on(session: Session, brokers: Iterable[int]) -> Mapping[int, Mapping[str, str] | Refusal]:
    """The rates set on each broker."""
    answers = session.kafka.configs(ConfigScope.BROKER, [str(broker) for broker in sorted(brokers)])
    return {
        int(name): answer
        if isinstance(answer, Refusal)
        else {key: answer.overrides[key] for key in _RATES if key in answer.overrides}
        for name, answer in answers.items()
    }


def _limit(session: Session, rates: Mapping[int, str]) -> Refusal | None:
    """Set the rates of brokers, in one request for each."""
    set_ = [ConfigAlteration(str(broker), dict.fromkeys(_RATES, rate)) for broker, rate in sorted(rates.items())]
    return next(filter(None, session.kafka.alter_configs(ConfigScope.BROKER, set_).values()), None) if set_ else None


def _limit_where_none_is(session: Session, marks: Iterable[Mark]) -> Refusal | None:
    """Give brokers that have no rate the one that these marks say."""
    wanted = _lowest(marks)
    found = _rates_on(session, wanted) if wanted else {}
    bare = {
        broker: wanted[broker] for broker, configs in found.items() if not isinstance(configs, Refusal) and not configs
    }
    return _limit(session, bare)


def _lowest(marks: Iterable[Mark]) -> dict[int, str]:
    """By broker, the lowest rate of those marks that throttle something on it."""
    found: dict[int, str] = {}
    for mark in sorted(marks, key=lambda mark: -mark.rate_kib):
        if mark.rate_kib:
            found.update(dict.fromkeys(mark.brokers, mark.rate))
    return found


def _free_brokers(session: Session, marks: Collection[Mark], others: Iterable[Mark]) -> Refusal | None:
    """Take the marks' rates away from the brokers that have them; any other rate is somebody else's.

    Where others of kafkaops' moves go on, theirs takes its place.
    """
    rates, still = {mark.rate for mark in marks}, _lowest(others)
    brokers = {broker for mark in marks for broker in mark.brokers}
    missing = sorted(brokers - session.kafka.racks().keys())
    if missing:
        # A broker's own configs can be changed on that broker only.
        return Refusal("BROKER_NOT_AVAILABLE", f"broker {missing[0]} is not there to have its throttle taken away")
    alterations = []
    for broker, configs in _rates_on(session, brokers).items():
        if isinstance(configs, Refusal):
            return Refusal(configs.error, f"the throttle of broker {broker} cannot be looked at: {configs.text}")
        ours = tuple(key for key, value in configs.items() if value in rates)
        if ours and broker not in still:
            alterations.append(ConfigAlteration(str(broker), reset=ours))
        elif any(configs[key] != still[broker] for key in ours):
            alterations.append(ConfigAlteration(str(broker), dict.fromkeys(ours, still[broker])))
    return next(filter(None, session.kafka.alter_configs(ConfigScope.BROKER, alterations).values()), None)


def _alter_topics(session: Session, alterations: Sequence[ConfigAlteration]) -> Answers:
    found: dict[str, Refusal | None] = {}
    for batch in batches(alterations, lambda _: 1, MAX_RESOURCES):
        found.update(session.kafka.alter_configs(ConfigScope.TOPIC, list(batch)))
    return found
