"""diff(want, effect(plan, have)) == (): whatever is declared and whatever is there, one plan is enough."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kafkaops.resources.topics.diff import Wanted, diff, operations
from kafkaops.resources.topics.model import TopicState
from kafkaops.spec.model import Topic
from tests.resources.topics.values import INHERITED, cluster, configs, effect, placement, topic

VALUES = {
    "cleanup.policy": ["delete", "compact", "compact,delete", "delete, compact"],
    "retention.ms": ["604800000", "0604800000", "-1", "1"],
    "unclean.leader.election.enable": ["true", "FALSE", "false"],
    "min.cleanable.dirty.ratio": ["0.5", "0.50", "0"],
    "compression.type": ["producer", "zstd"],
    "vendor.own": ["x", "y"],
}
config = st.fixed_dictionaries({}, optional={key: st.sampled_from(values) for key, values in VALUES.items()})
wants = st.builds(
    lambda partitions, mode, own: topic(partitions, mode=mode, **own),
    st.integers(1, 9),
    st.sampled_from(["merge", "exact"]),
    config,
)
haves = st.none() | st.builds(
    lambda partitions, own: TopicState(placement("t", partitions), configs(own)), st.integers(1, 9), config
)


@given(wants, haves)
def test_one_plan_is_enough(want: Topic, have: TopicState | None) -> None:
    after = effect(operations("t", want, have), have)
    assert after is not None
    assert operations("t", want, after) == ()
    assert after.partitions == max(want.partitions, have.partitions if have else 0)


@given(wants, haves)
def test_a_plan_touches_no_key_that_it_does_not_name(want: Topic, have: TopicState | None) -> None:
    after = effect(operations("t", want, have), have)
    assert after is not None
    if want.config_mode == "merge" and have is not None:
        for key in {*INHERITED, *have.configs.overrides} - want.config.keys():
            assert after.configs.effective(key) == have.configs.effective(key)


@given(
    st.dictionaries(st.sampled_from(["a", "b", "c"]), wants), st.dictionaries(st.sampled_from(["a", "b", "d"]), haves)
)
def test_the_same_input_gives_the_same_difference(wanted: dict[str, Topic], have: dict[str, TopicState | None]) -> None:
    there = {
        name: TopicState(placement(name, state.partitions), state.configs) for name, state in have.items() if state
    }
    known = {name: state for name, state in there.items() if name in wanted}
    first = diff(Wanted(topics=wanted), known, cluster(there.values()))
    again = diff(Wanted(topics=dict(reversed(wanted.items()))), known, cluster(reversed(list(there.values()))))
    assert set(first.changes) == set(again.changes)
    assert first.in_sync + len(first.changes) == len(wanted)
