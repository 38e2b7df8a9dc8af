"""Signals come between any two steps of what they interrupt."""

from __future__ import annotations

import signal
import threading

import pytest

from kafkaops.cli.interrupts import stopping_on_interrupt
from kafkaops.resources.stopping import StopSignal


def test_a_signal_while_the_lock_is_confirmed_asks_no_second_time() -> None:
    """Two heartbeats of one member, one inside the other, wait for each other for ever."""
    asked = 0

    def still_held() -> bool:
        nonlocal asked
        asked += 1
        if asked == 1:
            signal.raise_signal(signal.SIGTERM)
        return True

    stop = StopSignal(still_held)
    with stopping_on_interrupt(stop):
        assert stop.is_set()
    assert asked == 1


def test_the_second_signal_stops_at_once() -> None:
    stop = StopSignal()
    with stopping_on_interrupt(stop):
        signal.raise_signal(signal.SIGINT)
        assert stop.asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_a_wait_ends_when_asked() -> None:
    stop = StopSignal()
    asking = threading.Timer(0.2, stop.set)
    asking.start()
    assert stop.wait(30)
    asking.join()


def test_a_wait_that_nobody_ends_is_over_in_time() -> None:
    assert not StopSignal().wait(0.01)


def test_a_lost_lock_stops() -> None:
    stop = StopSignal(lambda: False)
    assert not stop.asked
    assert stop.is_set()
    assert stop.asked
