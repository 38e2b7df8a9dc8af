"""What the compatibility levels promise. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from kafkaops.spec.model import Compatibility


@dataclass(frozen=True, slots=True)
class Promise:
    """What a level checks a new schema for, against the newest version or every one."""

    backward: bool
    """Readers with the new schema can read what was written before."""
    forward: bool
    """Readers with the schemas before can read what is written from now on."""
    transitive: bool
    """Before means every version, not only the newest."""


PROMISES = {
    Compatibility.NONE: Promise(False, False, False),
    Compatibility.BACKWARD: Promise(True, False, False),
    Compatibility.BACKWARD_TRANSITIVE: Promise(True, False, True),
    Compatibility.FORWARD: Promise(False, True, False),
    Compatibility.FORWARD_TRANSITIVE: Promise(False, True, True),
    Compatibility.FULL: Promise(True, True, False),
    Compatibility.FULL_TRANSITIVE: Promise(True, True, True),
}


def promise(level: str) -> Promise:
    """The promise of a level. One that only some registry knows is taken for the strictest."""
    known = Compatibility.__members__.get(level, Compatibility.FULL_TRANSITIVE)
    return PROMISES[known]


def lowered(before: str, after: str) -> bool:
    """Whether a level promises less than another did."""
    was, now = promise(before), promise(after)
    checked = was.backward or was.forward
    return (
        (was.backward and not now.backward)
        or (was.forward and not now.forward)
        or (checked and was.transitive and not now.transitive)
    )
