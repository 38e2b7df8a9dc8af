"""Hears the workers of a run and keeps what they say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic, monotonic_ns

from kafkaops.errors import PlatformError
from kafkaops.loadtest.fleet import Fleet, Role, Worker
from kafkaops.loadtest.messages import (
    ConsumerDelta,
    ConsumerFinal,
    Failed,
    FromWorker,
    Holding,
    ProducerDelta,
    ProducerFinal,
    Ready,
)
from kafkaops.loadtest.outcome import Outcome
from kafkaops.loadtest.progress import Progress, progress_of

_LAG_NS = 300_000_000
"""How long after a second its reports are there."""

Listen = Callable[[tuple[Progress, ...]], None]


@dataclass(slots=True)
class Listening:
    """What the workers said goes into `outcome`; `listen` gets the progress of each second."""

    fleet: Fleet
    outcome: Outcome
    listen: Listen
    origin_ns: int | None = None
    """When the schedule began, on this process's monotonic clock; None before."""
    shown: int = -1
    """The last second whose progress was told."""

    @property
    def elapsed_ns(self) -> int:
        """Since the schedule began; 0 before."""
        return 0 if self.origin_ns is None else max(monotonic_ns() - self.origin_ns, 0)

    def of(self, role: Role) -> list[Worker]:
        """All workers of a role."""
        return [worker for worker in self.fleet.workers if worker.role is role]

    def hear(self, timeout_s: float) -> None:
        """Take what comes in within a time."""
        for worker, message in self.fleet.listen(timeout_s):
            self._take(worker, message)

    def until(self, reached: Callable[[], bool], seconds: float, what: str) -> None:
        """Listen until something is reached. Raises `PlatformError` when a worker fails or time is up."""
        deadline = monotonic() + seconds
        while not reached():
            for worker, message in self.fleet.listen(0.1):
                if isinstance(message, Failed):
                    raise PlatformError.of(message.code, message.summary, detail=message.detail, hint=message.hint)
                self._take(worker, message)
            lost = next((worker.lost for worker in self.fleet.workers if worker.lost), None)
            if lost is not None:
                raise PlatformError.of("KO013", f"{lost} before the load began", hint="run it again with --debug")
            if monotonic() > deadline:
                raise PlatformError.of(
                    "KO015",
                    f"the workers did not {what} within {seconds:g} s",
                    detail=self._complaints(),
                    hint="look whether a broker is missing; the principal needs READ, WRITE and DESCRIBE on loadtest-* "
                    "topics and READ on loadtest-* groups",
                )

    def while_alive(self, role: Role, seconds: float, also: Callable[[], bool] = lambda: True) -> None:
        """Listen while workers of a role live and something holds, for so long at most."""
        deadline = monotonic() + seconds
        while any(worker.alive for worker in self.of(role)) and also() and monotonic() < deadline:
            self.hear(0.1)

    def progress(self) -> bool:
        """Tell of the next second, when its reports are in; whether one was told of now.

        None is left out. Where this process did not look for some seconds, each call tells of one of them: what the
        workers said meanwhile is heard message by message, too.
        """
        second = self.shown + 1
        if self.elapsed_ns < (second + 1) * 1_000_000_000 + _LAG_NS:
            return False
        self.shown = second
        self.listen(tuple(progress_of(tally, second) for tally in self.outcome.tallies))
        return True

    def note_losses(self) -> None:
        """Workers that still have not said their last word are lost, too."""
        for worker in self.fleet.workers:
            if worker.alive:
                worker.lost = f"{worker.name} did not end in time"
            if worker.lost is not None:
                self.outcome.interrupted = self.outcome.interrupted or worker.lost
                if worker.role is Role.PRODUCER:
                    self.outcome.tallies[worker.load].final = False

    def _complaints(self) -> str | None:
        events = sorted({name for tally in self.outcome.tallies for name in tally.events})
        return f"the clients reported {', '.join(events)}" if events else None

    def _take(self, worker: Worker, message: FromWorker) -> None:
        tally = self.outcome.tallies[worker.load]
        match message:
            case Ready():
                worker.ready = True
                if worker.role is Role.PRODUCER:
                    tally.readies.append(message)
            case Holding():
                worker.holding = True
            case ProducerDelta():
                worker.probed = worker.probed or message.probed
                tally.note_events([*message.events, *message.errors], self._second())
                tally.add_producer(message)
            case ConsumerDelta():
                tally.note_events(message.events, self._second())
                tally.add_consumer(worker.group, message)
            case ProducerFinal():
                worker.done = True
                tally.finish_producer(message)
            case ConsumerFinal():
                worker.done = True
                tally.finish_consumer(message)
            case Failed():
                worker.lost = f"{worker.name}: {message.summary}"

    def _second(self) -> int:
        if self.origin_ns is None:
            return -1
        return (monotonic_ns() - self.origin_ns) // 1_000_000_000
