"""The worker processes of one run: started by spawning, heard through pipes, never left behind.

Spawned and not forked: librdkafka's threads do not survive a fork.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Protocol

from kafkaops.loadtest.consumer import consume
from kafkaops.loadtest.host_clock import HostClock
from kafkaops.loadtest.messages import ConsumerSetup, FromWorker, ProducerSetup, ToWorker
from kafkaops.loadtest.placement import host_of
from kafkaops.loadtest.producer import produce

_END_S = 3.0


class Role(StrEnum):
    """What a worker does."""

    PRODUCER = "producer"
    CONSUMER = "consumer"


@dataclass(slots=True, eq=False)
class Worker:
    """One process and where it belongs."""

    name: str
    role: Role
    load: int
    group: int
    host: int
    ready: bool = False
    probed: bool = False
    holding: bool = False
    done: bool = False
    """It said its last word."""
    lost: str | None = None
    """Why it ended without one."""

    @property
    def alive(self) -> bool:
        """Whether something is still to be heard."""
        return not self.done and self.lost is None


class Fleet(Protocol):
    """All workers of a run, wherever they are."""

    workers: list[Worker]

    @property
    def hosts(self) -> int:
        """How many hosts there are, each with a clock of its own."""
        ...

    def start(self, role: Role, load: int, group: int, setup: ProducerSetup | ConsumerSetup) -> None:
        """Start one worker; its share of the load says on which host. Raises `PlatformError`."""
        ...

    def tell(self, message: ToWorker, role: Role | None = None) -> None:
        """Send to all that live, or to those of one role. Times of our clock become those of theirs."""
        ...

    def listen(self, timeout_s: float) -> Iterator[tuple[Worker, FromWorker]]:
        """What comes in within a time; workers that ended without a last word are marked lost."""
        ...

    def compare_clocks(self) -> None:
        """Learn how the hosts' clocks differ from ours, before the run starts."""
        ...

    def clocks(self) -> tuple[HostClock, ...]:
        """How the hosts' clocks compared with ours over the run; nothing where there is but one."""
        ...

    def about(self) -> Mapping[str, Mapping[str, object]]:
        """The hosts, by name; nothing where there is but this one."""
        ...

    def end(self) -> None:
        """See that no process is left. The fleet can be used for another run then."""
        ...


@dataclass(slots=True)
class LocalFleet:
    """Workers on this host."""

    workers: list[Worker] = field(default_factory=list)
    _processes: dict[Worker, BaseProcess] = field(default_factory=dict)
    _pipes: dict[Worker, Connection] = field(default_factory=dict)

    @property
    def hosts(self) -> int:
        """This one."""
        return 1

    def start(self, role: Role, load: int, group: int, setup: ProducerSetup | ConsumerSetup) -> None:
        """Spawn one worker."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        entry: Callable[..., Any] = produce if isinstance(setup, ProducerSetup) else consume
        process = context.Process(target=entry, args=(setup, theirs), name=setup.name, daemon=True)
        process.start()
        theirs.close()
        worker = Worker(setup.name, role, load, group, host_of(setup.share, self.hosts))
        self.workers.append(worker)
        self._processes[worker], self._pipes[worker] = process, ours

    def tell(self, message: ToWorker, role: Role | None = None) -> None:
        """Send to all that live, or to those of one role."""
        for worker in self.workers:
            if worker.alive and (role is None or worker.role is role):
                try:
                    self._pipes[worker].send(message)
                except OSError:
                    worker.lost = self._why(worker)

    def listen(self, timeout_s: float) -> Iterator[tuple[Worker, FromWorker]]:
        """What comes in within a time; workers that ended without a last word are marked lost."""
        by_pipe = {self._pipes[worker]: worker for worker in self.workers if worker.alive}
        if not by_pipe:
            return
        for pipe in wait(list(by_pipe), timeout_s):
            assert isinstance(pipe, Connection)
            worker = by_pipe[pipe]
            try:
                message: FromWorker = pipe.recv()
            except (EOFError, OSError):
                worker.lost = self._why(worker)
                continue
            yield worker, message

    def compare_clocks(self) -> None:
        """One host has one clock."""

    def clocks(self) -> tuple[HostClock, ...]:
        """One host has one clock."""
        return ()

    def about(self) -> Mapping[str, Mapping[str, object]]:
        """Nothing: the result describes this host anyway."""
        return {}

    def end(self) -> None:
        """See that no process is left."""
        for pipe in self._pipes.values():
            pipe.close()  # whoever still works sees that nobody listens, and ends
        for process in self._processes.values():
            process.join(_END_S)
            if process.is_alive():
                process.kill()  # SIGTERM is for the coordinator: workers pass it over
                process.join()
        self.workers, self._processes, self._pipes = [], {}, {}

    def _why(self, worker: Worker) -> str:
        process = self._processes[worker]
        process.join(1)
        return why_gone(worker.name, process.exitcode)


def why_gone(name: str, code: int | None) -> str:
    """In words, from a process's exit code."""
    if code is None:
        return f"{name} does not answer any more"
    if code < 0:
        return f"{name} was killed by signal {-code}"
    return f"{name} ended with exit code {code}"
