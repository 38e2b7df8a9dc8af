"""The same workers on many machines, through Dask distributed: one agent on each Dask worker.

Dask carries everything: code is not shipped, each Dask worker needs kafkaops of the same version; messages go through
Dask's own connections, so that no other port has to be open, and are as secret as those are.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from contextlib import suppress
from time import monotonic, monotonic_ns, sleep
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kafkaops import __version__
from kafkaops.clients.kafka_settings import KafkaSettings
from kafkaops.errors import PlatformError, RefusedError, UsageError
from kafkaops.loadtest.agent import Agent, Ended
from kafkaops.loadtest.fleet import Role, Worker, why_gone
from kafkaops.loadtest.host_clock import HostClock, Offset, Reading, offset_of
from kafkaops.loadtest.messages import ConsumerSetup, FromWorker, ProducerSetup, Start, ToWorker
from kafkaops.loadtest.placement import host_of

if TYPE_CHECKING:
    from distributed import Client

_CONNECT_S = 10
_ANSWER_S = 15.0
"""A host that says nothing for so long is taken for lost."""
_PAUSE_S = 0.05
_PROBES = 40


class DaskFleet:
    """Workers on the hosts of a Dask cluster. Raises `UsageError`, `RefusedError` and `PlatformError` (KO018)."""

    def __init__(self, address: str, settings: KafkaSettings) -> None:
        self.workers: list[Worker] = []
        self._address = dask_address(address, settings)
        self._client = _connect(self._address)
        self._names: list[str] = sorted(self._client.scheduler_info(n_workers=-1)["workers"])
        if not self._names:
            self._client.close()
            raise PlatformError.of("KO018", f"{address} has no Dask workers", hint="dask worker tcp://…:8786")
        self._agents: list[Any] = []
        self._gone: dict[int, str] = {}
        self._before: list[Offset] = []
        self._after: list[Offset] = []
        self._about: dict[str, dict[str, object]] = {}
        try:
            self._place_agents()
        except BaseException:
            self.close()
            raise

    @property
    def hosts(self) -> int:
        """Each Dask worker counts as a host."""
        return len(self._names)

    def start(self, role: Role, load: int, group: int, setup: ProducerSetup | ConsumerSetup) -> None:
        """Start one worker on the host that its share falls to."""
        worker = Worker(setup.name, role, load, group, host_of(setup.share, self.hosts))
        self.workers.append(worker)
        self._call(worker.host, "start", setup)
        if worker.host in self._gone:
            raise PlatformError.of("KO018", self._gone[worker.host], hint="look at the Dask worker's log")

    def tell(self, message: ToWorker, role: Role | None = None) -> None:
        """Send to all that live, or to those of one role, times in the clocks of their hosts."""
        for worker in self.workers:
            if worker.alive and (role is None or worker.role is role):
                sent = self._in_time_of(worker, message) if isinstance(message, Start) else message
                self._call(worker.host, "tell", sent, worker.name)

    def listen(self, timeout_s: float) -> Iterator[tuple[Worker, FromWorker]]:
        """What comes in within a time; workers that ended without a last word are marked lost."""
        deadline = monotonic() + timeout_s
        by_name = {worker.name: worker for worker in self.workers}
        while True:
            heard = self._hear()
            for name, message in heard:
                worker = by_name[name]
                if not isinstance(message, Ended):
                    yield worker, message
                elif worker.alive:
                    worker.lost = f"{why_gone(name, message.exit_code)} on {self._names[worker.host]}"
            if heard or monotonic() + _PAUSE_S > deadline:
                return
            sleep(_PAUSE_S)

    def compare_clocks(self) -> None:
        """Before the run starts."""
        self._before = self._offsets()

    def clocks(self) -> tuple[HostClock, ...]:
        """Read once more, and compared with the start of the run. Hosts that are gone are left out."""
        if not self._before:
            return ()
        self._after = self._offsets()
        return tuple(
            HostClock(name, before, after)
            for number, (name, before, after) in enumerate(zip(self._names, self._before, self._after, strict=True))
            if number not in self._gone
        )

    def about(self) -> Mapping[str, Mapping[str, object]]:
        """The hosts as they describe themselves."""
        return self._about

    def end(self) -> None:
        """See that no worker is left; the agents stay for the next run."""
        for host in range(len(self._agents)):
            self._call(host, "end")
        self.workers, self._before, self._after = [], [], []

    def close(self) -> None:
        """Let the Dask cluster go."""
        self._agents = []
        self._client.close()

    # ---- agents

    def _place_agents(self) -> None:
        futures = [
            self._client.submit(Agent, workers=[name], actor=True, pure=False, allow_other_workers=False)
            for name in self._names
        ]
        for name, future in zip(self._names, futures, strict=True):
            try:
                agent = future.result(timeout=_ANSWER_S)
                about: dict[str, object] = agent.about().result(timeout=_ANSWER_S)
            except Exception as error:
                # Whatever the Dask worker raised arrives as itself: often that it has no kafkaops.
                raise PlatformError.of(
                    "KO018", f"Dask worker {name} cannot run kafkaops: {type(error).__name__}: {error}",
                    hint=f"install kafkaops[fleet]=={__version__} where the Dask worker runs",
                ) from error  # fmt: skip
            if about["kafkaops"] != __version__:
                raise PlatformError.of(
                    "KO018",
                    f"Dask worker {name} has kafkaops {about['kafkaops']}, and this is {__version__}",
                    hint="install the same version everywhere",
                )
            self._agents.append(agent)
            self._about[name] = about

    def _call(self, host: int, method: str, *arguments: object) -> Any:
        """Call an agent. One that does not answer is lost, and all its workers are."""
        if host in self._gone:
            return None
        try:
            return getattr(self._agents[host], method)(*arguments).result(timeout=_ANSWER_S)
        except (OSError, RuntimeError, TimeoutError) as error:
            self._lose(host, error)
            return None

    def _hear(self) -> list[tuple[str, FromWorker | Ended]]:
        """From all hosts at once."""
        asked = []
        for host, agent in enumerate(self._agents):
            if host not in self._gone and any(worker.alive and worker.host == host for worker in self.workers):
                try:
                    asked.append((host, agent.hear()))
                except RuntimeError as error:  # Dask knows already that it is gone
                    self._lose(host, error)
        found = []
        for host, future in asked:
            try:
                found += future.result(timeout=_ANSWER_S)
            except (OSError, RuntimeError, TimeoutError) as error:
                self._lose(host, error)
        return found

    def _lose(self, host: int, error: Exception) -> None:
        why = f"Dask worker {self._names[host]} does not answer any more ({type(error).__name__})"
        self._gone[host] = why
        for worker in self.workers:
            if worker.host == host and worker.alive:
                worker.lost = f"{worker.name}: {why}"

    # ---- clocks

    def _offsets(self) -> list[Offset]:
        """Theirs minus ours, host by host."""
        found = []
        for host in range(self.hosts):
            readings = []
            for _ in range(_PROBES):
                asked = monotonic_ns()
                theirs = self._call(host, "clock")
                answered = monotonic_ns()
                if theirs is not None:
                    readings.append(Reading(asked, theirs, answered))
            found.append(offset_of(readings) if readings else Offset(monotonic_ns(), 0, 0))
        return found

    def _in_time_of(self, worker: Worker, start: Start) -> Start:
        """The start on the clock of a worker's host; to consumers also how the clocks of producers differ from it."""
        own = self._before[worker.host].offset_ns
        differences = {}
        if worker.role is Role.CONSUMER:
            producers = [each for each in self.workers if each.role is Role.PRODUCER]
            for index, producer in enumerate(producers):
                if producer.host != worker.host:
                    differences[index] = own - self._before[producer.host].offset_ns
        return Start(start.origin_ns + own, differences)


def dask_address(address: str, settings: KafkaSettings) -> str:
    """Dask's own form of `dask://…`. Raises `UsageError`, and `RefusedError` where a password would be seen (KO018)."""
    parts = urlsplit(address)
    scheme = {"dask": "tcp", "dask+tls": "tls"}.get(parts.scheme)
    if scheme is None or parts.hostname is None:
        raise UsageError.of("KO018", f"--fleet {address}: write dask://SCHEDULER:8786, or dask+tls://SCHEDULER:8786")
    secret = settings.sasl_password or settings.ssl_key_password
    if secret and scheme == "tcp" and not _is_this_host(parts.hostname):
        raise RefusedError.of(
            "KO018",
            "the environment's password would travel to the Dask workers unencrypted",
            hint="secure Dask's connections with TLS and use dask+tls://",
        )
    return f"{scheme}://{parts.hostname}:{parts.port or 8786}"


def _is_this_host(name: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(name).is_loopback
    return name == "localhost"


def _connect(address: str) -> Client:
    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise UsageError.of("KO018", "--fleet needs Dask distributed", hint="pip install 'kafkaops[fleet]'") from None
    try:
        return Client(address, timeout=_CONNECT_S)  # as the default, which is where actors look for it
    except (OSError, TimeoutError) as error:
        raise PlatformError.of(
            "KO018", f"no Dask scheduler answers at {address}", detail=str(error), hint="dask scheduler --port 8786"
        ) from error
