"""A quota is waited out: throttled is not failed.

librdkafka creates topics with version 4 of the request, which Kafka serves beyond the quota and then mutes the
connection for as long as the quota asks (KIP-599). A request sent meanwhile would run into its time limit.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from confluent_kafka import ThrottleEvent

from kafkaops.errors import PlatformError

LONGEST_S = 600.0
"""How long a quota may ask to wait."""
_WORTH_SAYING_S = 1.0
_SLICE_S = 0.2


class Throttle:
    """Until when the brokers let no request of this principal through."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._lock = threading.Lock()
        self._until = 0.0

    def on_throttle(self, event: ThrottleEvent) -> None:
        """librdkafka's `throttle_cb`. The event's time is in seconds."""
        with self._lock:
            self._until = max(self._until, time.monotonic() + event.throttle_time)

    def wait(self) -> None:
        """Return when requests are let through again. KO410 when that is too far away."""
        left = self._left()
        if left > LONGEST_S:
            raise PlatformError.of(
                "KO410",
                f"Kafka's quota asks this principal to wait {left:,.0f} s, longer than kafkaops does",
                hint="apply again later, or raise the principal's controller_mutation_rate",
            )
        if left > _WORTH_SAYING_S:
            self._say(f"Kafka's quota throttles this principal: going on in {left:.0f} s")
        while (left := self._left()) > 0:
            time.sleep(min(left, _SLICE_S))

    def _left(self) -> float:
        with self._lock:
            return self._until - time.monotonic()
