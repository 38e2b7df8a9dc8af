"""How each kind takes a change back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import given

from kafkaops.address import Address
from kafkaops.ledger.records import RecordedChange, RecordedField
from kafkaops.resources.connectors.kind import ConnectorKind
from kafkaops.resources.groups.kind import GroupKind
from kafkaops.resources.kind import Undone
from kafkaops.resources.schemas.kind import SchemaKind
from kafkaops.resources.topics.configs import same
from kafkaops.resources.topics.declared import as_declared
from kafkaops.resources.topics.diff import Wanted, diff, operations
from kafkaops.resources.topics.kind import TopicKind
from kafkaops.resources.topics.model import TopicState
from kafkaops.spec.model import Topic
from tests.resources.topics.test_convergence import haves, wants
from tests.resources.topics.values import INHERITED, cluster, effect


def change(
    address: str, type_: str, before: Mapping[str, object] | None = None, risk: str = "safe", **fields: Any
) -> RecordedChange:
    """A recorded change; `config__file=(1, 2)` is a field `config.file`, 1 → 2."""
    return RecordedChange(
        address=Address.parse(address),
        type=type_,
        reason="differs-from-spec",
        risk=risk,
        fields=tuple(
            RecordedField(path=name.replace("__", ".").replace("_", "."), before=pair[0], after=pair[1])
            if "__" in name
            else RecordedField(path=name, before=pair[0], after=pair[1])
            for name, pair in fields.items()
        ),
        before=before,
    )


@given(wants, haves)
def test_configs_of_topics_come_back(want: Topic, have: TopicState | None) -> None:
    """Whatever a plan did to configs, its rollback has them hold as they did, with no override that was not there."""
    seen = {} if have is None else {"t": have}
    found = diff(Wanted(topics={"t": want}), seen, cluster(seen.values())).changes
    if not found or have is None or have.partitions > want.partitions:
        return
    after = effect(operations("t", want, have), have)
    assert after is not None
    fields = tuple(RecordedField(path=item.path, before=item.before, after=item.after) for item in found[0].fields)
    made = RecordedChange(
        address=found[0].address, type="update", reason="", risk="safe", fields=fields, before=found[0].before
    )
    undone = TopicKind().undone(made, as_declared(after))
    assert undone.document is not None
    back = effect(operations("t", Topic.model_validate(undone.document), after), after)
    assert back is not None
    for key in {*INHERITED, *have.configs.overrides, *after.configs.overrides}:
        assert same(key, back.configs.effective(key), have.configs.effective(key))
    assert back.configs.overrides.keys() <= have.configs.overrides.keys()
    assert back.partitions == after.partitions


def test_what_was_done_by_hand_is_not_taken_back_and_said() -> None:
    now: Any = {"partitions": 3, "replication_factor": 2, "config": {}}
    told = {
        "replicas.broker_1": (3, 1, "on which brokers its replicas lay"),
        "leader.partition_0": (1, 2, "which replicas led"),
        "reassignment": ("in progress", "cancelled", "the move of replicas that was given up"),
    }
    for path, (before, after, lost) in told.items():
        fields = (RecordedField(path=path, before=before, after=after),)
        made = RecordedChange(
            address=Address("topic", "t"), type="update", reason="asked-for", risk="safe", fields=fields, before=now
        )
        assert TopicKind().undone(made, now) == Undone(lost=(lost,))


def test_what_a_topic_s_change_cannot_bring_back_is_said() -> None:
    before = {"partitions": 3, "replication_factor": 3, "config": {"retention.ms": "7"}}
    now: Any = {"partitions": 6, "replication_factor": 3, "config": {"retention.ms": "1", "other": "x"}}
    grown = change("topic.t", "update", before, "data-loss", partitions=(3, 6), config__retention_ms=(7, 1))
    undone = TopicKind().undone(grown, now)
    assert undone.document == {
        "partitions": 6,
        "replication_factor": 3,
        "config": {"retention.ms": "7", "other": "x"},
        "config_mode": "exact",
    }
    assert undone.lost == (
        "its number of partitions: they cannot shrink (6 → 3)",
        "messages that were deleted meanwhile",
    )
    moved = RecordedField(path="replicas.broker_1", before=3, after=0)
    factor = RecordedField(path="replication_factor", before=2, after=3)
    fewer = replace(change("topic.t", "update", {**before, "replication_factor": 2}), fields=(factor, moved))
    undone = TopicKind().undone(fewer, now)
    assert undone.document is not None and undone.document["replication_factor"] == 2
    assert undone.document["config"] == now["config"] and undone.lost == ("on which brokers its replicas lay",)
    assert TopicKind().undone(grown, None).lost == ("it is not there any more",)
    deleted = TopicKind().undone(change("topic.t", "delete", before), None)
    assert deleted.document == {**before, "config_mode": "exact"} and "its messages" in deleted.lost[0]
    assert TopicKind().undone(change("topic.t", "delete", before), now).document is None  # made again meanwhile
    assert TopicKind().undone(change("topic.t", "create"), now).gone


def test_subjects() -> None:
    kind = SchemaKind()
    before: Any = {"type": "AVRO", "text": '"string"', "references": [], "compatibility": None, "version": 3}
    now: Any = {"type": "AVRO", "text": '"int"', "references": [], "compatibility": "FULL", "version": 4}
    undone = kind.undone(change("schema.s", "update", before, schema=("version 3", "as in s.avsc")), now)
    assert undone.document == before  # its level was not touched: it is let be
    assert undone.lost == ("the version that was registered stays in the registry; the earlier schema becomes a new "
                           "version",)  # fmt: skip
    level = kind.undone(
        change("schema.s", "update", {**before, "compatibility": "NONE"}, compatibility=("NONE", "FULL")), now
    )
    assert level.document == {**now, "compatibility": "NONE"} and level.lost == ()
    none = kind.undone(change("schema.s", "update", before, compatibility=(None, "FULL")), now)
    assert "the level stays" in none.lost[0]
    gone = kind.undone(change("schema.s", "delete", before), None)
    assert gone.document == before and "versions up to 3 stay deleted" in gone.lost[0]
    for_good = kind.undone(change("schema.s", "delete"), None)  # it had been deleted softly before
    assert for_good.document is None and "for good" in for_good.lost[0]
    top = kind.undone(
        change("schema.__GLOBAL", "update", {"compatibility": "NONE"}, compatibility=("NONE", "FULL")),
        {"compatibility": "FULL"},
    )
    assert top.document == {"compatibility": "NONE"}


def test_groups_keep_what_was_committed_and_get_their_configs_back() -> None:
    kind = GroupKind()
    now: Any = {"topics": ["t"], "config": {"a": "2", "b": "2", "c": "2"}, "committed": {}}
    made = change("group.g", "update", {"topics": ["t"], "config": {"a": "1"}},
                  config__a=("1", "2"), config__b=("0", "2"), committed__t=(None, "earliest"))  # fmt: skip
    undone = kind.undone(made, now)
    assert undone.document is not None
    assert undone.document["config"] == {"a": "1", "c": "2"}  # b had no value of its own
    assert undone.lost == ("start positions that were committed on t: they stay",)
    assert kind.undone(change("group.g", "create", committed__t=(None, "earliest")), now).gone is False
    deleted = kind.undone(change("group.g", "delete", {"committed": {"t-0": 5, "t-1": 6}}), None)
    assert deleted.lost == ("its committed offsets on 2 partitions; history shows them",) and deleted.document is None


def test_connectors_get_back_what_a_reference_tells_and_nothing_that_is_masked() -> None:
    kind = ConnectorKind()
    before = {"state": "running", "config": {"file": "a", "sink.password": "***", "uri": "${env:URI}"}}
    now: Any = {
        "state": "paused",
        "config": {"file": "b", "sink.password": "${env:NEW}", "uri": "x", "added": "1", "else": "2"},
    }
    made = change("connector.c", "update", before, config__file=("a", "b"), config__sink_password=(None, None),
                  config__uri=(None, None), config__added=(None, "1"), tasks=("1 of 1 failed", "running"))  # fmt: skip
    undone = kind.undone(made, now)
    assert undone.document == {
        "state": "paused",
        "config": {"file": "a", "sink.password": "${env:NEW}", "uri": "${env:URI}", "else": "2"},
    }
    assert undone.lost == (
        "the earlier value of sink.password: a secret that no reference stands for; it stays as it is",
    )
    state = kind.undone(change("connector.c", "update", before, state=("running", "paused")), now)
    assert state.document == {**now, "state": "running"}
    assert kind.undone(change("connector.c", "delete", before), None).document == before
