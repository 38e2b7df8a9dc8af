from __future__ import annotations

import pytest

from kafkaops.clients.kafka import GroupPhase, TopicPartition
from kafkaops.errors import Severity
from kafkaops.resources.groups.diff import Wanted, diff
from kafkaops.resources.groups.model import GroupsSnapshot, GroupState
from kafkaops.spec.model import ConsumerGroup, Service
from tests.resources.groups.values import cluster, group, member, part, parts, state, topic


def said(
    want: ConsumerGroup,
    have: GroupState,
    ends: dict[TopicPartition, int] | None = None,
    service: Service | None = None,
) -> list[tuple[str, str, Severity]]:
    wanted = Wanted(groups={"g": want}, topics={"t": topic(2)}, services={"s": service} if service else {})
    found = diff(wanted, GroupsSnapshot({"g": have}, ends or {}), cluster(t=2, u=1))
    assert all(item.address == "group.g" for item in found.observations)
    return [(item.code, item.summary, item.severity) for item in found.observations]


RUNNING = state(GroupPhase.STABLE, dict.fromkeys(parts("t", 2), 10), (member(part("t", 0)), member(part("t", 1))))


def test_a_group_as_declared_is_not_spoken_of() -> None:
    want = group("t", instances=2, max_lag=5, start_from="earliest", protocol="classic")
    assert said(want, RUNNING, dict.fromkeys(parts("t", 2), 12)) == []


@pytest.mark.parametrize(
    ("instances", "have", "expected"),
    [
        (3, RUNNING, ("KO610", "2 members, 3 declared", Severity.WARNING)),
        (3, state(GroupPhase.EMPTY), ("KO610", "0 members, 3 declared", Severity.INFO)),
        ({"min": 3, "max": 10}, RUNNING, ("KO610", "2 members, 3 to 10 declared", Severity.WARNING)),
        ({"min": 1, "target": 1}, RUNNING, ("KO610", "2 members, 1 declared", Severity.WARNING)),
        ({"min": 1, "max": 4}, RUNNING, None),
        (None, RUNNING, None),
    ],
)
def test_members(instances: object, have: GroupState, expected: tuple[str, str, Severity] | None) -> None:
    assert said(group("t", instances=instances), have) == ([expected] if expected else [])


def test_members_by_the_groups_service() -> None:
    service = Service.model_validate({"instances": {"min": 5, "max": 9}})
    assert said(group("t", service="s"), RUNNING, service=service) == [
        ("KO610", "2 members, 5 to 9 declared", Severity.WARNING)
    ]


def test_idle_members() -> None:
    have = state(GroupPhase.STABLE, members=(member(*parts("t", 2)), member(), member()))
    assert said(group("t"), have) == [("KO611", "2 members of 3 without a partition", Severity.WARNING)]


def test_no_assignment_yet_says_nothing_of_idling() -> None:
    assert said(group("t"), state(GroupPhase.REBALANCING, members=(member(), member()))) == []


def test_other_topics_than_declared() -> None:
    have = state(GroupPhase.STABLE, members=(member(part("u", 0), part("x", 0)),))
    assert said(group("t"), have) == [("KO612", "it reads u, x besides and does not read t", Severity.WARNING)]


def test_lag() -> None:
    have = state(GroupPhase.EMPTY, {part("t", 0): 10, part("t", 1): 90})
    ends = {part("t", 0): 1_500, part("t", 1): 100}
    assert said(group("t", max_lag=100), have, ends) == [
        ("KO613", "1,500 messages behind, 100 allowed; most on t[0] (1,490)", Severity.WARNING)
    ]
    assert said(group("t", max_lag=1_500), have, ends) == []
    assert said(group("t"), have, ends) == []


def test_an_offset_beyond_the_end_is_no_negative_lag() -> None:
    have = state(GroupPhase.EMPTY, {part("t", 0): 10, part("t", 1): 0})
    assert said(group("t", max_lag=0), have, {part("t", 0): 5, part("t", 1): 1}) == [
        ("KO613", "1 message behind, 0 allowed; most on t[1] (1)", Severity.WARNING)
    ]


def test_lag_that_cannot_be_told() -> None:
    have = state(GroupPhase.EMPTY, {part("t", 0): 10, part("t", 1): 0})
    assert said(group("t", max_lag=0), have, {part("t", 0): 10}) == [
        ("KO616", "its lag on t[1] cannot be told", Severity.WARNING)
    ]


def test_a_running_group_chooses_its_own_start() -> None:
    have = state(GroupPhase.STABLE, {part("t", 0): 1}, (member(*parts("t", 2)),))
    assert said(group("t", start_from="earliest"), have) == [
        (
            "KO614",
            "no committed offset on t[1]; it has members, so its start is theirs to choose",
            Severity.INFO,
        )
    ]
    assert said(group("t"), have) == []


def test_the_other_protocol() -> None:
    assert said(group("t", protocol="consumer"), RUNNING) == [
        ("KO615", "it runs the classic protocol, consumer is declared", Severity.WARNING)
    ]
    assert said(group("t", protocol="consumer"), state(GroupPhase.EMPTY)) == []
