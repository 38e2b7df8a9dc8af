"""Proxies that count what goes over the wire, and that cut, delay or freeze it.

`KafkaWire` stands before every broker of a cluster: it rewrites the brokers' ports in the answers that name
them, so that clients keep going through it, and counts requests by their API key. `HttpWire` stands before
one HTTP server and counts request lines. Plaintext on 127.0.0.1 only; nothing else is changed.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Self

from kafka.protocol.api_key import ApiKey

NAMES = {int(key): key.name for key in ApiKey}
UPKEEP = frozenset({"ApiVersions", "SaslHandshake", "SaslAuthenticate", "Metadata"})
"""What clients send on their own account: version negotiation, authentication, metadata refresh."""
_NAMING_BROKERS = frozenset({"Metadata", "FindCoordinator", "DescribeCluster"})
_HOST = b"127.0.0.1"


class Faults:
    """What is done to the traffic, from any thread, at any time."""

    def __init__(self) -> None:
        self.delay_s = 0.0
        """Added before each chunk or frame towards the server."""
        self._flowing = threading.Event()
        self._flowing.set()
        self.refusing = False
        """New connections are closed at once."""

    def freeze(self) -> None:
        """Let nothing through in either direction; connections stay open."""
        self._flowing.clear()

    def thaw(self) -> None:
        """Let everything through again."""
        self._flowing.set()

    def wait(self, *, towards_server: bool) -> None:
        """Called before each piece is passed on."""
        self._flowing.wait()
        if towards_server and self.delay_s:
            time.sleep(self.delay_s)


class Relay:
    """One listening port before one server. `passing` turns what arrives into what is sent on."""

    def __init__(self, target: tuple[str, int], faults: Faults, session: Callable[[], Session]) -> None:
        self._target = target
        self._faults = faults
        self.own_faults = Faults()
        """What is done to the traffic of this server alone."""
        self._session = session
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._closed = False
        threading.Thread(target=self._accept, name=f"relay-{self.port}", daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def cut(self) -> None:
        """Close every connection that is open now."""
        with self._lock:
            ending, self._open = self._open, set()
        for end in ending:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End it."""
        self._closed = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._faults.refusing or self.own_faults.refusing:
                client.close()
                continue
            try:
                server = socket.create_connection(self._target, timeout=10)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open.update((client, server))
            session = self._session()
            for source, sink, passing, to_server in (
                (client, server, session.requests, True),
                (server, client, session.answers, False),
            ):
                threading.Thread(
                    target=self._pump, args=(source, sink, passing, to_server), name="relay", daemon=True
                ).start()

    def _pump(
        self,
        source: socket.socket,
        sink: socket.socket,
        passing: Callable[[socket.socket], Iterator[bytes]],
        to_server: bool,
    ) -> None:
        try:
            for piece in passing(source):
                self._faults.wait(towards_server=to_server)
                self.own_faults.wait(towards_server=to_server)
                sink.sendall(piece)
        except OSError:
            pass  # either side went away, which is how connections end
        finally:
            for end in (source, sink):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                with self._lock:
                    self._open.discard(end)


class Session:
    """One connection's view of its protocol."""

    def requests(self, source: socket.socket) -> Iterator[bytes]:
        """What the client sends, piece by piece."""
        raise NotImplementedError

    def answers(self, source: socket.socket) -> Iterator[bytes]:
        """What the server sends."""
        while chunk := source.recv(65536):
            yield chunk


class Wire:
    """The counting side that both proxies share."""

    def __init__(self) -> None:
        self.faults = Faults()
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._relays: list[Relay] = []
        self._awaited: tuple[Callable[[], bool], Callable[[], None]] | None = None
        self._losing: Counter[str] = Counter()

    def count(self, name: str) -> None:
        """Note one request, which is not passed on before this returns."""
        with self._lock:
            self._counts[name] += 1
        self._act()

    def when(self, reached: Callable[[], bool], act: Callable[[], None]) -> None:
        """Act once, as soon as it is reached. The request that reaches it is held meanwhile, however slow all is."""
        with self._lock:
            self._awaited = reached, act
        self._act()

    def never(self) -> None:
        """Forget what was to happen."""
        with self._lock:
            self._awaited = None

    def frozen_at(self, name: str, number: int = 1) -> threading.Event:
        """Freeze when so many requests of that name have come, and let none of them through; set when it is so."""
        frozen = threading.Event()

        def freeze() -> None:
            self.faults.freeze()
            frozen.set()

        self.when(lambda: self.counts.get(name, 0) >= number, freeze)
        return frozen

    def lose_answers(self, name: str, number: int = 1) -> None:
        """Let the server do the next so many requests of that name, and close all connections instead of answering."""
        with self._lock:
            self._losing[name] += number

    def loses(self, name: str) -> bool:
        """Whether an answer to such a request is not passed on: then no connection is open any more."""
        with self._lock:
            losing = self._losing[name] > 0
            self._losing[name] -= losing
        if losing:
            self.cut()
        return losing

    def _act(self) -> None:
        awaited = self._awaited
        if awaited is None or not awaited[0]():
            return
        with self._lock:
            mine = self._awaited is awaited
            self._awaited = None if mine else self._awaited
        if mine:
            awaited[1]()

    @property
    def counts(self) -> Mapping[str, int]:
        """Requests by name since the start or the last reset."""
        with self._lock:
            return dict(self._counts)

    @property
    def raw_total(self) -> int:
        """All requests."""
        return sum(self.counts.values())

    @property
    def total(self) -> int:
        """Requests without the clients' upkeep."""
        return sum(number for name, number in self.counts.items() if name not in UPKEEP)

    def reset(self) -> None:
        """Count from zero."""
        with self._lock:
            self._counts.clear()

    def cut(self) -> None:
        """Close every open connection."""
        for relay in self._relays:
            relay.cut()

    def close(self) -> None:
        """End the proxy."""
        self.faults.thaw()
        for relay in self._relays:
            relay.own_faults.thaw()
            relay.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class KafkaWire(Wire):
    """A proxy before every broker that `bootstrap_servers` lists; list them all, each as 127.0.0.1:PORT."""

    def __init__(self, bootstrap_servers: str) -> None:
        super().__init__()
        ports = [int(server.rpartition(":")[2]) for server in bootstrap_servers.split(",")]
        self._relays = [Relay(("127.0.0.1", port), self.faults, self._session) for port in ports]
        self._rewrites = {
            _HOST + struct.pack(">i", port): _HOST + struct.pack(">i", relay.port)
            for port, relay in zip(ports, self._relays, strict=True)
        }

    @property
    def bootstrap_servers(self) -> str:
        """The proxies' addresses."""
        return ",".join(f"127.0.0.1:{relay.port}" for relay in self._relays)

    def faults_of(self, broker: int) -> Faults:
        """What is done to one broker's traffic alone; brokers count from 1, as they are listed."""
        return self._relays[broker - 1].own_faults

    def cut_off(self, broker: int) -> None:
        """Close one broker's connections, and let nobody in."""
        self.faults_of(broker).refusing = True
        self._relays[broker - 1].cut()

    def rewritten(self, answer: bytes) -> bytes:
        """An answer with the proxies' ports for the brokers'; the same length, whatever the version."""
        for real, own in self._rewrites.items():
            answer = answer.replace(real, own)
        return answer

    def _session(self) -> Session:
        return _KafkaSession(self)


class _KafkaSession(Session):
    def __init__(self, wire: KafkaWire) -> None:
        self._wire = wire
        self._asked: dict[int, str] = {}

    def requests(self, source: socket.socket) -> Iterator[bytes]:
        for frame in _frames(source):
            key, _version, correlation = struct.unpack_from(">hhi", frame, 4)
            name = NAMES.get(key, f"Api{key}")
            self._asked[correlation] = name
            self._wire.count(name)
            yield frame

    def answers(self, source: socket.socket) -> Iterator[bytes]:
        for frame in _frames(source):
            (correlation,) = struct.unpack_from(">i", frame, 4)
            name = self._asked.pop(correlation, "")
            if self._wire.loses(name):
                return
            yield self._wire.rewritten(frame) if name in _NAMING_BROKERS else frame


class HttpWire(Wire):
    """A proxy before one HTTP/1.1 server; requests are counted as `GET /path`."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__()
        self._relays = [Relay((host, port), self.faults, self._session)]

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return self._relays[0].port

    def _session(self) -> Session:
        return _HttpSession(self)


class _HttpSession(Session):
    def __init__(self, wire: HttpWire) -> None:
        self._wire = wire

    def requests(self, source: socket.socket) -> Iterator[bytes]:
        head = bytearray()
        body_left = 0
        while chunk := source.recv(65536):
            rest = chunk
            while rest:
                if body_left:
                    taken = min(body_left, len(rest))
                    body_left, rest = body_left - taken, rest[taken:]
                    continue
                head += rest
                end = head.find(b"\r\n\r\n")
                if end < 0:
                    break
                body_left = self._noted(bytes(head[:end]))
                rest = bytes(head[end + 4 :])
                head.clear()
            yield chunk

    def _noted(self, head: bytes) -> int:
        """Count a request by its head; how long its body is."""
        line, *fields = head.decode("latin-1").split("\r\n")
        method, path, _ = line.split(" ", 2)
        self._wire.count(f"{method} {path}")
        lengths = [field.partition(":")[2] for field in fields if field.lower().startswith("content-length:")]
        return int(lengths[0]) if lengths else 0


def _frames(source: socket.socket) -> Iterator[bytes]:
    """Kafka's length-prefixed frames, prefix included, until the connection ends."""
    while head := _exactly(source, 4):
        (size,) = struct.unpack(">i", head)
        body = _exactly(source, size)
        if body is None:
            return
        yield head + body


def _exactly(source: socket.socket, size: int) -> bytes | None:
    parts: list[bytes] = []
    while size:
        chunk = source.recv(min(size, 1 << 20))
        if not chunk:
            return None
        parts.append(chunk)
        size -= len(chunk)
    return b"".join(parts)
