"""What can go wrong between kafkaops and a REST API, in a user's words.

KO450  the API cannot be reached: refused, no such host, TLS trouble
KO451  the API did not answer in time
KO452  the API answered with an error
KO453  the answer is not of this API: HTML, or no JSON
KO454  the answer broke off
KO455  the API refused the credentials (401, 403)
KO456  the API answered with a redirect, which is not followed
KO457  the API asks to wait (429) for longer than kafkaops waits
KO458  the connection as declared cannot be used: URL, certificate or key file
"""

from __future__ import annotations

import re
import socket
import ssl
from dataclasses import dataclass
from http import HTTPStatus

from kafkaops.errors import PlatformError
from kafkaops.plan.model import Json

_USER_INFO = re.compile(r"(?<=//)[^/@\s]+@")
MESSAGE_LIMIT = 600
"""Characters kept of a server's message: enough for a sentence, not for a stack trace."""


def masked(text: str) -> str:
    """The text with the user information of every URL in it replaced."""
    return _USER_INFO.sub("***@", text)


def shortened(text: str) -> str:
    """The text on few lines, cut where nobody reads on."""
    text = text.strip()
    return text if len(text) <= MESSAGE_LIMIT else text[:MESSAGE_LIMIT].rstrip() + "…"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which system was asked what: the subject of every message here. `url` holds no credentials."""

    system: str
    """With its article: 'the schema registry'."""
    url: str
    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.system} at {self.url}"

    @property
    def request(self) -> str:
        """The request as one would type it."""
        return f"{self.method} {self.path}"


class HttpStatusError(PlatformError):
    """The API answered with a status of 400 or above (KO452, KO455, KO457).

    `error_code` is the API's own (40401, 409, …), and None when the answer was not the API's JSON, such as
    a proxy's: a 404 without it never means "absent". `message` is the API's, shortened and masked.
    """

    status: int = 0
    error_code: int | None = None
    message: str = ""
    body: Json = None

    @classmethod
    def answered(cls, asked: Asked, status: int, body: Json, text: str = "") -> HttpStatusError:
        """The error for one answer; `text` is the raw answer when it was no JSON."""
        code, message = _server_error(body)
        said = masked(shortened(message or text))
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            error = cls.of(
                "KO455",
                f"{asked} refused the credentials: {status} to {asked.request}",
                detail=said or None,
                hint="check the environment's username, password, token or certificate, and their rights",
            )
        else:
            detail = said or HTTPStatus(status).phrase if status in _STATUSES else said
            error = cls.of("KO452", f"{asked} answered {status} to {asked.request}", detail=detail or None)
        error.status, error.error_code, error.message, error.body = status, code, said, body
        return error


_STATUSES = frozenset(int(status) for status in HTTPStatus)


def _server_error(body: Json) -> tuple[int | None, str]:
    """(error code, message) of the error body that registries and Connect share."""
    if not isinstance(body, dict):
        return None, ""
    code, message = body.get("error_code"), body.get("message")
    return (code if isinstance(code, int) else None), (message if isinstance(message, str) else "")


def not_of_this_api(asked: Asked, status: int, content_type: str, text: str) -> PlatformError:
    """Something else answered: a web page, a proxy, another service."""
    html = "html" in content_type or text.lstrip()[:9].lower().startswith(("<!doctype", "<html"))
    what = "HTML" if html else f"no JSON but {content_type or 'something without a content type'}"
    return PlatformError.of(
        "KO453",
        f"{asked} answered {what} (status {status}) to {asked.request}",
        hint=f"is {asked.url} really the base URL of {asked.system}?",
    )


def broke_off(asked: Asked, detail: str) -> PlatformError:
    """The connection ended before the answer did."""
    return PlatformError.of("KO454", f"{asked} broke off its answer to {asked.request}", detail=masked(detail))


def timed_out(asked: Asked, seconds: float, connecting: bool) -> PlatformError:
    """No connection, or no answer, in time."""
    what = "accept a connection" if connecting else f"answer {asked.request}"
    return PlatformError.of("KO450" if connecting else "KO451", f"{asked} did not {what} within {seconds:g} s")


def unreachable(asked: Asked, error: Exception) -> PlatformError:
    """The connection could not be made, or TLS could not be agreed upon."""
    cause = _root_cause(error)
    hint = "is it running, and is the address right?"
    if isinstance(cause, socket.gaierror):
        hint = "the host name does not resolve: is it spelled right, and is this the right network?"
    elif isinstance(cause, ssl.SSLError):
        hint = "TLS failed: check ca_location, certificate_location and the URL's scheme"
    return PlatformError.of(
        "KO450", f"{asked} cannot be reached", detail=masked(str(cause) or type(cause).__name__), hint=hint
    )


def may_pass(error: Exception) -> bool:
    """Whether a connection that failed so may succeed soon: not after a wrong name or a TLS failure."""
    cause = _root_cause(error)
    if isinstance(cause, socket.gaierror):
        return cause.errno == socket.EAI_AGAIN
    return not isinstance(cause, ssl.SSLError)


def _root_cause(error: BaseException) -> BaseException:
    """The operating system's error below the HTTP client's."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return error


def redirected(asked: Asked, status: int, location: str) -> PlatformError:
    """A redirect: following it could carry credentials elsewhere, or turn a POST into a GET."""
    return PlatformError.of(
        "KO456",
        f"{asked} answered {status} to {asked.request}: moved to {masked(location) or 'nowhere named'}",
        hint="write the URL that it moved to into the environment",
    )


def throttled_too_long(asked: Asked, wait_s: float, bound_s: float) -> HttpStatusError:
    """429 again and again, or with a wait beyond what kafkaops waits."""
    error = HttpStatusError.of(
        "KO457",
        f"{asked} is throttling: it asks to wait {wait_s:g} s more, and kafkaops waits {bound_s:g} s at most",
        hint="try again later, or raise the API's limit",
    )
    error.status = int(HTTPStatus.TOO_MANY_REQUESTS)
    return error


def unusable_connection(system: str, detail: str, hint: str | None = None) -> PlatformError:
    """What the environment says cannot be used."""
    return PlatformError.of("KO458", f"the connection to {system} cannot be used", detail=masked(detail), hint=hint)
