"""Who may act, decided by a Kafka consumer group: values and the port. `kafka_election.py` implements it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who stands for election. All of it is shown to those who wait."""

    run: str
    """The run's id."""
    by: str
    """The user, as this machine knows them."""
    host: str
    pid: int
    since: str
    """When it was elected or began to stand, ISO 8601 with offset."""

    def __str__(self) -> str:
        return f"{self.by} on {self.host} (process {self.pid}, run {self.run}, since {self.since})"


class Election(Protocol):
    """One office, held by at most one candidate at a time. Methods raise `PlatformError`."""

    def holder(self) -> Candidate | None:
        """Who holds the office, as far as can be told; None when it is free."""
        ...

    def stand(self, candidate: Candidate) -> bool:
        """Try to be elected; False when somebody else was. The office is kept by heartbeats from then on."""
        ...

    def confirm(self) -> bool:
        """Ask whether the office is still held. Once lost it stays lost."""
        ...

    def resign(self) -> None:
        """Give the office up. Harmless when it was not held."""
        ...

    def close(self) -> None:
        """Let the connections go. Harmless when called twice."""
        ...
