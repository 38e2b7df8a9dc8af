"""What came of a run, as it is gathered while the run goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kafkaops.errors import Diagnostic
from kafkaops.loadtest.host_clock import HostClock
from kafkaops.loadtest.tally import LoadTally


@dataclass(slots=True)
class Outcome:
    """What came of a run, before it is judged."""

    tallies: list[LoadTally]
    ends: list[dict[int, int] | None]
    """By load: the first offset beyond each partition's log; None when the cluster did not say."""
    interrupted: str | None = None
    """Why the run ended before its time, or is not whole."""
    by_user: bool = False
    aborted: str | None = None
    """The objective that could not be met any more."""
    happened: list[str] = field(default_factory=list)
    """What went wrong meanwhile, in sentences, whether it mattered or not."""
    warnings: list[Diagnostic] = field(default_factory=list)
    host_busy: float | None = None
    """The share of all cores that was busy while measured, by whomever."""
    clocks: tuple[HostClock, ...] = ()
    """Of the hosts of a fleet."""
    hosts: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """The same hosts, described."""
    pinned: list[bool] = field(default_factory=list)
    """By load: whether each record was read on the host that wrote it."""
    configs: list[Mapping[str, str] | None] = field(default_factory=list)
    """By load: what was in force on the topic, defaults included; None where that could not be read."""
    started_at: float = 0.0
    """Seconds since the epoch."""
    released_ns: int | None = None
    """When consumers began to read a backlog that had been built up, from the start."""

    @property
    def behind(self) -> bool:
        """Whether a group has not read to the end of its log, where that is known."""
        return any(
            group.behind(ends)
            for tally, ends in zip(self.tallies, self.ends, strict=True)
            if ends is not None
            for group in tally.groups
        )

    def note_end(self, elapsed_ns: int) -> None:
        """Records that were due later were not asked for."""
        for tally in self.tallies:
            tally.ended_ns = elapsed_ns

    def note_complaints(self) -> None:
        """Say what clients complained of, and when."""
        for tally in self.tallies:
            for name, (first, last) in sorted(tally.event_seconds.items()):
                count = tally.errors.get(name, 0)
                what = f"{count:,} records failed with {name}" if count else f"clients reported {name}"
                when = f"in second {first + 1}" if first == last else f"from second {first + 1} to {last + 1}"
                self.happened.append(f"{tally.load.topic}: {what} {when}")
