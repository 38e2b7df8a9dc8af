"""Waiting until every broker shows what was set. Each learns of it in its own time, and the next plan asks any."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from kafkaops.clients.kafka import ConfigScope, Refusal
from kafkaops.resources.kind import Session

Expected = Mapping[str, Mapping[str, str | None]]
"""By topic or group, its configs as they were set; None for one that was reset."""
Same = Callable[[str, str, str], bool]
"""Whether two values of a key mean the same."""
_FIRST_PAUSE_S = 0.01
_LONGEST_PAUSE_S = 0.2
_CHUNK = 500
"""Topics or groups in one request."""


def await_everywhere(
    session: Session, scope: ConfigScope, expected: Expected, same: Same, limit_s: float
) -> Mapping[str, Sequence[str]]:
    """Wait until every broker holds these configs, and no others of the keys that were reset.

    Answers what some broker did not show within `limit_s`: by name, the keys.
    """
    brokers = sorted(session.cluster.brokers)
    if not expected or not brokers:
        return {}
    until, given_up = time.monotonic() + limit_s, Event()
    with ThreadPoolExecutor(max_workers=min(len(brokers), 8), thread_name_prefix="everywhere") as pool:
        looks = pool.map(lambda broker: _on(session, broker, scope, expected, same, until, given_up), brokers)
        try:
            found = list(looks)
        finally:
            given_up.set()  # Ctrl-C must not wait for brokers that lag
    late: dict[str, set[str]] = {}
    for lacking in found:
        for name, keys in lacking.items():
            late.setdefault(name, set()).update(keys)
    return {name: sorted(keys) for name, keys in late.items()}


def is_there(session: Session, broker: int) -> bool:
    """Whether the cluster still lists a broker, asked when it gives no answer.

    One that was shut out serves nobody: what it shows counts when it is let in again, and then it has caught up.
    """
    return broker in session.kafka.cluster().brokers


def _on(
    session: Session,
    broker: int,
    scope: ConfigScope,
    expected: Expected,
    same: Same,
    until: float,
    given_up: Event,
) -> dict[str, Sequence[str]]:
    """What one broker does not show in time."""
    left, pause = dict(expected), _FIRST_PAUSE_S
    while True:
        asked = {name: left[name] for name in list(left)[:_CHUNK]}
        held = session.kafka.overrides_on(broker, scope, {name: tuple(values) for name, values in asked.items()})
        if held is None and not is_there(session, broker):
            return {}
        late = {name: keys for name, values in asked.items() if (keys := _lacking(values, held, name, same))}
        left = {name: values for name, values in left.items() if name not in asked or name in late}
        if not left:
            return {}
        if not late:
            continue
        if time.monotonic() > until or given_up.wait(pause):
            return late
        pause = min(2 * pause, _LONGEST_PAUSE_S)


def _lacking(
    wanted: Mapping[str, str | None], shown: Mapping[str, Mapping[str, str] | Refusal] | None, name: str, same: Same
) -> Sequence[str]:
    held = None if shown is None else shown[name]
    if held is None or isinstance(held, Refusal):
        return sorted(wanted)
    return [
        key
        for key, value in sorted(wanted.items())
        if (key in held if value is None else key not in held or not same(key, value, held[key]))
    ]
