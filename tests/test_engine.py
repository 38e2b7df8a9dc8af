"""What the engine decides over all kinds, with a kind that reads nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest

from kafkaops.address import Address
from kafkaops.clients.kafka import ClusterState, KafkaAdmin, PartitionState, TopicPlacement
from kafkaops.engine import make_plan, needed
from kafkaops.errors import PlatformError, UsageError
from kafkaops.ledger.model import Ledger, Owner
from kafkaops.ledger.records import RecordedChange
from kafkaops.plan.excess import Share
from kafkaops.plan.model import Change, ChangeType, Difference, Hazard, Json, Outcome, Plan, Risk
from kafkaops.resources.kind import Document, Restated, Session, System, Undone
from kafkaops.spec.loaded import LoadedSpec, Places
from kafkaops.spec.model import Environment, Limits, Spec
from tests.ledger.told import OWNER
from tests.test_rollback import claim
from tests.values import change

WELL = PartitionState(1, (1, 2), (1, 2))
AILMENTS = {
    "offline": (PartitionState(None, (1, 2), (2,)), {1, 2}, "1 partition without a leader (t[0])"),
    "under-replicated": (PartitionState(1, (1, 2), (1,)), {1, 2}, "1 partition with replicas not in sync (t[0])"),
    "reassigned": (PartitionState(1, (1, 2, 3), (1, 2)), {1, 2, 3}, "1 partition with replicas not in sync (t[0])"),
    "broker missing": (PartitionState(2, (1, 2), (1, 2)), {2}, "broker 1 is missing"),
}  # fmt: skip
RISKY = Hazard(Risk.DISRUPTIVE, "KO531", "its task restarts")


@dataclass
class Told:
    """A kind that differs as it is told to."""

    name: str
    difference: Difference
    system: System = System.KAFKA
    makes: bool = True
    asked: list[str] = field(default_factory=list)
    also: Sequence[str] = ()
    """The kinds that it needs."""
    down: bool = False

    def names(self, session: Session) -> Collection[str]:
        return [item.address.name for item in self.difference.changes] or ["x"]

    def needs(self, session: Session, names: Collection[str]) -> Collection[str]:
        return self.also

    def managed(self, session: Session) -> Collection[str]:
        return self.declared(session).keys()

    def declared(self, session: Session) -> Mapping[str, Mapping[str, Json]]:
        return {}

    def identities(self, session: Session, names: Sequence[str]) -> Mapping[str, str]:
        return {}

    def read(self, session: Session) -> Difference:
        if self.down:
            raise PlatformError.of("KO450", f"{self.system} does not answer")
        return self.difference

    def diff(self, session: Session, snapshot: Difference) -> Difference:
        return snapshot

    def predict(self, session: Session, changes: Sequence[Change]) -> Sequence[Change]:
        self.asked.extend(str(item.address) for item in changes)
        return changes

    def apply(self, session: Session, changes: Sequence[Change]) -> Iterator[Outcome]:
        raise AssertionError("nothing is applied here")

    def restated(self, session: Session, documents: Mapping[str, Document]) -> Restated:
        raise AssertionError("nothing is recalled here")

    def seen(self, session: Session, snapshot: Difference) -> Mapping[str, Document]:
        raise AssertionError("nothing is recalled here")

    def undone(self, change: RecordedChange, now: Document | None) -> Undone:
        raise AssertionError("nothing is recalled here")


def session(partition: PartitionState = WELL, brokers: Collection[int] = (1, 2), **spec: object) -> Session:
    loaded = LoadedSpec(
        root=Path("/"),
        spec=Spec.model_validate({"version": 1, "project": "p", **spec}),
        places=Places({}),
        environment_name="dev",
        environment=Environment(),
        schema_texts={},
        digest="0" * 64,
    )
    cluster = ClusterState("c", dict.fromkeys(brokers, "b"), {"t": TopicPlacement("t", (partition,))})
    return Session(loaded=loaded, kafka=cast(KafkaAdmin, None), cluster=cluster)


def planned(of: Session, *kinds: Told, targets: Sequence[Address] = ()) -> Plan:
    return make_plan(of, targets, kinds)


@pytest.mark.parametrize("kind", ["topic", "schema", "group", "connector"])
@pytest.mark.parametrize("ailment", AILMENTS)
def test_disruptive_changes_of_every_kind_wait_while_the_cluster_is_unwell(ailment: str, kind: str) -> None:
    partition, brokers, said = AILMENTS[ailment]
    risky = change(f"{kind}.risky", ChangeType.UPDATE, hazards=(RISKY,))
    told = Told(kind, Difference(changes=(risky, change(f"{kind}.safe"))))
    plan = planned(session(partition, brokers), told)
    assert {str(item.address) for item in plan.blocked} == {f"{kind}.risky"}
    (blocker,) = plan.blocked[0].blockers
    assert (blocker.code, blocker.summary) == ("KO205", f"waits until the cluster is well: {said}")
    assert [item.code for item in plan.observations] == ["KO208"]
    assert told.asked == [f"{kind}.safe"], "nobody is asked about what waits"
    assert not planned(session(), told).blocked


def test_a_kind_that_looks_itself_is_believed() -> None:
    """What kafkaops copies itself looks like replicas out of sync, and ails nobody."""
    risky = change("group.risky", ChangeType.DELETE, hazards=(RISKY,))
    looking = Told("topic", Difference(ailment=""))
    plan = planned(session(*AILMENTS["reassigned"][:2]), looking, Told("group", Difference(changes=(risky,))))
    assert not plan.blocked and not plan.observations


def deletions(count: int) -> Difference:
    gone = tuple(change(f"topic.t{number}", ChangeType.DELETE) for number in range(count))
    return Difference(changes=gone, in_sync=5)


def test_limits_count_what_is_there_and_what_is_targeted() -> None:
    told = Told("topic", deletions(4))
    (excess,) = planned(session(), told).beyond_limits
    assert excess.text == "deletes 4 of 9 topics (limit 30 %)"
    two = [Address("topic", "t0"), Address("topic", "t1")]
    assert not planned(session(), told, targets=two).beyond_limits
    (stricter,) = planned(session(limits={"delete": 1}), told, targets=two).beyond_limits
    assert stricter.text == "deletes 2 of 9 topics (limit 1)"


def four_kinds() -> tuple[Told, ...]:
    """Kinds that need each other as the real ones do, of which the schemas and the connectors are out of reach."""
    change_of = {name: Difference(changes=(change(f"{name}.x"),)) for name in ("topic", "schema", "group", "connector")}
    return (
        Told("topic", change_of["topic"]),
        Told("schema", change_of["schema"], System.SCHEMA_REGISTRY, also=("topic",), down=True),
        Told("group", change_of["group"], also=("topic",)),
        Told("connector", change_of["connector"], System.CONNECT, also=("topic", "schema"), down=True),
    )


@pytest.mark.parametrize(("target", "read"), [("topic.x", ["topic"]), ("group.x", ["group", "topic"])])
def test_what_targets_do_not_need_may_be_out_of_reach(target: str, read: list[str]) -> None:
    kinds = four_kinds()
    plan = planned(session(), *kinds, targets=[Address.parse(target)])
    assert [str(item.address) for item in plan.changes] == [target]
    assert sorted(plan.in_sync) == sorted(plan.unmanaged) == read, "of the others nothing is said"


@pytest.mark.parametrize("target", ["schema.x", "connector.x", None])
def test_what_they_need_must_answer(target: str | None) -> None:
    targets = [Address.parse(target)] if target else []
    with pytest.raises(PlatformError, match="does not answer"):
        planned(session(), *four_kinds(), targets=targets)


def test_of_kinds_that_were_not_read_nothing_is_concluded() -> None:
    """What is claimed there and was not looked at is neither gone nor as declared."""
    claims = [claim(Address(kind, name), {}) for kind in ("topic", "connector") for name in ("x", "gone")]
    others = [replace(claim(Address("connector", "y"), {}), owner=Owner("other", "dev"))]
    ledger = Ledger(
        owner=OWNER, mine={each.address: each for each in claims}, others={each.address: each for each in others}
    )
    dropped = frozenset({Address("topic", "gone"), Address("connector", "gone")})
    known = replace(session(), ledger=ledger)
    known = replace(known, loaded=replace(known.loaded, dropped=dropped))
    plan = planned(known, *four_kinds(), targets=[Address("topic", "x")])
    assert [str(item.address) for item in plan.changes] == ["topic.x"] and plan.adoptable == ()


def test_the_real_kinds_need_what_their_changes_require() -> None:
    spec = session(topics={"a": {"partitions": 1, "replication_factor": 1}})

    def read_for(*targets: str) -> list[str]:
        return [kind.name for kind in needed(spec, [Address.parse(item) for item in targets])]

    assert read_for("topic.a") == ["topic"]
    assert read_for("topic.a", "topic.b") == [
        "topic", "schema", "connector",
    ], "connectors hold on to a topic that goes, and read others themselves"  # fmt: skip
    assert read_for("schema.a-value") == ["topic", "schema"]
    assert read_for("group.g") == ["topic", "group"]
    assert read_for("connector.c") == ["topic", "schema", "connector"]
    assert read_for() == ["topic", "schema", "group", "connector"]


def test_what_is_to_be_let_go_can_be_targeted() -> None:
    of = session(removed=[{"address": "topic.old", "action": "forget"}])
    assert planned(of, Told("topic", Difference()), targets=[Address("topic", "old")]).changes == ()
    with pytest.raises(UsageError, match="KO810"):
        planned(of, Told("topic", Difference()), targets=[Address("topic", "older")])


def test_a_limit_is_lifted_by_its_name_only() -> None:
    told = Told("topic", deletions(4))
    lifted = replace(session(), allowed_shares=frozenset({Share("delete", "topic")}))
    plan = planned(lifted, told)
    assert not plan.beyond_limits and plan.excesses[0].lifted
    other = replace(session(), allowed_shares=frozenset({Share("change", "topic")}))
    assert planned(other, told).beyond_limits
    unknown = replace(session(), allowed_shares=frozenset({Share("delete", "topics")}))
    with pytest.raises(UsageError, match=r"KO803.*--allow-share delete:topics"):
        planned(unknown, told)


def test_the_limits_of_a_spec_are_those_of_its_environment() -> None:
    assert Limits.model_validate({"delete": 0}).delete.at_least == 0
