"""Whatever is declared and whatever is there, over all kinds together: one plan is enough and loses no data unasked.

A world is what a cluster, a registry and a Connect hold, as plain values. Plans change it as servers would that do as
they are told. `KAFKAOPS_EXAMPLES` sets how many pairs of spec and world are tried (`make bench` tries 10,000).
"""

from __future__ import annotations

import copy
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kafkaops.address import Address, Guard
from kafkaops.clients.connect import ConnectorStatus, PluginType, RunState, SeenConnector, TaskStatus
from kafkaops.clients.kafka import ClusterState, GroupPhase, KafkaAdmin, TopicPartition
from kafkaops.plan.model import Change, ChangeType
from kafkaops.plan.order import ordered
from kafkaops.resources.connectors.configuration import flat_config
from kafkaops.resources.connectors.kind import ConnectorKind
from kafkaops.resources.groups.kind import GroupKind
from kafkaops.resources.groups.model import DeleteGroup, GroupsSnapshot, GroupState
from kafkaops.resources.kind import Session
from kafkaops.resources.schemas.desired import desired
from kafkaops.resources.schemas.kind import SchemaKind
from kafkaops.resources.topics.kind import TopicKind
from kafkaops.resources.topics.model import TopicsSnapshot, TopicState
from kafkaops.spec.loaded import LoadedSpec
from tests.resources.connectors.values import FILE_SINK
from tests.resources.connectors.values import snapshot as connectors_seen
from tests.resources.groups import values as groups
from tests.resources.schemas.test_convergence import registries, restores_what_is_referred_to, shaped
from tests.resources.schemas.values import Held, loaded
from tests.resources.topics import values as topics

EXAMPLES = int(os.environ.get("KAFKAOPS_EXAMPLES", "100"))
checked = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
KINDS = ("topic", "schema", "group", "connector")
TOPICS = ("one", "two", "three")
DANGERS = ("KO220", "KO222", "KO223", "KO604", "KO534")
"""Deletion of a topic, messages that expire earlier or are compacted away, deletion of a group, of a connector."""
ANY_ADDRESS = ["topic.one", "topic.three", "group.g", "connector.c", "schema.one-value", "schema.x.Shared"]
ALL_GUARDS = [guard.value for guard in Guard]
VALUES = {
    "cleanup.policy": ["delete", "compact", "compact,delete"],
    "retention.ms": ["604800000", "-1", "1000"],
    "retention.bytes": ["-1", "1000", "2000"],
    "compression.type": ["producer", "zstd"],
}
CONFIG = st.fixed_dictionaries({}, optional={key: st.sampled_from(values) for key, values in VALUES.items()})


@dataclass
class World:
    """What is there."""

    topics: dict[str, TopicState]
    registry: Held
    groups: dict[str, GroupState]
    connectors: dict[str, SeenConnector] = field(default_factory=dict)

    @property
    def cluster(self) -> ClusterState:
        return topics.cluster(self.topics.values())

    @property
    def addresses(self) -> list[str]:
        """All that is there and a spec may remove, and some that is not."""
        kinds: dict[str, Iterable[str]] = {
            "topic": self.topics,
            "group": self.groups,
            "connector": self.connectors,
        }
        return ANY_ADDRESS + [f"{kind}.{name}" for kind, names in kinds.items() for name in names]

    def session(self, spec: LoadedSpec) -> Session:
        return Session(loaded=spec, kafka=cast(KafkaAdmin, None), cluster=self.cluster)

    def changes(self, spec: LoadedSpec) -> tuple[Change, ...]:
        """What the four kinds would do, in order."""
        session = self.session(spec)
        named = {*spec.spec.topics, *spec.removals("topic")}
        asked = {*spec.spec.consumer_groups, *spec.removals("group")}
        seen_groups = {name: self.groups.get(name, groups.state()) for name in asked}
        found = [
            TopicKind().diff(session, TopicsSnapshot({n: s for n, s in self.topics.items() if n in named})),
            SchemaKind().diff(session, self.registry.seen_for(desired(spec))),
            GroupKind().diff(session, GroupsSnapshot(seen_groups)),
            ConnectorKind().diff(session, connectors_seen(session, *self.connectors.values())),
        ]
        return ordered((change for difference in found for change in difference.changes), KINDS)

    def do(self, change: Change, spec: LoadedSpec) -> None:
        """The effect of one change."""
        name = change.address.name
        match change.address.kind:
            case "topic":
                self._do_topic(name, change)
            case "schema":
                for operation in change.operations:
                    self.registry.do_one(operation)
            case "group":
                if any(isinstance(step, DeleteGroup) for step in change.operations):
                    self.groups.pop(name)
                else:
                    self.groups[name] = groups.effect(change.operations, self.groups.get(name, groups.state()))
            case _:
                self._do_connector(name, change, spec)

    def _do_topic(self, name: str, change: Change) -> None:
        after = topics.effect(change.operations, self.topics.get(name))
        if after is not None:
            self.topics[name] = after
            return
        self.topics.pop(name)
        for state in self.groups.values():  # Kafka drops the offsets on it
            kept = {part: offset for part, offset in state.committed.items() if part.topic != name}
            cast(dict[TopicPartition, int], state.committed).clear()
            cast(dict[TopicPartition, int], state.committed).update(kept)

    def _do_connector(self, name: str, change: Change, spec: LoadedSpec) -> None:
        if change.type is ChangeType.DELETE:
            self.connectors.pop(name)
            return
        declared = spec.spec.connectors[name]
        self.connectors[name] = a_connector(name, flat_config(declared), RunState(declared.state.value.upper()))

    def losses(self, after: World) -> set[str]:
        """What was kept before and is not any more, by address: told without a look at any plan."""
        lost = {f"topic.{name}" for name, state in self.topics.items() if _keeps_less(state, after.topics.get(name))}
        lost |= {f"connector.{name}" for name in self.connectors.keys() - after.connectors.keys()}
        lost |= {f"group.{name}" for name in self.groups.keys() - after.groups.keys()}
        for subject, versions in self.registry.versions.items():
            kept = {item.content for item in after.registry.versions.get(subject, [])}
            if any(item.content not in kept for item in versions):
                lost.add(f"schema.{subject}")
        return lost


def _keeps_less(before: TopicState, after: TopicState | None) -> bool:
    """Whether messages go that would have stayed."""
    if after is None or after.partitions < before.partitions:
        return True
    policies = [_policies(state) for state in (before, after)]
    limits = [_limits(state) for state in (before, after)]
    return not policies[1] <= policies[0] or any(limits[1][key] < limits[0][key] for key in limits[0])


def _policies(state: TopicState) -> set[str]:
    return set((state.configs.effective("cleanup.policy") or "").split(","))


def _limits(state: TopicState) -> dict[str, float]:
    """How long and how much is kept. A topic that is compacted only keeps all that it has, whatever its limits say."""
    if _policies(state) == {"compact"}:
        return {"retention.ms": float("inf"), "retention.bytes": float("inf")}
    values = {key: int(state.configs.effective(key) or "-1") for key in ("retention.ms", "retention.bytes")}
    return {key: float("inf") if value == -1 else value for key, value in values.items()}


def a_connector(name: str, flat: Mapping[str, str | None], state: RunState) -> SeenConnector:
    tasks = () if state is RunState.STOPPED else (TaskStatus(0, state),)
    status = ConnectorStatus(state, tasks=tasks)
    return SeenConnector(name, PluginType.SINK, {**flat, "name": name}, status, tuple(task.id for task in tasks))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Some topics, a registry with a history, groups at rest and at work, connectors in any state."""
    there = {}
    for name in sorted(draw(st.sets(st.sampled_from(TOPICS), min_size=draw(st.sampled_from([0, 2, 3]))))):
        config = topics.configs(draw(CONFIG))
        there[name] = TopicState(topics.placement(name, draw(st.integers(1, 4))), config, topics.INHERITED)
    seen = {}
    for name in sorted(draw(st.sets(st.sampled_from(["g", "h"])))):
        parts = [TopicPartition(topic, index) for topic, state in there.items() for index in range(state.partitions)]
        committed = dict.fromkeys(draw(st.sets(st.sampled_from(parts))) if parts else (), 3)
        phase = draw(st.sampled_from([GroupPhase.EMPTY, GroupPhase.STABLE]))
        seen[name] = groups.state(phase, committed, configs={})
    world = World(there, draw(registries()), seen)
    for name in sorted(draw(st.sets(st.sampled_from(["c", "d"])))):
        flat = {"connector.class": FILE_SINK, "tasks.max": "1", "topics": "one", "file": draw(st.sampled_from("xy"))}
        state = draw(st.sampled_from([RunState.RUNNING, RunState.PAUSED, RunState.STOPPED, RunState.FAILED]))
        world.connectors[name] = a_connector(name, flat, state)
    return world


@st.composite
def shapes(draw: st.DrawFn, have: TopicState | None) -> dict[str, Any]:
    """Partitions and configs to declare. Beside a topic that is there, no more than one thing of it differs.

    Of two dangers of one topic, one guard is enough to hold back both: what differs in much, proves little.
    """
    if have is None:
        return {"partitions": draw(st.integers(1, 4)), "config": draw(CONFIG)}
    partitions, config = have.partitions, {key: have.configs.overrides.get(key) for key in VALUES}
    key = draw(
        st.sampled_from(["partitions", *VALUES, "retention.ms", "retention.bytes", "cleanup.policy", "cleanup.policy"])
    )
    if key == "partitions":
        partitions = draw(st.integers(1, 4))
    else:
        config[key] = draw(st.sampled_from([None, *VALUES[key]]))
    return {"partitions": partitions, "config": {key: value for key, value in config.items() if value is not None}}


@st.composite
def specs(draw: st.DrawFn, *, lifted: bool, near: World | None = None) -> LoadedSpec:
    """A declaration of any of these, or their removal; all guards lifted, or none. `near` to what is there, or not."""
    allow = ALL_GUARDS if lifted else []
    files: dict[str, object] = {}
    declared: dict[str, Any] = {}
    there = near.topics if near else {}
    gone = draw(st.sets(st.sampled_from(near.addresses if near else ANY_ADDRESS)))
    names = draw(st.sets(st.sampled_from(TOPICS))) | {name for name in there if f"topic.{name}" not in gone}
    for name in sorted(names):
        binding = {}
        if name != "three" and draw(st.booleans()):
            files[f"{name}.avsc"] = shaped("R", draw(st.sampled_from([("a",), ("b",), ("a", "b")])))
            binding = {"value": {"schema": f"{name}.avsc", "lifecycle": {"allow": allow}}}
        declared[name] = {
            **draw(shapes(there.get(name))), "replication_factor": 3,
            "config_mode": draw(st.sampled_from(["merge", "exact"])), "lifecycle": {"allow": allow}, **binding,
        }  # fmt: skip
    read = [name for name in TOPICS if name in declared]
    consumers = {
        name: {"topics": read, "start_from": draw(st.sampled_from(["earliest", "latest"]))}
        for name in sorted(draw(st.sets(st.sampled_from(["g", "h"]))))
        if read
    }
    sinks = {
        name: {
            "class": FILE_SINK, "topics": read, "config": {"file": draw(st.sampled_from("xy"))},
            "state": draw(st.sampled_from(["running", "paused", "stopped"])), "lifecycle": {"allow": allow},
        }
        for name in sorted(draw(st.sets(st.sampled_from(["c", "d"]))))
        if read
    }  # fmt: skip
    subjects = {f"{name}-value" for name in declared if "value" in declared[name]}
    known = {f"topic.{name}" for name in declared} | {f"group.{name}" for name in consumers}
    known |= {f"connector.{name}" for name in sinks} | {f"schema.{subject}" for subject in subjects}
    removed = [{"address": address, "allow": allow} for address in sorted(gone - known)]
    sections = {"topics": declared, "consumer_groups": consumers, "connectors": sinks, "removed": removed}
    return loaded(sections, files)


@st.composite
def situations(draw: st.DrawFn, *, lifted: bool) -> tuple[World, LoadedSpec]:
    """A world, and a spec that mostly is near to it: far apart, nearly every topic is held back for several reasons."""
    world = draw(worlds())
    near = draw(st.sampled_from([world, world, world, None]))
    return world, draw(specs(lifted=lifted, near=near))


def open_ones(changes: Sequence[Change]) -> list[Change]:
    """What may be done: not blocked, and nothing that it needs is."""
    stuck: set[Address] = set()
    found: list[Change] = []
    for change in changes:
        if change.blocked or stuck & set(change.requires):
            stuck.add(change.address)
        else:
            found.append(change)
    return found


@checked
@given(situations(lifted=True))
def test_one_plan_is_enough(situation: tuple[World, LoadedSpec]) -> None:
    world, spec = situation
    planned = world.changes(spec)
    assume(not any(restores_what_is_referred_to(world.registry, step) for item in planned for step in item.operations))
    doing = open_ones(planned)
    for change in doing:
        world.do(change, spec)
    left = {item.address for item in world.changes(spec)}
    # What waits for something that cannot be done stays; nothing that was done comes back.
    assert left <= {item.address for item in planned} - {item.address for item in doing}
    if len(doing) == len(planned):
        assert not left


@checked
@given(situations(lifted=False))
def test_no_plan_loses_data_unasked(situation: tuple[World, LoadedSpec]) -> None:
    world, spec = situation
    planned = world.changes(spec)
    assume(not any(restores_what_is_referred_to(world.registry, step) for item in planned for step in item.operations))
    before = copy.deepcopy(world)
    for change in open_ones(planned):
        world.do(change, spec)
    assert before.losses(world) == set()


@checked
@given(situations(lifted=True))
def test_what_is_lost_was_shown_as_a_risk(situation: tuple[World, LoadedSpec]) -> None:
    world, spec = situation
    planned = world.changes(spec)
    assume(not any(restores_what_is_referred_to(world.registry, step) for item in planned for step in item.operations))
    before = copy.deepcopy(world)
    doing = open_ones(planned)
    for change in doing:
        world.do(change, spec)
    guarded = {str(item.address) for item in doing if any(hazard.guard for hazard in item.hazards)}
    assert before.losses(world) <= guarded


def test_the_situations_are_full_of_dangers() -> None:
    """Each guard alone holds something back in several of three hundred of them: without it the tests above fail."""
    alone: Counter[str] = Counter()

    @settings(max_examples=300, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(situations(lifted=False))
    def count(situation: tuple[World, LoadedSpec]) -> None:
        world, spec = situation
        for change in world.changes(spec):
            guards = {hazard.code for hazard in change.hazards if hazard.guard}
            if len(guards) == 1 and not change.blockers:
                alone.update(guards)

    count()
    assert {code: alone[code] for code in DANGERS if alone[code] < 4} == {}
