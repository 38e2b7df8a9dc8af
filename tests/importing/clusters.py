"""Random clusters as they would be read: topics, subjects with references, groups, connectors with secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from kafkaops.clients.connect import ConnectorStatus, PluginType, RunState, SeenConnector, TaskStatus
from kafkaops.clients.kafka import (
    ClusterState,
    Configs,
    GroupMember,
    GroupPhase,
    GroupView,
    PartitionState,
    Reassignment,
    Refusal,
    TopicPartition,
    TopicPlacement,
)
from kafkaops.clients.registry import Reference, SchemaType
from kafkaops.importing.observed import Observed
from kafkaops.resources.groups.model import GroupState
from kafkaops.resources.topics.model import TopicState
from tests.resources.schemas.values import Held, a_field, a_record
from tests.resources.topics.values import configs, placement

SECRET = "hunter2-Zx9"
"""Part of every secret that is generated: it must stand in no file."""
TOPICS = (
    "orders",
    "orders.v2",
    "orders_v2",
    "wave-events",
    "a.b.c",
    "_plain",
    "returns-key",
    "UPPER",
    "9lives",
    "x" * 60,
)
FOREIGN = ("__consumer_offsets", "connect-configs", "app-store-changelog", "_schemas")
TAME_CONFIGS = {
    "cleanup.policy": ["delete", "compact", "compact,delete", "delete, compact"],
    "retention.ms": ["604800000", "-1", "1", "90000", "9223372036854775807", "0604800000"],
    "retention.bytes": ["-1", "1073741824", "1000000", "1048589"],
    "max.message.bytes": ["2097152", "1000012"],
    "segment.bytes": ["1073741824", "10485760"],
    "min.cleanable.dirty.ratio": ["0.5", "0.50", "1", "0"],
    "unclean.leader.election.enable": ["true", "FALSE"],
    "compression.type": ["zstd", "producer"],
    "compression.zstd.level": ["-5", "22"],
    "message.timestamp.type": ["LogAppendTime"],
    "leader.replication.throttled.replicas": ["*", "0:1,1:2"],
    "flush.messages": ["9223372036854775807"],
    "vendor.tier": ["hot", "1e3", "0o17", "yes", "null", " spaced", "~"],
}
WILD_CONFIGS = {
    "min.insync.replicas": ["1", "2", "5"],
    "segment.bytes": ["14"],
    "retention.mss": ["5"],
    "message.format.version": ["3.0-IV1"],
    "min.compaction.lag.ms": ["5000"],
    "max.compaction.lag.ms": ["1000"],
    "local.retention.ms": ["9000", "-2"],
}
LEVELS = st.sampled_from([None, "BACKWARD", "FULL_TRANSITIVE", "NONE"])


def _overrides(values: Mapping[str, list[str]]) -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries({}, optional={key: st.sampled_from(options) for key, options in values.items()})


@dataclass(frozen=True)
class Wildness:
    """How far a cluster goes beyond what a spec can say."""

    wild: bool

    @property
    def configs(self) -> Mapping[str, list[str]]:
        return {**TAME_CONFIGS, **WILD_CONFIGS} if self.wild else TAME_CONFIGS


@st.composite
def clusters(draw: st.DrawFn, *, wild: bool) -> Observed:
    """One look at a cluster. A tame one holds nothing that a spec cannot say."""
    ways = Wildness(wild)
    names = draw(st.lists(st.sampled_from(TOPICS), unique=True, max_size=6))
    if not wild and "orders_v2" in names and "orders.v2" in names:
        names.remove("orders_v2")
    factor = draw(st.integers(1, 3))
    sizes = {name: (draw(st.integers(1, 4)), draw(st.sampled_from([factor, factor, 2]))) for name in names}
    others = draw(st.lists(st.sampled_from(FOREIGN), unique=True, max_size=2))
    placements = {name: placement(name, *sizes[name]) for name in names} | {
        name: placement(name, 1, 1) for name in others
    }
    states = {name: TopicState(placements[name], configs(draw(_overrides(ways.configs)))) for name in names}
    if wild and names and draw(st.booleans()):
        _half_moved(draw, names[-1], placements, states)
    unreadable = {}
    if wild and names and draw(st.booleans()):
        unreadable[names[0]] = Refusal("TOPIC_AUTHORIZATION_FAILED", "no")
        del states[names[0]]
    held = draw(registries(names, wild))
    connectors = draw(connectors_of(names, wild))
    return Observed(
        cluster=ClusterState("cluster-1", {1: "b:9092", 2: "c:9092", 3: "d:9092"}, placements),
        topics=states,
        unreadable=unreadable,
        unseen={"hidden": Refusal("TOPIC_AUTHORIZATION_FAILED", "no"), "gone": Refusal("UNKNOWN_TOPIC_OR_PART", "")},
        registry=held.state(),
        groups=draw(groups_of(placements, wild)),
        connectors=connectors,
        key_types={"example.Sink": {"opaque": "PASSWORD"}},
    )


def _half_moved(
    draw: st.DrawFn, name: str, placements: dict[str, TopicPlacement], states: dict[str, TopicState]
) -> None:
    """Give one partition more replicas than the others, as while they are being moved, or after half a move."""
    part = PartitionState(1, (1, 2, 3, 4), (1, 2))
    placed = replace(placements[name], partitions=(part, *placements[name].partitions[1:]))
    moving = {0: Reassignment((1, 2, 3, 4), (4,), (2, 3, 4))} if draw(st.booleans()) else {}
    placements[name] = placed
    states[name] = replace(states[name], placement=placed, moving=moving)


@st.composite
def registries(draw: st.DrawFn, topics: list[str], wild: bool) -> Held:
    """A registry with shared types in several versions, JSON Schema and Protobuf, topics' subjects and others'."""
    held = Held(global_level=draw(st.sampled_from(["BACKWARD", "NONE"])))
    shapes = draw(st.integers(0, 3)) if wild else draw(st.integers(0, 1))
    for count in range(1, shapes + 1):
        fields = [a_field(f"f{number}", default="") for number in range(count)]
        held.register("x.Shared", a_record("Shared", *fields, namespace="x"))
    shared = held.versions.get("x.Shared", [])
    for index, topic in enumerate(topics):
        for side in draw(st.lists(st.sampled_from(["key", "value"]), unique=True)):
            _subject(draw, held, f"{topic}-{side}", f"R{index}{side}", wild, [item.version for item in shared])
    for subject in draw(
        st.lists(st.sampled_from(["y.Alone", "a/b", "Odd Name", "y.alone", "orders-y.Rec"]), unique=True)
    ):
        _subject(draw, held, subject, f"S{abs(hash(subject)) % 1000}", wild, [])
    if wild and draw(st.booleans()):
        held.register("copy-value", a_record("Shared", a_field("z"), namespace="x"))
        held.register("broken-value", '{"type": "recor", "name": "B"}')
    for subject in list(held.versions):
        level = draw(LEVELS)
        if level:
            held.levels[subject] = level
    return held


def _subject(draw: st.DrawFn, held: Held, subject: str, record: str, wild: bool, shared: list[int]) -> None:
    language = draw(st.sampled_from(["avro", "avro", "json", "proto", "refers"]))
    for number in range(draw(st.integers(1, 2))):
        fields = [a_field(f"g{index}", "double", default=0.5) for index in range(number)]
        match language:
            case "json":
                held.register(subject, json.dumps({"title": record, "x": number, "é": 1.0}), kind=SchemaType.JSON)
            case "proto":
                text = f'syntax = "proto3";\npackage y;\nmessage {record} {{ int32 a{number} = 1; }}\n'
                held.register(subject, text, kind=SchemaType.PROTOBUF)
            case "refers" if shared:
                version = draw(st.sampled_from(shared)) if wild else shared[-1]
                body = a_record(record, a_field("s", "x.Shared"), *fields, namespace="y")
                held.register(subject, body, (Reference("x.Shared", "x.Shared", version),))
            case _:
                held.register(subject, a_record(record, a_field("a"), *fields, namespace="y", doc="a: 1\n é"))


@st.composite
def groups_of(draw: st.DrawFn, topics: Mapping[str, TopicPlacement], wild: bool) -> dict[str, GroupState]:
    """Groups that read visible topics, hidden ones, or none."""
    found = {}
    for name in draw(st.lists(st.sampled_from(["g", "on", "1", "a: b", "é", "connect", "share"]), unique=True)):
        read = draw(st.lists(st.sampled_from(sorted(topics) or ["hidden"]), unique=True, max_size=3))
        if wild and draw(st.booleans()):
            read.append("hidden")
        live = draw(st.booleans())
        protocol = draw(st.sampled_from(["classic", "consumer"]))
        members = (GroupMember("c", "h", tuple(TopicPartition(topic, 0) for topic in read)),) if live else ()
        phase = GroupPhase.STABLE if live else GroupPhase.EMPTY
        purpose = "connect" if name == "connect" else "consumer"
        if name == "share":
            view = GroupView(name, GroupPhase.FOREIGN)
        else:
            view = GroupView(name, phase, protocol, members, purpose=purpose)
        own = {"consumer.session.timeout.ms": "50000"} if draw(st.booleans()) else {}
        if wild and draw(st.booleans()):
            own["consumer.sesion.timeout.ms"] = "1"
        committed = {} if live else {TopicPartition(topic, 0): 3 for topic in read if topic in topics}
        inherited = {"consumer.heartbeat.interval.ms": "5000"}
        found[name] = GroupState(view, committed, Configs(own, inherited))
    return found


_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=30)
_VALUES = st.one_of(
    _TEXT,
    st.sampled_from(
        ["1", "01", "true", "True", "1.10", "-0", "1e3", "null", "~", "", " ", "a\nb\n", "no", "#x", "=", "<<"]
    ),
    st.sampled_from(
        ["${file:/run/s:password}", "$${env:X}", "${env:HOME}", "${dev:x}y", "${vault:a}", "$simple{body}"]
    ),
)


@st.composite
def connectors_of(draw: st.DrawFn, topics: list[str], wild: bool) -> dict[str, SeenConnector]:
    """Connectors with settings of any text, and secrets in every place that is known."""
    names = ["sink", "Sink", "on", "s.k", "s-k", "ünï"] + (["a/b", "%"] if wild else [])
    found = {}
    for name in draw(st.lists(st.sampled_from(names), unique=True, max_size=4)):
        config: dict[str, str | None] = {"name": name, "connector.class": "example.Sink"}
        readable = [*topics, "gone", *(["hidden"] if wild else [])]
        config["topics"] = ",".join(draw(st.lists(st.sampled_from(readable), unique=True, min_size=1, max_size=2)))
        if draw(st.booleans()):
            config["tasks.max"] = draw(st.sampled_from(["1", "4", " 2"] + (["many", "0"] if wild else [])))
        if draw(st.booleans()):
            config["errors.deadletterqueue.topic.name"] = draw(st.sampled_from(["", "dead"]))
        for key in draw(st.lists(st.sampled_from(["free.a", "free.b", "free.c"]), unique=True)):
            config[key] = draw(_VALUES)
        config.update(draw(_secrets()))
        if wild and draw(st.booleans()):
            config["free.null"] = None
        state = draw(st.sampled_from([RunState.RUNNING, RunState.PAUSED, RunState.STOPPED, RunState.FAILED]))
        task = TaskStatus(0, draw(st.sampled_from([RunState.RUNNING, RunState.FAILED])))
        tasks = (task,) if state is RunState.RUNNING else ()
        status = ConnectorStatus(state, tasks=tasks)
        found[name] = SeenConnector(name, PluginType.SINK, config, status, tuple(item.id for item in tasks))
    return found


def _secrets() -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries(
        {},
        optional={
            "connection.password": st.sampled_from([f"{SECRET}p", f"{SECRET}\nline", f"${{env:X}}{SECRET}"]),
            "opaque": st.just(f"{SECRET}o"),
            "connection.uri": st.just(f"mongodb://user:{SECRET}u@host/db?authSource=admin"),
            "camel.sink.url": st.sampled_from(
                [
                    f"aws2-s3://b?accessKey=RAW({SECRET}&+1)&secretKey={SECRET}k&region=x&keyName=${{date:now:yyyy}}",
                    f"jdbc:x://h;user=u;password={SECRET}j",
                ]
            ),
            "sasl.jaas.config": st.just(f'org.x.Plain required username="u" password="{SECRET}a";'),
            "basic.auth.user.info": st.just(f"user:{SECRET}b"),
        },
    )
