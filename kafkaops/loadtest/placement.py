"""Who reads what where a load is spread over several hosts. Pure.

Two hosts have two clocks. Where the partitions can be dealt out to the hosts, a host's consumers read what its own
producers write, and a latency is the difference of two readings of one clock. That takes a producer and a consumer
on every host, as many partitions as hosts, and keys that do not say where a record must go.
"""

from __future__ import annotations

from kafkaops.loadtest.load import Load
from kafkaops.loadtest.partitioner import KeyMode


def is_pinned(load: Load, partitions: int, hosts: int) -> bool:
    """Whether every record is read on the host that wrote it."""
    free = load.keys.mode in (KeyMode.ROUND_ROBIN, KeyMode.STICKY)
    return hosts > 1 and free and min(load.producers, load.consumers, partitions) >= hosts


def host_of(share: int, hosts: int) -> int:
    """The host of a load's producer or consumer, by its number."""
    return share % hosts


def producer_partitions(share: int, partitions: int, hosts: int) -> tuple[int, ...]:
    """Where a pinned producer writes: all partitions of its host."""
    return tuple(range(host_of(share, hosts), partitions, hosts))


def consumer_partitions(share: int, consumers: int, partitions: int, hosts: int) -> tuple[int, ...]:
    """What a pinned consumer reads: its part of its host's partitions, so that every one is read once in a group."""
    host = host_of(share, hosts)
    mates = range(host, consumers, hosts)
    return tuple(range(host, partitions, hosts))[mates.index(share) :: len(mates)]
