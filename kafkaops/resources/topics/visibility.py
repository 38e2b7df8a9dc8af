"""Waiting until what was done is seen. Right after creating 200 topics, metadata named none of them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import TypeVar

from kafkaops.clients.kafka import Configs, ConfigScope, Refusal, TopicPlacement
from kafkaops.resources.everywhere import await_everywhere, is_there
from kafkaops.resources.kind import Session
from kafkaops.resources.topics.configs import same

T = TypeVar("T")
LIMIT_S = 60.0
"""How long a change may take to be seen everywhere."""
SAMPLE = 100
"""How many topics of a larger batch each broker is asked for: it shows all of a batch or none, and more of them
only take time (a tenth of the whole for 2,000 topics at 300)."""
_FIRST_PAUSE_S = 0.01
_LONGEST_PAUSE_S = 0.2


@contextmanager
def connecting(session: Session) -> Iterator[None]:
    """Connect to every broker while something else is being waited for, so that looking there costs nothing later."""
    with ThreadPoolExecutor(max_workers=8, thread_name_prefix="connect") as pool:
        futures = [pool.submit(session.kafka.topics_on, broker, ()) for broker in session.cluster.brokers]
        yield
        for future in futures:
            future.result()


def await_partitions(session: Session, expected: Mapping[str, int]) -> Mapping[str, str]:
    """Wait until every broker shows each topic with so many partitions led, 0 for gone.

    The controller writes a request's topics in one atomic batch, so that a broker shows all of them or none:
    each broker is asked for `SAMPLE` of them at most, and one for every single one.
    Answers what was not seen in time: by topic, which brokers lack it.
    """
    brokers = sorted(session.cluster.brokers)
    if not expected or not brokers:
        return {}
    until = time.monotonic() + LIMIT_S
    sample = _sample(expected)
    given_up = Event()
    with ThreadPoolExecutor(max_workers=min(len(brokers), 8), thread_name_prefix="visible") as pool:
        look = pool.map(lambda broker: _on_broker(session, broker, sample, until, given_up), brokers)
        try:
            unseen = dict(zip(brokers, look, strict=True))
        finally:
            given_up.set()  # Ctrl-C must not wait for brokers that lag
    lacking: dict[str, list[int]] = {}
    for broker, names in unseen.items():
        for name in names:
            lacking.setdefault(name, []).append(broker)
    late = {name: _where(name, expected[name], lacked_by) for name, lacked_by in lacking.items()}
    return late if len(sample) == len(expected) else {**_anywhere(session, expected, until), **late}


def _sample(expected: Mapping[str, T]) -> Mapping[str, T]:
    if not expected:
        return {}
    names = list(expected)
    step = max(1, -(-len(names) // SAMPLE))
    return {name: expected[name] for name in (*names[::step], names[-1])}


def _on_broker(
    session: Session, broker: int, expected: Mapping[str, int], until: float, given_up: Event
) -> Sequence[str]:
    """The topics that one broker did not show as expected in time. While it lags, it is asked for one only."""
    left, pause = list(expected), _FIRST_PAUSE_S
    asked = left[-1:]
    while True:
        shown = session.kafka.topics_on(broker, asked)
        if shown is None and not is_there(session, broker):
            return ()
        asked = [name for name in asked if shown is None or shown.get(name, 0) != expected[name]]
        if not asked and left:
            asked, left = left, []
            continue
        if not asked or time.monotonic() > until or given_up.wait(pause):
            return asked
        pause = min(2 * pause, _LONGEST_PAUSE_S)


def _anywhere(session: Session, expected: Mapping[str, int], until: float) -> Mapping[str, str]:
    """The topics that the cluster's metadata, asked for as a whole, does not show as expected in time."""
    left, pause = dict(expected), _FIRST_PAUSE_S
    while True:
        topics = session.kafka.cluster().topics
        left = {name: count for name, count in left.items() if _led(topics.get(name)) != count}
        if not left or time.monotonic() > until:
            return dict.fromkeys(left, f"the cluster's metadata does not show it as made after {LIMIT_S:.0f} s")
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_S)


def _led(placement: TopicPlacement | None) -> int:
    return sum(part.leader is not None for part in placement.partitions) if placement else 0


def _where(name: str, partitions: int, brokers: Sequence[int]) -> str:
    listed = ", ".join(str(broker) for broker in brokers)
    what = "still shows it" if partitions == 0 else f"does not show its {partitions} partitions with leaders"
    return f"broker {listed} {what} after {LIMIT_S:.0f} s"


def await_configs(session: Session, expected: Mapping[str, Mapping[str, str | None]]) -> Mapping[str, Sequence[str]]:
    """Wait until each topic's configs read back as set, None for no override.

    Answers what still differs after `LIMIT_S`: by topic, the keys.
    """
    left, pause, until = dict(expected), _FIRST_PAUSE_S, time.monotonic() + LIMIT_S
    while left:
        answers = session.kafka.configs(ConfigScope.TOPIC, list(left))
        differing = {name: _differing(wanted, answers[name]) for name, wanted in left.items()}
        left = {name: left[name] for name, keys in differing.items() if keys}
        if not left or time.monotonic() > until:
            return {name: differing[name] for name in left}
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_S)
    return {}


def _differing(wanted: Mapping[str, str | None], answer: Configs | Refusal) -> Sequence[str]:
    if isinstance(answer, Refusal):
        return sorted(wanted)
    return [
        key
        for key, value in sorted(wanted.items())
        if (key in answer.overrides if value is None else not same(key, value, answer.effective(key)))
    ]


def await_configs_everywhere(
    session: Session, expected: Mapping[str, Mapping[str, str | None]]
) -> Mapping[str, Sequence[str]]:
    """Wait until each topic's configs read back as set, and every broker shows so much of a `SAMPLE` of them.

    The controller writes a request's configs in one atomic batch, as it does topics. Answers as `await_configs`.
    """
    differing = await_configs(session, expected)
    sample = {name: expected[name] for name in _sample(expected) if name not in differing}
    return {**await_everywhere(session, ConfigScope.TOPIC, sample, same, LIMIT_S), **differing}
