"""The worker processes of one run: started by spawning, heard through pipes, never left behind.

Spawned and not forked: librdkafka's threads do not survive a fork.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from kafkaops.loadtest.consumer import consume
from kafkaops.loadtest.messages import ConsumerSetup, FromWorker, ProducerSetup, ToWorker
from kafkaops.loadtest.producer import produce

_TERMINATE_S = 3.0


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
    process: BaseProcess
    pipe: Connection
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


@dataclass(slots=True)
class Fleet:
    """All workers of a run."""

    workers: list[Worker] = field(default_factory=list)

    def start(self, role: Role, load: int, group: int, setup: ProducerSetup | ConsumerSetup) -> None:
        """Spawn one worker."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        entry: Callable[..., Any] = produce if isinstance(setup, ProducerSetup) else consume
        process = context.Process(target=entry, args=(setup, theirs), name=setup.name, daemon=True)
        process.start()
        theirs.close()
        self.workers.append(Worker(setup.name, role, load, group, process, ours))

    def of(self, role: Role) -> list[Worker]:
        """The workers of a role."""
        return [worker for worker in self.workers if worker.role is role]

    def tell(self, message: ToWorker, role: Role | None = None) -> None:
        """Send to all that live, or to those of one role."""
        for worker in self.workers:
            if worker.alive and (role is None or worker.role is role):
                try:
                    worker.pipe.send(message)
                except OSError:
                    worker.lost = _why(worker)

    def listen(self, timeout_s: float) -> Iterator[tuple[Worker, FromWorker]]:
        """What comes in within a time; workers that ended without a last word are marked lost."""
        by_pipe = {worker.pipe: worker for worker in self.workers if worker.alive}
        if not by_pipe:
            return
        for pipe in wait(list(by_pipe), timeout_s):
            assert isinstance(pipe, Connection)
            worker = by_pipe[pipe]
            try:
                message: FromWorker = pipe.recv()
            except (EOFError, OSError):
                worker.lost = _why(worker)
                continue
            yield worker, message

    def end(self) -> None:
        """See that no process is left."""
        for worker in self.workers:
            worker.pipe.close()  # whoever still works sees that nobody listens, and ends
        for worker in self.workers:
            worker.process.join(_TERMINATE_S)
            if worker.process.is_alive():
                worker.process.terminate()
        for worker in self.workers:
            worker.process.join(_TERMINATE_S)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()


def _why(worker: Worker) -> str:
    worker.process.join(1)
    code = worker.process.exitcode
    if code is None:
        return f"{worker.name} does not answer any more"
    if code < 0:
        return f"{worker.name} was killed by signal {-code}"
    return f"{worker.name} ended with exit code {code}"
