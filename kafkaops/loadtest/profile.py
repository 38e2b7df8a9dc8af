"""From a profile in the spec and the command's options to a run in which everything is decided."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from kafkaops.clients.kafka import NewTopic
from kafkaops.errors import RefusedError, UsageError
from kafkaops.loadtest.client import (
    TRANSACTIONAL_CONSUMER,
    TRANSACTIONAL_PRODUCER,
    consumer_defaults,
    producer_defaults,
    refused_properties,
    with_user_properties,
)
from kafkaops.loadtest.disk import bytes_text, records_and_bytes, shortages
from kafkaops.loadtest.load import DRAIN_NS, Load, Run, Target, Timing
from kafkaops.loadtest.partitioner import Keys
from kafkaops.loadtest.payload import Payload
from kafkaops.loadtest.schedule import Schedule, Segment, steps
from kafkaops.loadtest.sources import payload_of
from kafkaops.loadtest.stamp import SIZE
from kafkaops.loadtest.twin import existing_target, new_identity, plan_twin
from kafkaops.loadtest.usage import usable_cores
from kafkaops.resources.kind import Session
from kafkaops.spec.loadtests import Arrivals, LoadTest, LoadTestLoad, LoadTestObjectives, ProducerEngine
from kafkaops.spec.rates import rate_text
from kafkaops.spec.suggest import did_you_mean
from kafkaops.spec.wording import sentence

_MS = 1_000_000
_PER_PRODUCER = 150_000_000
"""Records per 1,000 s that one process is trusted with unless the number of processes is given."""
_MOST_PRODUCERS = 64
IN_FLIGHT = 100_000
_OVERHEAD = 70
"""Bytes that a batch of one record adds to key and value, at most."""
_LOAD_KEYS = frozenset(LoadTestLoad.model_fields)
_SHAPES: Mapping[str, object] = {"rate": None, "ramp": None, "steps": (), "max_rate": None, "drain": None}
"""The ways to say how much, each not said."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asked for, beside the profile: texts as a spec would have them."""

    profile: str | None = None
    values: Mapping[str, object] = field(default_factory=dict)
    """By the names of `LoadTest`'s keys."""
    objectives: Mapping[str, object] = field(default_factory=dict)
    into_topic: str | None = None
    every_ack: bool = True
    every_record: bool = False
    hosts: int = 1
    """Of the fleet: each gets a producer and a consumer unless their numbers are given."""
    calibrate: bool = True
    root: Path = field(default_factory=Path)
    """Where names of sample files start."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A run, and the topics to make for it."""

    run: Run
    twins: tuple[NewTopic, ...]
    estimated_bytes: int | None
    """On the brokers' disks, replicas included and before compression; None in a closed loop."""
    records: int | None


def prepare(session: Session, asked: Asked) -> Prepared:
    """Decide everything. Reads from cluster and registry, changes nothing.

    Raises `UsageError`, `RefusedError` and `PlatformError` (KO001 to KO008).
    """
    test, by_topic = decide(session.loaded.spec.loadtests, asked.profile, asked.values, asked.objectives)
    if asked.into_topic is not None and list(by_topic) != [asked.into_topic]:
        raise UsageError.of(
            "KO008",
            f"--into-topic names {asked.into_topic}, the load is for {', '.join(by_topic)}",
            hint="--into-topic repeats the one topic's name, as a confirmation",
        )
    timing = _timing(test, by_topic)
    number, identity = new_identity(int(time.time()))
    twins: list[NewTopic] = []
    targets: list[Target] = []
    for topic in by_topic:
        if asked.into_topic is not None:
            targets.append(existing_target(session, topic))
        else:
            target, twin = plan_twin(session, topic, identity)
            targets.append(target)
            twins.append(twin)
    loads, payloads = [], []
    for (topic, wanted), target in zip(by_topic.items(), targets, strict=True):
        payload = payload_of(session, topic, wanted, test.seed, asked.root)
        _check_size(topic, payload, target)
        loads.append(_load(topic, wanted, target, timing, asked))
        payloads.append(payload)
    run = _run(test, asked, timing, (number, identity), loads, payloads, targets)
    _check_disks(session, run)
    records, size = records_and_bytes(run)
    return Prepared(run, tuple(twins), size, records)


def _check_disks(session: Session, run: Run) -> None:
    """Raises `RefusedError` (KO019) where a broker's disk would fill up."""
    brokers = session.cluster.brokers
    short = shortages(run, brokers, session.kafka.disk_space(sorted(brokers)))
    if short:
        first = short[0]
        who = "broker " if len(first.brokers) == 1 else "brokers "
        raise RefusedError.of(
            "KO019",
            f"about {bytes_text(first.needed)} would be written to {who}{', '.join(map(str, first.brokers))}, "
            f"where {bytes_text(first.usable)} are free",
            hint="choose a lower rate, a shorter duration or smaller records; the estimate is without compression",
        )


def _timing(test: LoadTest, by_topic: Mapping[str, LoadTestLoad]) -> Timing:
    """A backlog has neither warm-up nor end of its own: the duration bounds its building and its reading."""
    drains = [load.drain is not None for load in by_topic.values()]
    if not any(drains):
        return Timing(test.warmup * _MS, test.duration * _MS)
    if not all(drains):
        raise UsageError.of("KO002", "a backlog is drained by itself", hint="give every topic of the profile a drain")
    if any(load.consumers == 0 for load in by_topic.values()):
        raise UsageError.of("KO002", "a backlog needs someone who reads it", hint="--consumers 1")
    return Timing(0, test.duration * _MS, max(test.duration * _MS, DRAIN_NS))


def _run(
    test: LoadTest,
    asked: Asked,
    timing: Timing,
    identity: tuple[int, str],
    loads: Sequence[Load],
    payloads: Sequence[Payload],
    targets: Sequence[Target],
) -> Run:
    return Run(
        run=identity[0],
        identity=identity[1],
        profile=asked.profile,
        timing=timing,
        loads=tuple(loads),
        payloads=tuple(payloads),
        targets=tuple(targets),
        objectives=test.slo,
        abort_on_fail=test.abort_on_fail,
        seed=test.seed,
        calibrate=asked.calibrate,
    )


def decide(
    profiles: Mapping[str, LoadTest],
    profile: str | None,
    values: Mapping[str, object],
    objectives: Mapping[str, object],
) -> tuple[LoadTest, dict[str, LoadTestLoad]]:
    """The test with the options over its profile, and the load of each topic. Raises `UsageError` KO001, KO002."""
    try:
        given = LoadTest.model_validate({**values, "slo": objectives})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(step) for step in first["loc"]) or "the load"
        if first["type"] == "extra_forbidden":
            known = ", ".join(LoadTestObjectives.model_fields)
            raise UsageError.of("KO002", f"{name} is not known", hint=f"objectives are {known}") from None
        summary, _ = sentence(name, [first], None)
        raise UsageError.of("KO002", summary, hint="kafkaops loadtest --help") from None
    test = given if profile is None else _over(_chosen(profiles, profile), given)
    return test, _loads(test)


def _chosen(profiles: Mapping[str, LoadTest], name: str) -> LoadTest:
    if name in profiles:
        return profiles[name]
    listed = f"the spec has {', '.join(profiles)}" if profiles else "the spec has no loadtests section"
    raise UsageError.of(
        "KO001",
        f"unknown load test '{name}'",
        hint=did_you_mean(name, profiles) or f"{listed}; or use --topic and --rate",
    )


def _over(profile: LoadTest, given: LoadTest) -> LoadTest:
    """Options over a profile, for every topic in it. A new shape replaces the old one."""
    changes = {name: getattr(given, name) for name in given.model_fields_set - {"slo", "client"}}
    if changes.keys() & _SHAPES.keys():
        changes = {**_SHAPES, **changes}
    for_loads = {name: value for name, value in changes.items() if name in _LOAD_KEYS}

    def changed(load: LoadTestLoad) -> LoadTestLoad:
        return load.model_copy(update={**for_loads, "client": {**load.client, **given.client}})

    topics = {} if "topic" in changes else {name: changed(load) for name, load in profile.topics.items()}
    objectives = {name: getattr(given.slo, name) for name in given.slo.model_fields_set}
    slo = profile.slo.model_copy(update=objectives)
    client = {**profile.client, **given.client}
    return profile.model_copy(update={**changes, "topics": topics, "client": client, "slo": slo})


def _loads(test: LoadTest) -> dict[str, LoadTestLoad]:
    """The load of each topic, with what it leaves out taken from the profile."""
    common = {name: getattr(test, name) for name in _LOAD_KEYS}
    if not test.topics:
        if test.topic is None:
            raise UsageError.of("KO002", "no topic is named", hint="kafkaops loadtest --topic NAME --rate 5000/s")
        return {test.topic: LoadTestLoad.model_construct(**common)}
    if test.topic is not None:
        raise UsageError.of("KO002", "topic and topics are both given", hint="remove one of them")
    found = {}
    for topic, load in test.topics.items():
        own = {name: getattr(load, name) for name in load.model_fields_set}
        base = common
        if any(own.get(name) for name in _SHAPES):
            base = {**common, **_SHAPES}
        found[topic] = LoadTestLoad.model_construct(**(base | own))
    return found


def _load(topic: str, wanted: LoadTestLoad, target: Target, timing: Timing, asked: Asked) -> Load:
    schedule, shape = _schedule(topic, wanted, timing)
    properties = wanted.client
    if wanted.transactions is not None and (wanted.acks or "all") != "all":
        raise UsageError.of("KO002", "transactions need acks=all", address=f"topic.{topic}", hint="leave out --acks")
    refused = refused_properties(properties)
    if refused:
        raise UsageError.of("KO002", f"a load test sets {', '.join(refused)} itself", address=f"topic.{topic}")
    try:
        keys = Keys.parse(wanted.keys) if wanted.keys is not None else Keys()
    except ValueError as error:
        raise UsageError.of("KO002", f"keys: {error}", address=f"topic.{topic}") from None
    acks, compression = wanted.acks or "all", wanted.compression or "none"
    linger = 5 if wanted.linger is None else wanted.linger
    in_flight = wanted.in_flight or IN_FLIGHT
    peak = 0 if schedule is None else int(schedule.peak_rate * 1000)
    return Load(
        topic=topic,
        schedule=schedule,
        shape=shape,
        arrivals=wanted.arrivals or Arrivals.EVEN,
        keys=keys,
        producers=wanted.producers or _producers(peak, asked.hosts),
        consumers=asked.hosts if wanted.consumers is None else wanted.consumers,
        groups=wanted.groups or 1,
        in_flight=in_flight,
        consume_cost_ns=(wanted.consume_cost or 0) * _MS,
        every_ack=asked.every_ack,
        every_record=asked.every_record,
        transaction_ns=None if wanted.transactions is None else wanted.transactions * _MS,
        drain=wanted.drain,
        engine=wanted.engine or ProducerEngine.PORTABLE,
        producer_config=with_user_properties(
            producer_defaults(acks, compression, linger, in_flight, target.max_message_bytes)
            | (TRANSACTIONAL_PRODUCER if wanted.transactions is not None else {}),
            properties,
            "producer",
        ),
        consumer_config=with_user_properties(
            consumer_defaults(target.max_message_bytes)
            | (TRANSACTIONAL_CONSUMER if wanted.transactions is not None else {}),
            properties,
            "consumer",
        ),
    )


def _producers(peak: int, hosts: int) -> int:
    """As many as the rate takes, one a host at least, but no more than there are cores for: those would not help."""
    needed = -(-peak // _PER_PRODUCER)
    cores = usable_cores() if hosts == 1 else _MOST_PRODUCERS
    return max(min(needed, cores), hosts)


def _schedule(topic: str, wanted: LoadTestLoad, timing: Timing) -> tuple[Schedule | None, str]:
    given = [
        name
        for name, value in (
            ("rate", wanted.rate), ("ramp", wanted.ramp), ("steps", wanted.steps), ("max", wanted.max_rate),
            ("drain", wanted.drain),
        )
        if value
    ]  # fmt: skip
    if len(given) != 1:
        what = f"{' and '.join(given)} are both given" if given else "how much to send is not said"
        raise UsageError.of(
            "KO002",
            what,
            address=f"topic.{topic}",
            hint="one of --rate 5000/s, --shape ramp:… or steps:…, --max, --drain 100000",
        )
    length = timing.duration_ns
    if wanted.rate is not None:
        return Schedule.constant(wanted.rate, length), rate_text(wanted.rate)
    if wanted.ramp is not None:
        first, last = wanted.ramp.from_rate, wanted.ramp.to_rate
        return Schedule((Segment(length, first, last),)), f"ramp {rate_text(first)} → {rate_text(last)}"
    if wanted.steps:
        return steps(wanted.steps, length), "steps " + ", ".join(rate_text(rate) for rate in wanted.steps)
    if wanted.drain is not None:
        return None, f"a backlog of {wanted.drain:,} records, then read"
    return None, "as fast as acks come"


def _check_size(topic: str, payload: Payload, target: Target) -> None:
    largest = payload.largest() + SIZE + _OVERHEAD
    if largest > target.max_message_bytes:
        raise UsageError.of(
            "KO006",
            f"records of up to {largest:,} bytes do not fit max.message.bytes {target.max_message_bytes:,}",
            address=f"topic.{topic}",
            hint="choose a smaller --size",
        )
