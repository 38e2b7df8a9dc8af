"""Kafka Connect over HTTP: `Connect` as its REST API gives it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from urllib.parse import quote

from kafkaops.clients import connect_answers as answers
from kafkaops.clients.connect import (
    ConnectorStatus,
    Plugin,
    RunState,
    Scrub,
    SeenConnector,
    Validation,
    WorkerInfo,
)
from kafkaops.clients.http import HttpApi, Params
from kafkaops.clients.http_connection import Resolves
from kafkaops.clients.http_errors import HttpStatusError, shortened
from kafkaops.errors import PlatformError
from kafkaops.plan.model import Json
from kafkaops.spec.model import HttpConnection

SYSTEM = "Kafka Connect"


@dataclass(frozen=True, slots=True)
class BusyPatience:
    """How long Connect may be busy, in seconds."""

    rebalance_s: float = 60.0
    """409 and leaders that are not there yet. A worker that left is waited for 5 min by its group
    (scheduled.rebalance.max.delay.ms), but requests are answered meanwhile."""
    listing_s: float = 10.0
    """A connector that the plain listing has and the expanded one lacks."""
    pause_s: float = 0.5


def _nothing(_text: str) -> None:
    """Says nothing."""


def _unchanged(text: str) -> str:
    return text


class RestConnect:
    """A Connect cluster reached through one of its workers. Safe to use from several threads."""

    def __init__(
        self,
        api: HttpApi,
        *,
        say: Callable[[str], None] = _nothing,
        patience: BusyPatience | None = None,
    ) -> None:
        self._api, self._say, self._patience = api, say, patience or BusyPatience()
        self.url = api.url
        self._worker: WorkerInfo | None = None

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def worker(self) -> WorkerInfo:
        """`GET /`, asked once."""
        if self._worker is None:
            self._worker = answers.worker_info(self._api.get("/"))
        return self._worker

    def names(self) -> frozenset[str]:
        """The plain listing."""
        return frozenset(answers.connector_names(self._request("GET", "/connectors")))

    def connectors(self, expected: Sequence[str] = ()) -> Mapping[str, SeenConnector]:
        """The expanded listing, cross-checked for those expected that it lacks."""
        deadline = time.monotonic() + self._patience.listing_s
        while True:
            listing = self._request("GET", "/connectors?expand=info&expand=status")
            seen = answers.seen_connectors(listing)
            missing = set(expected) - seen.keys()
            withheld = missing & self.names() if missing else set()
            if not withheld:
                return seen
            if time.monotonic() > deadline:
                raise _short_listing(self.url, sorted(withheld))
            time.sleep(self._patience.pause_s)

    def config(self, name: str) -> Mapping[str, str | None] | None:
        """`GET /connectors/{name}/config`."""
        try:
            return answers.config(self._request("GET", f"{_path(name)}/config"), f"config of connector {name}")
        except HttpStatusError as error:
            if _is_absent(error):
                return None
            raise

    def status(self, name: str) -> ConnectorStatus | None:
        """`GET /connectors/{name}/status`; None when the worker knows no status of it."""
        try:
            answer = self._request("GET", f"{_path(name)}/status")
        except HttpStatusError as error:
            if _is_absent(error):
                return None
            raise
        return answers.connector_status(answer, name)

    def task_configs(self, name: str) -> Mapping[int, Mapping[str, str | None]] | None:
        """`GET /connectors/{name}/tasks`."""
        try:
            return answers.task_configs(self._request("GET", f"{_path(name)}/tasks"), name)
        except HttpStatusError as error:
            if _is_absent(error):
                return None
            raise

    def offsets(self, name: str) -> tuple[Json, ...]:
        """`GET /connectors/{name}/offsets`."""
        return answers.offsets(self._named("GET", name, "/offsets"), name)

    def plugins(self) -> tuple[Plugin, ...]:
        """`GET /connector-plugins`, of every type (workers before 3.2 list connectors only)."""
        return answers.plugins(self._request("GET", "/connector-plugins", params={"connectorsOnly": "false"}))

    def key_types(self, connector_class: str) -> Mapping[str, str] | None:
        """`GET /connector-plugins/{class}/config`."""
        try:
            return answers.key_types(self._request("GET", f"/connector-plugins/{_quoted(connector_class)}/config"))
        except HttpStatusError as error:
            # An unknown class is a 404, or a 400 where the worker takes it for a bad request; before 3.2
            # there is no such resource. A plugin that fails while it is asked is a 500 (some of Camel's are such).
            # Types only sharpen what is masked: names and references remain.
            if error.status in _NO_TYPES:
                return None
            raise

    def validate(self, connector_class: str, config: Mapping[str, str], scrub: Scrub) -> Validation:
        """`PUT /connector-plugins/{class}/config/validate`, secrets taken out of the errors."""
        path = f"/connector-plugins/{_quoted(connector_class)}/config/validate"
        found = answers.validation(self._sending("PUT", path, dict(config), scrub, repeatable=True))
        findings = tuple(
            replace(finding, errors=tuple(shortened(scrub(error)) for error in finding.errors))
            for finding in found.findings
        )
        return replace(found, findings=findings)

    def create(self, name: str, config: Mapping[str, str], initial_state: RunState, scrub: Scrub) -> None:
        """`POST /connectors`."""
        body: dict[str, Json] = {"name": name, "config": {**config, "name": name}}
        if initial_state is not RunState.RUNNING:  # workers before 3.7 do not know the field
            body["initial_state"] = initial_state.value
        self._sending("POST", "/connectors", body, scrub, repeatable=False)

    def put_config(self, name: str, config: Mapping[str, str], scrub: Scrub) -> None:
        """`PUT /connectors/{name}/config`."""
        body: dict[str, Json] = {**config, "name": name}
        self._sending("PUT", f"{_path(name)}/config", body, scrub, repeatable=True)

    def pause(self, name: str) -> None:
        """`PUT /connectors/{name}/pause`."""
        self._named("PUT", name, "/pause")

    def resume(self, name: str) -> None:
        """`PUT /connectors/{name}/resume`."""
        self._named("PUT", name, "/resume")

    def stop(self, name: str) -> None:
        """`PUT /connectors/{name}/stop`."""
        self._named("PUT", name, "/stop")

    def restart(self, name: str, *, only_failed: bool) -> None:
        """`POST /connectors/{name}/restart?includeTasks=true`."""
        self._named("POST", name, f"/restart?includeTasks=true&onlyFailed={str(only_failed).lower()}")

    def delete(self, name: str) -> bool:
        """`DELETE /connectors/{name}`."""
        try:
            self._request("DELETE", _path(name), repeatable=True)
        except HttpStatusError as error:
            if _is_absent(error):
                return False
            raise
        return True

    def _named(self, method: str, name: str, rest: str) -> Json:
        """A request about one connector, whose absence is KO502."""
        try:
            return self._request(method, f"{_path(name)}{rest}", repeatable=method != "POST")
        except HttpStatusError as error:
            if _is_absent(error):
                raise _no_such_connector(self.url, name) from error
            raise

    def _sending(self, method: str, path: str, body: Json, scrub: Scrub, *, repeatable: bool) -> Json:
        """A request that carries secrets: whatever comes back is scrubbed before it is cut or shown."""
        refusal: HttpStatusError
        try:
            return self._request(method, path, body=body, repeatable=repeatable, scrub=scrub)
        except HttpStatusError as error:
            refusal = error
        # Raised outside of the handler: a chained error would carry the unscrubbed message.
        raise _scrubbed(refusal, self.url, f"{method} {path}", scrub)

    def _request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: Json = None,
        repeatable: bool | None = None,
        scrub: Scrub = _unchanged,
    ) -> Json:
        """Send, and wait while the workers are busy with each other. Raises KO501 past the bound."""
        deadline = time.monotonic() + self._patience.rebalance_s
        said = False
        while True:
            try:
                return self._api.request(method, path, params=params, body=body, repeatable=repeatable).data
            except HttpStatusError as error:
                if not _is_busy(error):
                    raise
                reason = shortened(scrub(_message(error)))
            if time.monotonic() > deadline:
                raise _busy_too_long(self.url, f"{method} {path}", self._patience.rebalance_s, reason)
            if not said:
                self._say(f"{SYSTEM} at {self.url} is rebalancing; waiting up to {self._patience.rebalance_s:g} s")
                said = True
            time.sleep(self._patience.pause_s)


def connect_connect(
    connection: HttpConnection, resolver: Resolves, say: Callable[[str], None] = _nothing
) -> RestConnect:
    """The Connect cluster that an environment declares; nothing is sent yet. Raises as `HttpApi.open`."""
    return RestConnect(HttpApi.open(SYSTEM, connection, resolver, say=say), say=say)


_NO_TYPES = frozenset(
    {
        HTTPStatus.NOT_FOUND,
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.METHOD_NOT_ALLOWED,
        HTTPStatus.INTERNAL_SERVER_ERROR,
    }
)


def _quoted(name: str) -> str:
    return quote(name, safe="")


def _path(name: str) -> str:
    return f"/connectors/{_quoted(name)}"


def _message(error: HttpStatusError) -> str:
    """The server's whole message: the error's own is cut already, perhaps in the middle of a secret."""
    whole = error.body.get("message") if isinstance(error.body, dict) else None
    return whole if isinstance(whole, str) else error.message


def _is_busy(error: HttpStatusError) -> bool:
    """Whether it passes: 409 stands for a rebalance, and for a connector that exists already.

    Some requests (`GET /connectors/x/tasks`) answer 500 instead: "… because a rebalance is expected".
    """
    message = _message(error)
    if error.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return "rebalance is expected" in message
    return error.status == HTTPStatus.CONFLICT and "already exists" not in message


def _is_absent(error: HttpStatusError) -> bool:
    """Whether Connect itself says that there is no such connector, and not 'no such page' or a proxy."""
    known = error.error_code == HTTPStatus.NOT_FOUND
    return error.status == HTTPStatus.NOT_FOUND and known and not _message(error).startswith("HTTP 404")


_VALIDATE_ADVICE = "You can also find the above list of errors"


def _scrubbed(error: HttpStatusError, url: str, request: str, scrub: Scrub) -> PlatformError:
    """What the server said to a configuration, as an error of its own without secrets."""
    lines = scrub(_message(error)).splitlines()
    said = shortened("\n".join(line for line in lines if line.strip() and not line.startswith(_VALIDATE_ADVICE)))
    if error.status == HTTPStatus.BAD_REQUEST:
        return PlatformError.of("KO505", "the worker refused the configuration", detail=said or None)
    if error.status == HTTPStatus.CONFLICT:
        return PlatformError.of(
            "KO503",
            f"{SYSTEM} at {url} has a connector of that name already",
            detail=said or None,
            hint="it was created meanwhile; plan again to see what differs",
        )
    code = error.diagnostics[0].code
    return PlatformError.of(code, f"{SYSTEM} at {url} answered {error.status} to {request}", detail=said or None)


def _no_such_connector(url: str, name: str) -> PlatformError:
    return PlatformError.of(
        "KO502",
        f"{SYSTEM} at {url} has no connector '{name}'",
        hint="`kafkaops connectors list` shows those that it has",
    )


def _short_listing(url: str, names: Sequence[str]) -> PlatformError:
    return PlatformError.of(
        "KO504",
        f"the listing of {SYSTEM} at {url} came back short: {', '.join(names)} exist but were left out",
        detail="they have no status yet, or are being deleted",
        hint="wait until the workers have settled, then plan again",
    )


def _busy_too_long(url: str, request: str, seconds: float, reason: str) -> PlatformError:
    return PlatformError.of(
        "KO501",
        f"{SYSTEM} at {url} was still rebalancing after {seconds:g} s; {request} was not done",
        detail=reason or None,
        hint="look at the workers' logs: one that keeps joining and leaving the group, or no leader",
    )
