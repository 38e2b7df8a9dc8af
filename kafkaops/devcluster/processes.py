"""Processes: started detached, recognised by id and start time, ended with a bound."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from kafkaops.devcluster.model import ProcessRef

LOG_LIMIT_BYTES = 10_000_000
# The kernel counts a process's start in ticks since boot; the wall time of boot drifts with the clock.
_START_TOLERANCE_S = 2.0
# What a child inherits. Everything else stays out: options meant for the user's own Java programs,
# settings of Quarkus or moto, credentials.
_INHERITED = ("PATH", "HOME", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV")


@dataclass(frozen=True, slots=True)
class Command:
    """How to run a node: arguments, working directory, and what its environment adds."""

    argv: Sequence[str]
    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold back Ctrl-C and SIGTERM, so that a process is never started without being written down.

    Only the main thread gets signals; elsewhere this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda received, _: held.append(received)) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for received in held:
            signal.raise_signal(received)


def spawn(command: Command, log_file: Path) -> ProcessRef:
    """Start a process in a session of its own, which therefore outlives this one and its terminal.

    Its output goes to `log_file`, whose former content is kept once, as `….1`, when it has grown.
    Raises OSError when the program cannot be run.
    """
    _rotate(log_file)
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    # Java takes the encoding of file names from the locale; without this, a path with an umlaut is lost.
    environment["LC_ALL"] = "C.UTF-8"
    environment.update(command.environment)
    with log_file.open("ab") as log:
        process = subprocess.Popen(  # it is meant to outlive us
            command.argv,
            cwd=command.directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        started_at = psutil.Process(process.pid).create_time()
    except psutil.NoSuchProcess:
        started_at = time.time()
    # Popen would warn when this object goes away while the child runs.
    process.returncode = 0
    return ProcessRef(process.pid, started_at)


def _rotate(log_file: Path) -> None:
    log_file.parent.mkdir(parents=True, exist_ok=True)
    if log_file.exists() and log_file.stat().st_size > LOG_LIMIT_BYTES:
        log_file.replace(log_file.with_name(log_file.name + ".1"))


def find(ref: ProcessRef) -> psutil.Process | None:
    """The running process that `ref` means, or None if it ended, even if its id is in use again."""
    try:
        process = psutil.Process(ref.pid)
        same = abs(process.create_time() - ref.started_at) < _START_TOLERANCE_S
        if not same or process.status() == psutil.STATUS_ZOMBIE:
            return None
    except psutil.NoSuchProcess:
        return None
    return process


def is_running(ref: ProcessRef | None) -> bool:
    """Whether the process that was started still runs."""
    return ref is not None and find(ref) is not None


def end(refs: Sequence[ProcessRef], wait_s: float) -> tuple[ProcessRef, ...]:
    """End those processes: ask, wait up to `wait_s` seconds for all together, then kill.

    Returns those that had to be killed. A process that is gone already, or whose id now belongs to
    another program, is left alone.
    """
    found = {process.pid: process for process in map(find, refs) if process is not None}
    for process in found.values():
        try:
            process.terminate()
        except psutil.NoSuchProcess:
            continue
    _, alive = psutil.wait_procs(list(found.values()), timeout=wait_s)
    for process in alive:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(alive, timeout=10)
    killed = {process.pid for process in alive}
    return tuple(ref for ref in refs if ref.pid in killed)
