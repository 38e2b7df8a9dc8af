"""What runs on another host: starts workers there, as processes of their own, and passes messages on.

An `Agent` is a Dask actor, one for each Dask worker. Its workers see their pipes close when the actor goes, be it that
the coordinator ends or dies or that the Dask worker does, and end.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from kafkaops import __version__
from kafkaops.loadtest.clock import clock_ns
from kafkaops.loadtest.messages import ConsumerSetup, FromWorker, ProducerSetup, ToWorker
from kafkaops.loadtest.usage import host_description

_END_S = 3.0


@dataclass(frozen=True, slots=True)
class Ended:
    """A worker process is gone. Below 0: the signal that killed it."""

    exit_code: int | None


Heard = tuple[str, FromWorker | Ended]


class Agent:
    """The workers of one host. Calls come one after another and do not wait for workers."""

    def __init__(self) -> None:
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._pipes: dict[str, Connection] = {}

    def clock(self) -> int:
        """This host's clock, as its workers read it."""
        return clock_ns()

    def about(self) -> dict[str, object]:
        """What this host is, and which kafkaops it has."""
        return {"kafkaops": __version__, **host_description()}

    def start(self, setup: ProducerSetup | ConsumerSetup) -> None:
        """Start one worker."""
        ours, theirs = Pipe()
        number = theirs.fileno()
        command = [sys.executable, "-m", "kafkaops.loadtest.agent", str(number)]
        # Not `multiprocessing`: a Dask worker is a daemon, which may have no children of that kind.
        process = subprocess.Popen(command, pass_fds=[number], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        theirs.close()
        ours.send(setup)
        self._processes[setup.name], self._pipes[setup.name] = process, ours

    def tell(self, message: ToWorker, name: str) -> None:
        """Send to one worker; one that is gone is heard of by `hear`."""
        try:
            self._pipes[name].send(message)
        except OSError:
            return

    def hear(self) -> list[Heard]:
        """What workers said since the last time."""
        found: list[Heard] = []
        for name, pipe in list(self._pipes.items()):
            try:
                while pipe.poll(0):
                    found.append((name, pipe.recv()))
            except (EOFError, OSError):
                del self._pipes[name]
                found.append((name, Ended(self._exit_code(name))))
        return found

    def end(self) -> None:
        """See that no worker is left."""
        for pipe in self._pipes.values():
            pipe.close()
        self._pipes.clear()
        for name in list(self._processes):
            if self._exit_code(name) is None:
                self._processes[name].kill()  # workers pass SIGTERM over
                self._processes[name].wait()
        self._processes.clear()

    def _exit_code(self, name: str) -> int | None:
        try:
            return self._processes[name].wait(_END_S)
        except subprocess.TimeoutExpired:
            return None


def main() -> None:
    """A worker process: the pipe's number is its argument, its setup the first message."""
    from kafkaops.loadtest.consumer import consume
    from kafkaops.loadtest.producer import produce

    number = int(sys.argv[1])
    os.set_inheritable(number, False)
    connection = Connection(number)
    setup: ProducerSetup | ConsumerSetup = connection.recv()
    if isinstance(setup, ProducerSetup):
        produce(setup, connection)
    else:
        consume(setup, connection)


if __name__ == "__main__":
    main()
