"""From an environment's `HttpConnection` to a client that can send: address, credentials, TLS, proxies."""

from __future__ import annotations

import ssl
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit, urlunsplit

from kafkaops import __version__
from kafkaops.clients import http_errors
from kafkaops.clients.fan_out import AT_ONCE
from kafkaops.spec.model import HttpConnection

if TYPE_CHECKING:
    import httpx


class Resolves(Protocol):
    """Turns `${env:…}` and `${file:…}` in a connection's values into what they stand for."""

    def resolve(self, text: str) -> str:
        """The text with every reference replaced. Raises `SpecError` naming the reference."""
        ...


def make_client(
    system: str, connection: HttpConnection, resolver: Resolves, media_type: str
) -> tuple[str, httpx.Client]:
    """(base URL without credentials, client that sends them). Nothing is sent yet.

    Raises `SpecError` for a reference that cannot be resolved, `PlatformError` KO458 for a URL or a
    certificate file that cannot be used.
    """
    import httpx  # here, because it takes a tenth of a second and most commands need it not

    url, *user_info = _split_user_info(system, resolver.resolve(connection.url))
    headers = {"Accept": f"{media_type}, application/json;q=0.9", "User-Agent": f"kafkaops/{__version__}"}
    if connection.token is not None:
        headers["Authorization"] = f"Bearer {resolver.resolve(connection.token)}"
    client = httpx.Client(
        headers=headers,
        auth=_basic_auth(connection, resolver, *user_info),
        # Without TLS no certificate store is read, which would take longer than a request.
        verify=_tls_context(system, connection, resolver) if url.startswith("https:") else False,
        trust_env=not _is_loopback(url),
        limits=httpx.Limits(max_connections=2 * AT_ONCE, max_keepalive_connections=2 * AT_ONCE),
    )
    return url, client


def _basic_auth(
    connection: HttpConnection, resolver: Resolves, url_name: str | None, url_password: str | None
) -> tuple[str, str] | None:
    """User name and password: as declared, else from the URL; a token goes before both."""
    if connection.token is not None:
        return None
    if connection.username is not None:
        return resolver.resolve(connection.username), resolver.resolve(connection.password or "")
    return None if url_name is None else (url_name, url_password or "")


def _split_user_info(system: str, url: str) -> tuple[str, str | None, str | None]:
    """(URL without credentials, user name, password)."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise http_errors.unusable_connection(system, f"{http_errors.masked(url)}: {error}") from error
    if parts.scheme not in ("http", "https") or not host:
        hint = "write it as http://HOST:PORT or https://HOST:PORT, with the path where there is one"
        raise http_errors.unusable_connection(system, f"'{http_errors.masked(url)}' is not a URL", hint)
    netloc = f"[{host}]" if ":" in host else host
    if port is not None:
        netloc = f"{netloc}:{port}"
    bare = urlunsplit((parts.scheme, netloc, parts.path.rstrip("/"), "", ""))
    name = unquote(parts.username) if parts.username is not None else None
    return bare, name, unquote(parts.password) if parts.password is not None else None


def _is_loopback(url: str) -> bool:
    """Whether the host is this machine, which is never reached by way of a proxy."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _tls_context(system: str, connection: HttpConnection, resolver: Resolves) -> ssl.SSLContext:
    """The trust and the client certificate that the environment declares."""
    authority = _file(connection.ca_location, resolver)
    certificate = _file(connection.certificate_location, resolver)
    key = _file(connection.key_location, resolver)
    try:
        context = ssl.create_default_context(cafile=authority)
        if certificate is not None:
            context.load_cert_chain(certificate, key)
    except OSError as error:  # ssl.SSLError is one
        names = ", ".join(str(name) for name in (authority, certificate, key) if name is not None)
        raise http_errors.unusable_connection(system, f"{error} ({names})", "check the files' paths") from error
    return context


def _file(text: str | None, resolver: Resolves) -> Path | None:
    return None if text is None else Path(resolver.resolve(text))
