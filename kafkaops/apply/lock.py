"""One apply at a time for each project and environment: waiting for the lock, and saying who has it."""

from __future__ import annotations

import time
from collections.abc import Callable

from kafkaops.clients.election import Candidate, Election
from kafkaops.errors import PlatformError, RefusedError

_LOOK_S = 0.25


def take_lock(
    election: Election, candidate: Candidate, timeout_s: float, say: Callable[[str], None], stopped: Callable[[], bool]
) -> None:
    """Be elected, waiting for up to `timeout_s`. Raises `RefusedError` (KO874, exit 4) naming who holds the lock."""
    until = time.monotonic() + timeout_s
    while True:
        if election.stand(candidate):
            return
        holder = election.holder()
        if time.monotonic() >= until or stopped():
            raise _held(holder, timeout_s)
        if holder is not None:
            say(f"Waiting for the lock, held by {holder}")
        time.sleep(_LOOK_S)


def _held(holder: Candidate | None, waited_s: float) -> RefusedError:
    who = f"by {holder}" if holder is not None else "by a run that is just starting or ending"
    return RefusedError.of(
        "KO874",
        f"another run of this project holds the lock, {who}",
        detail=f"waited for {waited_s:.0f} s; nothing was done",
        hint="wait for it with --lock-timeout 10m; a process that died lets go by itself within 15 s",
    )


class HeldLock:
    """Whether the lock is still held, asked before each batch. An unanswered question counts as no."""

    def __init__(self, election: Election) -> None:
        self._election = election
        self.lost: str | None = None
        """Why it is not held any more."""

    def __call__(self) -> bool:
        """One heartbeat."""
        if self.lost is not None:
            return False
        try:
            if not self._election.confirm():
                self.lost = "it was not heard of for longer than the lock's session timeout"
        except PlatformError as error:
            self.lost = f"the lock could not be confirmed: {error.diagnostics[0].summary}"
        return self.lost is None
