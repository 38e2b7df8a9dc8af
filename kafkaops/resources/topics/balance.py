"""Choosing brokers for partitions: evenly, on as many racks as possible, with the fewest moves. Pure.

The problem is a flow of minimal cost: from partitions, each of which wants so many brokers, to brokers, each of
which costs the square of what it holds. A flow is optimal when its residual graph has no negative cycle (Klein 1967),
so cycles of swaps are made until there is none. Between brokers, an edge is a partition that may swap one for
the other without losing a rack; through the sink, a broker gets one more and another one less.

What counts, in this order: racks for each partition; evenness within the topic; moves; evenness in the cluster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

_SINK = -1


@dataclass(frozen=True, slots=True)
class Choice:
    """What one partition may choose: `count` of the candidates, beside the brokers that it has anyway."""

    candidates: tuple[int, ...]
    count: int
    fixed: tuple[int, ...] = ()
    home: frozenset[int] = frozenset()
    """Candidates that hold it already, so that choosing them moves nothing."""


def choose(
    choices: Sequence[Choice], racks: Mapping[int, str | None], load: Mapping[int, int]
) -> tuple[tuple[int, ...], ...]:
    """For each partition the brokers chosen, sorted. The same input gives the same answer.

    `racks` names every broker that occurs; one without a rack is a rack of its own. `load` is what brokers hold of
    other topics. Raises `ValueError` when a partition has fewer candidates than it needs.
    """
    search = _Search(choices, {broker: rack or f"\0{broker}" for broker, rack in racks.items()}, load)
    search.begin()
    search.improve()
    return tuple(tuple(sorted(chosen)) for chosen in search.chosen)


@dataclass
class _Search:
    choices: Sequence[Choice]
    racks: Mapping[int, str]
    load: Mapping[int, int]
    chosen: list[set[int]] = field(default_factory=list)
    held: dict[int, int] = field(default_factory=dict)
    """How many of the topic's replicas each broker has."""
    edges: dict[tuple[int, int], dict[int, dict[int, None]]] = field(default_factory=dict)
    """By the brokers swapped and the moves that it costs (-1, 0, 1), the partitions that can."""

    def begin(self) -> None:
        """Choose for one partition after the other: on the most racks, with the fewest moves, the emptiest broker."""
        self.held = dict.fromkeys(sorted(self.racks), 0)
        for choice in self.choices:
            for broker in choice.fixed:
                self.held[broker] += 1
        for choice in self.choices:
            if len(choice.candidates) < choice.count:
                raise ValueError(f"{choice.count} brokers are wanted of {len(choice.candidates)}")
            chosen: set[int] = set()
            for _ in range(choice.count):
                used = {self.racks[broker] for broker in (*choice.fixed, *chosen)}
                broker = min(
                    (broker for broker in choice.candidates if broker not in chosen),
                    key=lambda broker: (
                        self.racks[broker] in used,
                        broker not in choice.home,
                        self.held[broker],
                        self.load.get(broker, 0),
                        broker,
                    ),
                )
                chosen.add(broker)
                self.held[broker] += 1
            self.chosen.append(chosen)

    def improve(self) -> None:
        """Make cycles of swaps until none makes it better."""
        for partition in range(len(self.choices)):
            self._link(partition)
        banned: set[tuple[int, int, int]] = set()
        while (cycle := self._negative_cycle(banned)) is not None:
            refused = self._follow(cycle, banned)
            if refused is None:
                banned.clear()
            else:
                banned.add(refused)

    # --- the residual graph ---

    def _swaps(self, partition: int) -> Iterator[tuple[int, int, int]]:
        """The swaps that a partition can make without losing a rack: from, to, and the moves that it costs."""
        choice, chosen = self.choices[partition], self.chosen[partition]
        have = [self.racks[broker] for broker in (*choice.fixed, *chosen)]
        for out in sorted(chosen):
            rack = self.racks[out]
            alone = have.count(rack) == 1
            for into in choice.candidates:
                if into in chosen or into in choice.fixed:
                    continue
                if alone and self.racks[into] != rack and self.racks[into] in have:
                    continue
                yield out, into, (into not in choice.home) - (out not in choice.home)

    def _link(self, partition: int) -> None:
        for out, into, moves in self._swaps(partition):
            self.edges.setdefault((out, into), {}).setdefault(moves, {})[partition] = None

    def _unlink(self, partition: int) -> None:
        for out, into, moves in self._swaps(partition):
            del self.edges[out, into][moves][partition]

    def _swap(self, partition: int, out: int, into: int) -> None:
        self._unlink(partition)
        self.chosen[partition].remove(out)
        self.chosen[partition].add(into)
        self.held[out] -= 1
        self.held[into] += 1
        self._link(partition)

    def _best(self, out: int, into: int, banned: set[tuple[int, int, int]]) -> tuple[int, int] | None:
        """The cheapest partition that can swap the two: its moves and its number."""
        buckets = self.edges.get((out, into), {})
        for moves in (-1, 0, 1):
            for partition in buckets.get(moves, ()):
                if (out, into, partition) not in banned:
                    return moves, partition
        return None

    def _costs(self, banned: set[tuple[int, int, int]]) -> Iterator[tuple[int, int, int, int]]:
        """Every edge: from, to, its cost as one number, and the partition that it stands for (-1 at the sink)."""
        total = {broker: held + self.load.get(broker, 0) for broker, held in self.held.items()}
        per_move = 4 * (max(total.values(), default=0) + 2)
        per_held = per_move * 2 * (len(self.held) + 2)
        for out, into in sorted(self.edges):
            best = self._best(out, into, banned)
            if best is not None:
                yield out, into, best[0] * per_move, best[1]
        for broker, held in self.held.items():
            yield broker, _SINK, (2 * held + 1) * per_held + 2 * total[broker] + 1, -1
            yield _SINK, broker, (1 - 2 * held) * per_held + 1 - 2 * total[broker], -1

    def _negative_cycle(self, banned: set[tuple[int, int, int]]) -> list[tuple[int, int, int]] | None:
        """Bellman and Ford's search: the swaps of a cycle that costs less than nothing, or None."""
        edges = list(self._costs(banned))
        distance = dict.fromkeys((*self.held, _SINK), 0)
        before: dict[int, tuple[int, int]] = {}
        touched = None
        for _ in range(len(distance)):
            touched = None
            for out, into, cost, partition in edges:
                if distance[out] + cost < distance[into]:
                    distance[into] = distance[out] + cost
                    before[into] = (out, partition)
                    touched = into
            if touched is None:
                return None
        assert touched is not None
        for _ in range(len(distance)):
            touched = before[touched][0]
        cycle, node = [], touched
        while True:
            out, partition = before[node]
            cycle.append((out, node, partition))
            node = out
            if node == touched:
                return [step for step in reversed(cycle) if _SINK not in step[:2]]

    def _follow(
        self, cycle: Sequence[tuple[int, int, int]], banned: set[tuple[int, int, int]]
    ) -> tuple[int, int, int] | None:
        """Make the swaps. When one is not possible after another of the same partition, all are undone: answers it."""
        done: list[tuple[int, int, int]] = []
        for out, into, partition in cycle:
            if not any((out, into) == swap[:2] for swap in self._swaps(partition)):
                for was_out, was_into, undone in reversed(done):
                    self._swap(undone, was_into, was_out)
                return out, into, partition
            self._swap(partition, out, into)
            done.append((out, into, partition))
        return None
