"""A quota on what the producers of load tests may write to each broker."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from kafkaops.devcluster.java import runtime
from kafkaops.devcluster.layout import install
from kafkaops.devcluster.paths import cache_home

CLIENT = "producer 1"
"""The client id of a load test's first producer."""


@contextmanager
def producer_byte_rate(servers: str, bytes_per_second: int) -> Iterator[None]:
    """Bytes per second that the client may write to each broker, set with Kafka's own tool."""
    _alter(servers, "--add-config", f"producer_byte_rate={bytes_per_second}")
    try:
        yield
    finally:
        _alter(servers, "--delete-config", "producer_byte_rate")


def _alter(servers: str, *change: str) -> None:
    jars = install(["kafka"], cache_home(), lambda _: None).class_path("kafka")
    command = [
        str(runtime()),
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
        "-cp",
        jars,
        "kafka.admin.ConfigCommand",
    ]
    command += ["--bootstrap-server", servers, "--alter", "--entity-type", "clients", "--entity-name", CLIENT, *change]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if ended.returncode:
        raise SystemExit(ended.stdout + ended.stderr)
