"""A run's figures for Prometheus, second by second while it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from kafkaops.errors import PlatformError, UsageError
from kafkaops.loadtest.progress import Progress

_PREFIX = "kafkaops_loadtest"
_LOCAL = "127.0.0.1"


class Metrics(Collector):
    """Takes in each second's progress; Prometheus asks for it whenever it likes."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last: tuple[Progress, ...] = ()

    def note(self, seconds: tuple[Progress, ...]) -> None:
        """One more second of every load."""
        with self._lock:
            self._last = seconds

    def collect(self) -> Iterator[Metric]:
        """All families."""
        with self._lock:
            last = self._last
        counted = CounterMetricFamily(f"{_PREFIX}_records", "Records since the start.", labels=["topic", "stage"])
        for each in last:
            for stage in ("acked", "consumed", "due", "sent"):
                counted.add_metric([each.topic, stage], getattr(each.since_start, stage))
        yield counted
        failed = CounterMetricFamily(f"{_PREFIX}_errors", "Records that were not acked.", labels=["topic"])
        for each in last:
            failed.add_metric([each.topic], each.errors)
        yield failed
        response = GaugeMetricFamily(
            f"{_PREFIX}_response_seconds", "Response time in the last second.", labels=["topic", "quantile"]
        )
        for each in last:
            for quantile, value in (("0.5", each.p50_ns), ("0.99", each.p99_ns)):
                if value is not None:
                    response.add_metric([each.topic, quantile], value / 1e9)
        yield response
        for name, meaning in (
            ("backlog", "Records acked and not consumed by the slowest group."),
            ("in_flight", "Records handed over and not acked."),
            ("remaining_s", "Seconds until the last record is due."),
            ("warming_up", "Whether nothing is measured yet."),
        ):
            gauge = GaugeMetricFamily(f"{_PREFIX}_{name.replace('_s', '_seconds')}", meaning, labels=["topic"])
            for each in last:
                if getattr(each, name) is not None:
                    gauge.add_metric([each.topic], float(getattr(each, name)))
            yield gauge


@contextmanager
def serving(where: str) -> Iterator[tuple[Metrics, str]]:
    """(the metrics, their address). `where` is a port of this host, or HOST:PORT. Raises KO020."""
    host, _, number = where.rpartition(":")
    if not number.isdigit() or int(number) > 65_535:
        raise UsageError.of("KO020", f"--prometheus {where}: write PORT or HOST:PORT", hint="--prometheus 9400")
    metrics, registry = Metrics(), CollectorRegistry()
    registry.register(metrics)
    try:
        server, thread = start_http_server(int(number), host or _LOCAL, registry)
    except OSError as error:
        raise PlatformError.of(
            "KO020", f"metrics cannot be served at {where}: {error.strerror}", hint="choose another port"
        ) from error
    try:
        yield metrics, f"http://{host or _LOCAL}:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
