"""Plain HTTP requests of tests, which share no code with what is tested: they wait for servers that are busy."""

from __future__ import annotations

import time
from collections.abc import Mapping
from http import HTTPStatus

import httpx

TIMEOUT_S = 90.0
"""As long as Connect itself takes to answer. httpx gives up after 5 s, which a busy machine needs."""
_PAUSE_S = 0.25


def ask(method: str, url: str, body: object = None, params: Mapping[str, str] | None = None) -> httpx.Response:
    """The answer. Connect's workers refuse some requests while they rebalance, as for any other test's connector."""
    until = time.monotonic() + TIMEOUT_S
    while True:
        answer = httpx.request(method, url, json=body, params=params, timeout=TIMEOUT_S)
        if not _rebalancing(answer) or time.monotonic() > until:
            return answer
        time.sleep(_PAUSE_S)


def _rebalancing(answer: httpx.Response) -> bool:
    """A registry's 409 is an incompatible schema, and Connect's may be a name that is taken."""
    if answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR:
        return "rebalance is expected" in answer.text
    waits = "Cannot complete request" in answer.text or "rebalance" in answer.text
    return answer.status_code == HTTPStatus.CONFLICT and waits and "already exists" not in answer.text
