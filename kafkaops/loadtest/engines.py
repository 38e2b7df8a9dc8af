"""Which engine a producer uses: the one that is asked for where it can be used, else the portable one."""

from __future__ import annotations

from dataclasses import dataclass

from kafkaops.loadtest.client import Config
from kafkaops.loadtest.direct import DirectEngine
from kafkaops.loadtest.direct_check import why_not
from kafkaops.loadtest.engine import MakesEngine
from kafkaops.loadtest.load import Load
from kafkaops.loadtest.portable import PortableEngine
from kafkaops.spec.loadtests import ProducerEngine


@dataclass(frozen=True, slots=True)
class Choice:
    """An engine, and why it is not the one that was asked for."""

    engine: ProducerEngine
    make: MakesEngine
    fell_back: str | None = None


def choose(load: Load, config: Config) -> Choice:
    """What a load's producer with these settings uses on this machine. It may take half a second."""
    if load.engine is ProducerEngine.PORTABLE:
        return Choice(ProducerEngine.PORTABLE, PortableEngine)
    reason = unfit(load, config) or why_not()
    if reason is not None:
        return Choice(ProducerEngine.PORTABLE, PortableEngine, reason)
    return Choice(ProducerEngine.DIRECT, DirectEngine)


def unfit(load: Load, config: Config) -> str | None:
    """What a load asks for that the direct engine cannot do; None where it can do all of it."""
    if load.transaction_ns is not None:
        return "it has no transactions"
    mechanism = config.get("sasl.mechanism", config.get("sasl.mechanisms"))
    if mechanism == "OAUTHBEARER":
        return "it cannot renew OAUTHBEARER's tokens"
    return None
