from __future__ import annotations

import pytest

from kafkaops.evolution.levels import Level, LevelSource, effective_level, is_lowered, upgrade_order
from kafkaops.spec.model import Compatibility


@pytest.mark.parametrize(
    ("declared", "subject", "default", "global_", "value", "source"),
    [
        (
            Compatibility.FULL,
            Compatibility.NONE,
            Compatibility.FORWARD,
            Compatibility.BACKWARD,
            Compatibility.FULL,
            LevelSource.DECLARED,
        ),
        (
            None,
            Compatibility.NONE,
            Compatibility.FORWARD,
            Compatibility.BACKWARD,
            Compatibility.NONE,
            LevelSource.SUBJECT,
        ),
        (None, None, Compatibility.FORWARD, Compatibility.BACKWARD, Compatibility.FORWARD, LevelSource.DEFAULT),
        (None, None, None, Compatibility.FULL, Compatibility.FULL, LevelSource.GLOBAL),
        (None, None, None, None, Compatibility.BACKWARD, LevelSource.BUILT_IN),
    ],
)
def test_precedence(
    declared: Compatibility | None,
    subject: Compatibility | None,
    default: Compatibility | None,
    global_: Compatibility | None,
    value: Compatibility,
    source: LevelSource,
) -> None:
    assert effective_level(declared, subject, default, global_) == Level(value, source)


@pytest.mark.parametrize(
    ("level", "backward", "forward", "transitive"),
    [
        (Compatibility.BACKWARD, True, False, False),
        (Compatibility.BACKWARD_TRANSITIVE, True, False, True),
        (Compatibility.FORWARD, False, True, False),
        (Compatibility.FORWARD_TRANSITIVE, False, True, True),
        (Compatibility.FULL, True, True, False),
        (Compatibility.FULL_TRANSITIVE, True, True, True),
        (Compatibility.NONE, False, False, False),
    ],
)
def test_meaning(level: Compatibility, backward: bool, forward: bool, transitive: bool) -> None:
    found = Level(level, LevelSource.DECLARED)
    assert (found.backward, found.forward, found.transitive) == (backward, forward, transitive)
    assert found.checked is (level is not Compatibility.NONE)


LOWERED: dict[Compatibility, list[Compatibility]] = {
    Compatibility.NONE: [],
    Compatibility.BACKWARD: [Compatibility.NONE, Compatibility.FORWARD, Compatibility.FORWARD_TRANSITIVE],
    Compatibility.FORWARD: [Compatibility.NONE, Compatibility.BACKWARD, Compatibility.BACKWARD_TRANSITIVE],
    Compatibility.FULL: [
        Compatibility.NONE,
        Compatibility.BACKWARD,
        Compatibility.BACKWARD_TRANSITIVE,
        Compatibility.FORWARD,
        Compatibility.FORWARD_TRANSITIVE,
    ],
    Compatibility.BACKWARD_TRANSITIVE: [
        Compatibility.NONE,
        Compatibility.BACKWARD,
        Compatibility.FORWARD,
        Compatibility.FORWARD_TRANSITIVE,
        Compatibility.FULL,
    ],
    Compatibility.FORWARD_TRANSITIVE: [
        Compatibility.NONE,
        Compatibility.FORWARD,
        Compatibility.BACKWARD,
        Compatibility.BACKWARD_TRANSITIVE,
        Compatibility.FULL,
    ],
    Compatibility.FULL_TRANSITIVE: [level for level in Compatibility if level is not Compatibility.FULL_TRANSITIVE],
}


@pytest.mark.parametrize("before", Compatibility)
@pytest.mark.parametrize("after", Compatibility)
def test_lowered_is_what_drops_a_promise(before: Compatibility, after: Compatibility) -> None:
    assert is_lowered(before, after) is (after in LOWERED[before])


def test_who_upgrades_first() -> None:
    assert (
        upgrade_order(Compatibility.BACKWARD)
        == upgrade_order(Compatibility.BACKWARD_TRANSITIVE)
        == "consumers first, then producers"
    )
    assert upgrade_order(Compatibility.FORWARD) == "producers first, then consumers"
    assert upgrade_order(Compatibility.FULL) == "in any order"
    assert upgrade_order(Compatibility.NONE) is None
