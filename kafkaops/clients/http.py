"""A thin, careful HTTP client for JSON APIs: the schema registry's and Kafka Connect's.

It tries again where that is safe, waits when it is told to wait (429), and takes nothing for an answer
that is not one: HTML, a redirect and half an answer are errors. `http_errors.py` has their codes.
"""

from __future__ import annotations

import email.utils
import json
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus
from typing import TYPE_CHECKING

from kafkaops.clients import http_errors
from kafkaops.clients.http_connection import Resolves, make_client
from kafkaops.clients.http_errors import Asked, HttpStatusError
from kafkaops.errors import PlatformError
from kafkaops.plan.model import Json
from kafkaops.spec.model import HttpConnection

if TYPE_CHECKING:
    import httpx

Params = Mapping[str, str | int | bool]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to try, in seconds."""

    attempts: int = 4
    """Tries of a request that may be repeated."""
    first_pause_s: float = 0.2
    """Doubled after each try, with jitter."""
    connect_s: float = 5.0
    """For one connection; a host name with two addresses takes twice that."""
    throttled_s: float = 60.0
    """All waits together that one request accepts when the server asks for them."""


DEFAULT_PATIENCE = Patience()
_PASSING_STATUSES = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT})
_THROTTLED_PAUSES_S = (1.0, 2.0, 4.0, 8.0)
"""Waits after a 429 that names none (no Retry-After)."""


class _Fate(Enum):
    """How far a request got before it failed; that decides whether it may be sent again."""

    NOT_SENT = auto()
    PERHAPS_DONE = auto()
    THROTTLED = auto()


class _PassingError(Exception):
    """A failure that may pass. `wait_s` is what the server asked for."""

    def __init__(self, error: PlatformError, fate: _Fate, wait_s: float | None = None) -> None:
        super().__init__(error)
        self.error, self.fate, self.wait_s = error, fate, wait_s


@dataclass(slots=True)
class _Tries:
    """What one request went through so far."""

    failed: int = 0
    throttled: int = 0
    waited_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer below 400. `data` is the parsed JSON, None when the body was empty."""

    status: int
    data: Json
    content: bytes = b""
    """The raw body of a request made with `raw=True`."""


class HttpApi:
    """One system's REST API under a base URL. Safe to use from several threads."""

    def __init__(
        self,
        system: str,
        url: str,
        client: httpx.Client,
        *,
        timeout_s: float = 30.0,
        say: Callable[[str], None] | None = None,
        patience: Patience = DEFAULT_PATIENCE,
    ) -> None:
        """`system` is named in messages, with its article; `url` must hold no credentials."""
        self.system, self.url = system, url.rstrip("/")
        self._client, self._timeout_s, self._patience = client, timeout_s, patience
        self._say = say or (lambda _message: None)
        self._gate_lock = threading.Lock()
        self._gate = 0.0
        """Monotonic time before which nothing is sent: one thread that is throttled holds all."""

    @classmethod
    def open(
        cls,
        system: str,
        connection: HttpConnection,
        resolver: Resolves,
        *,
        media_type: str = "application/json",
        say: Callable[[str], None] | None = None,
        patience: Patience = DEFAULT_PATIENCE,
    ) -> HttpApi:
        """The API as an environment declares it; nothing is sent yet.

        Raises `SpecError` for a reference that cannot be resolved, `PlatformError` KO458 for a URL or a
        certificate file that cannot be used.
        """
        url, client = make_client(system, connection, resolver, media_type)
        timeout_s = connection.request_timeout / 1000
        return cls(system, url, client, timeout_s=timeout_s, say=say, patience=patience)

    def at(self, url: str) -> HttpApi:
        """Another API of the same system, by the same connections."""
        return HttpApi(
            self.system, url, self._client, timeout_s=self._timeout_s, say=self._say, patience=self._patience
        )

    def get(self, path: str, params: Params | None = None) -> Json:
        """The JSON at a path. Raises `HttpStatusError` for 400 and above, `PlatformError` otherwise."""
        return self.request("GET", path, params=params).data

    def get_bytes(self, path: str, params: Params | None = None) -> bytes:
        """The body at a path, whatever its type."""
        return self.request("GET", path, params=params, raw=True).content

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: Json = None,
        repeatable: bool | None = None,
        raw: bool = False,
        media_type: str = "application/json",
    ) -> Answer:
        """Send a request until it is answered or trying again is pointless.

        `path` is quoted already. `repeatable` says that sending it twice does no harm; GETs are. What was
        certainly not taken up (no connection, 429) is tried again whatever the method.
        """
        repeatable = method == "GET" if repeatable is None else repeatable
        asked = Asked(self.system, self.url, method, path)
        content = None if body is None else json.dumps(body).encode()
        headers = {} if content is None else {"Content-Type": media_type}
        tries = _Tries()
        while True:
            try:
                response = self._send(asked, params, content, headers)
                return _read(asked, response, raw)
            except _PassingError as passing:
                time.sleep(self._pause(asked, passing, tries, repeatable))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _send(
        self, asked: Asked, params: Params | None, content: bytes | None, headers: Mapping[str, str]
    ) -> httpx.Response:
        """Send once; transport trouble comes out as `PlatformError`, or `_PassingError` where it may pass."""
        import httpx

        self._wait_at_gate()
        patience = self._patience
        timeout = httpx.Timeout(self._timeout_s, connect=min(patience.connect_s, self._timeout_s), pool=None)
        try:
            return self._client.request(
                asked.method,
                self.url + asked.path,
                params=params,
                content=content,
                headers=headers,
                timeout=timeout,
            )
        except httpx.ConnectTimeout as error:
            raise http_errors.timed_out(asked, patience.connect_s, connecting=True) from error
        except httpx.ConnectError as error:
            failure = http_errors.unreachable(asked, error)
            raise (_PassingError(failure, _Fate.NOT_SENT) if http_errors.may_pass(error) else failure) from error
        except httpx.TimeoutException as error:
            raise http_errors.timed_out(asked, self._timeout_s, connecting=False) from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            failure = http_errors.broke_off(asked, str(error))
            raise _PassingError(failure, _Fate.PERHAPS_DONE) from error

    def _pause(self, asked: Asked, passing: _PassingError, tries: _Tries, repeatable: bool) -> float:
        """Seconds until the next try; raises the failure itself when there is none."""
        patience = self._patience
        jitter = 0.75 + random.random() / 2
        if passing.fate is _Fate.THROTTLED:
            pause_s = _THROTTLED_PAUSES_S[min(tries.throttled, len(_THROTTLED_PAUSES_S) - 1)] * jitter
            pause_s = pause_s if passing.wait_s is None else passing.wait_s
            tries.throttled += 1
            tries.waited_s += pause_s
            if tries.waited_s > patience.throttled_s:
                raise http_errors.throttled_too_long(asked, pause_s, patience.throttled_s) from passing
            self._hold(asked, pause_s)
            return pause_s
        tries.failed += 1
        if tries.failed >= patience.attempts or (passing.fate is _Fate.PERHAPS_DONE and not repeatable):
            raise passing.error from passing.__cause__
        return float(patience.first_pause_s * 2 ** (tries.failed - 1) * jitter)

    def _hold(self, asked: Asked, pause_s: float) -> None:
        """Keep every thread from sending for a while, and say so once."""
        until = time.monotonic() + pause_s
        with self._gate_lock:
            news = self._gate < time.monotonic()
            self._gate = max(self._gate, until)
        if news:
            self._say(f"{asked} is throttling; waiting {pause_s:.1f} s")

    def _wait_at_gate(self) -> None:
        with self._gate_lock:
            pause_s = self._gate - time.monotonic()
        if pause_s > 0:
            time.sleep(pause_s + random.uniform(0, 0.05))


def _read(asked: Asked, response: httpx.Response, raw: bool) -> Answer:
    """The answer in a response; raises for everything that is none."""
    status = response.status_code
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        error = HttpStatusError.answered(asked, status, None)
        raise _PassingError(error, _Fate.THROTTLED, _retry_after_s(response.headers.get("Retry-After")))
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        raise http_errors.redirected(asked, status, response.headers.get("Location", ""))
    if status >= HTTPStatus.BAD_REQUEST:
        error = HttpStatusError.answered(asked, status, _json_or_none(response), _plain_text(response))
        if status in _PASSING_STATUSES:
            raise _PassingError(error, _Fate.PERHAPS_DONE)
        raise error
    if raw:
        return Answer(status, None, response.content)
    return Answer(status, _json(asked, response))


def _json(asked: Asked, response: httpx.Response) -> Json:
    """The parsed body. What begins as JSON and does not end as JSON broke off on the way."""
    if not response.content:
        return None
    try:
        data: Json = json.loads(response.content)
    except ValueError as error:
        if response.content.lstrip()[:1] in (b"{", b"["):
            failure = http_errors.broke_off(asked, f"{len(response.content)} bytes came, not ending as JSON")
            raise _PassingError(failure, _Fate.PERHAPS_DONE) from error
        content_type = response.headers.get("Content-Type", "")
        raise http_errors.not_of_this_api(asked, response.status_code, content_type, response.text) from error
    return data


def _json_or_none(response: httpx.Response) -> Json:
    """The parsed body of an error, which need not have one."""
    try:
        data: Json = json.loads(response.content)
    except ValueError:
        return None
    return data


def _plain_text(response: httpx.Response) -> str:
    """An error's body for people; a page of HTML is none."""
    return "it sent HTML" if "html" in response.headers.get("Content-Type", "") else response.text


def _retry_after_s(header: str | None) -> float | None:
    """Seconds of a Retry-After header: a number, or an HTTP date (RFC 9110, 10.2.3)."""
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        until = email.utils.parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(0.0, until.timestamp() - time.time())
