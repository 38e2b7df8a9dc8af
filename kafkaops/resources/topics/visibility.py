"""Waiting until what was done is seen. Right after creating 200 topics, metadata named none of them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from kafkaops.clients.kafka import Configs, ConfigScope, Refusal
from kafkaops.resources.kind import Session
from kafkaops.resources.topics.configs import same

LIMIT_S = 60.0
"""How long a change may take to be seen everywhere."""
_FIRST_PAUSE_S = 0.02
_LONGEST_PAUSE_S = 0.5


def await_partitions(session: Session, expected: Mapping[str, int]) -> Mapping[str, str]:
    """Wait until every broker shows each topic with so many partitions led, 0 for gone.

    Answers what was not seen in time: by topic, which brokers lack it.
    """
    brokers = sorted(session.cluster.brokers)
    if not expected or not brokers:
        return {}
    with ThreadPoolExecutor(max_workers=min(len(brokers), 8), thread_name_prefix="visible") as pool:
        unseen = dict(
            zip(brokers, pool.map(lambda broker: _on_broker(session, broker, expected), brokers), strict=True)
        )
    lacking: dict[str, list[int]] = {}
    for broker, names in unseen.items():
        for name in names:
            lacking.setdefault(name, []).append(broker)
    return {name: _where(name, expected[name], lacked_by) for name, lacked_by in lacking.items()}


def _on_broker(session: Session, broker: int, expected: Mapping[str, int]) -> Sequence[str]:
    """The topics that one broker did not show as expected in time."""
    left, pause, until = list(expected), _FIRST_PAUSE_S, time.monotonic() + LIMIT_S
    while True:
        shown = session.kafka.topics_on(broker, left)
        left = [name for name in left if shown.get(name, 0) != expected[name]]
        if not left or time.monotonic() > until:
            return left
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_S)


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
