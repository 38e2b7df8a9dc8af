"""The clients that the ledger needs, made when it is used: plans without one do not pay for them."""

from __future__ import annotations

from collections.abc import Callable

from kafkaops.clients.election import Election
from kafkaops.clients.kafka_patience import unsaid
from kafkaops.clients.kafka_settings import KafkaSettings, Resolves
from kafkaops.clients.log import LogReader, LogWriter
from kafkaops.spec.model import KafkaConnection


class LedgerClients:
    """One environment's ledger clients, each made at the first call and closed together."""

    def __init__(
        self, connection: KafkaConnection, resolver: Resolves, office: str, say: Callable[[str], None] = unsaid
    ) -> None:
        """`office` names the group that elects and the transactional id that fences; `say` tells what is waited for."""
        self._say = say
        self._settings = KafkaSettings.of(connection, resolver)
        self._office = office
        self._reader: LogReader | None = None
        self._writer: LogWriter | None = None
        self._election: Election | None = None

    def reader(self) -> LogReader:
        """Reads logs."""
        if self._reader is None:
            from kafkaops.clients.kafka_log import KafkaLogReader

            self._reader = KafkaLogReader(self._settings, self._office, self._say)
        return self._reader

    def writer(self) -> LogWriter:
        """Writes logs; shuts out nobody before `begin`."""
        if self._writer is None:
            from kafkaops.clients.kafka_log import KafkaLogWriter

            self._writer = KafkaLogWriter(self._settings, self._office, self._say)
        return self._writer

    def election(self) -> Election:
        """Holds the lock."""
        if self._election is None:
            from kafkaops.clients.kafka_election import KafkaElection

            self._election = KafkaElection(self._settings, self._office, self._say)
        return self._election

    def close(self) -> None:
        """Resign and let all connections go."""
        for client in (self._election, self._writer, self._reader):
            if client is not None:
                client.close()
