"""The order of a plan: what others need comes first, deletions last and backwards. Pure.

The same changes always come out in the same order, however they went in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from kafkaops.address import Address
from kafkaops.errors import RefusedError
from kafkaops.plan.model import Change, ChangeType

_TAKING_AWAY = frozenset({ChangeType.DELETE, ChangeType.FORGET})


@dataclass(frozen=True, slots=True, order=True)
class _Rank:
    """Where a change stands: makers before takers-away, then by kind, then by depth among its own kind."""

    taking_away: bool
    kind: int
    depth: int

    def __neg__(self) -> _Rank:
        return _Rank(self.taking_away, -self.kind, -self.depth)


def ordered(changes: Iterable[Change], kinds: Sequence[str]) -> tuple[Change, ...]:
    """Changes in the order in which they are made.

    `kinds` gives the order of kinds. Raises `RefusedError` (KO801) where changes require each other in a circle.
    """
    return tuple(change for wave in waves(changes, kinds) for change in wave)


def waves(changes: Iterable[Change], kinds: Sequence[str]) -> tuple[tuple[Change, ...], ...]:
    """The same order, cut into waves: all of one kind, none requiring another of its own wave."""
    by_address = {change.address: change for change in changes}
    depths = _depths(by_address)
    position = {kind: index for index, kind in enumerate(kinds)}

    def rank(change: Change) -> tuple[_Rank, Address]:
        taking_away = change.type in _TAKING_AWAY
        place = _Rank(taking_away, position[change.address.kind], depths[change.address])
        return (-place if taking_away else place), change.address

    in_order = sorted(by_address.values(), key=rank)
    return tuple(tuple(wave) for _, wave in groupby(in_order, key=lambda change: rank(change)[0]))


def _depths(changes: Mapping[Address, Change]) -> dict[Address, int]:
    """How many changes of its own kind must precede each change. Iterative: chains may be long."""
    depths: dict[Address, int] = {}
    for start in changes:
        path: list[tuple[Address, Iterable[Address]]] = [(start, iter(_own_kind(changes, start)))]
        on_path = {start}
        while path and start not in depths:
            address, rest = path[-1]
            following = next((other for other in rest if other not in depths), None)
            if following is None:
                required = _own_kind(changes, address)
                depths[address] = max((depths[other] + 1 for other in required), default=0)
                path.pop()
                on_path.discard(address)
            elif following in on_path:
                _refuse_circle([step for step, _ in path], following)
            else:
                path.append((following, iter(_own_kind(changes, following))))
                on_path.add(following)
    return depths


def _own_kind(changes: Mapping[Address, Change], address: Address) -> list[Address]:
    return [other for other in changes[address].requires if other.kind == address.kind and other in changes]


def _refuse_circle(path: Sequence[Address], again: Address) -> None:
    circle = [*path[path.index(again) :], again]
    raise RefusedError.of(
        "KO801",
        "these changes require each other: " + " → ".join(str(address) for address in circle),
        address=str(again),
        hint="break the circle in the spec",
    )


def selected(changes: Iterable[Change], targets: Sequence[Address]) -> tuple[Change, ...]:
    """The changes of the targets and of everything they require; all of them without targets."""
    every = tuple(changes)
    if not targets:
        return every
    by_address = {change.address: change for change in every}
    wanted: set[Address] = set()
    queue = list(targets)
    while queue:
        address = queue.pop()
        if address in wanted or address not in by_address:
            continue
        wanted.add(address)
        queue.extend(by_address[address].requires)
    return tuple(change for change in every if change.address in wanted)
