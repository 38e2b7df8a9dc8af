"""Kafka clients' errors, translated once into kafkaops' own. Nothing above this room sees a vendor's exception.

| code | meaning |
| --- | --- |
| KO401 | no broker answered at the addresses given |
| KO402 | the brokers refused the credentials |
| KO403 | TLS does not fit: certificate, protocol, or plaintext against a TLS port |
| KO404 | a request was not answered in time |
| KO405 | this principal lacks the right |
| KO406 | Kafka refused or failed a request |
| KO407 | Kafka answered with less than was asked for |
| KO408 | the connection settings cannot be used |
| KO409 | the brokers offer no such SASL mechanism at this address |
| KO410 | a quota asks to wait for longer than kafkaops does (`kafka_throttle.py`) |
"""

from __future__ import annotations

from collections.abc import Iterable

from confluent_kafka import KafkaError, KafkaException

from kafkaops.clients.kafka import Refusal
from kafkaops.errors import PlatformError

_HTTP = 0x48545450
"""What the first bytes of an answer in HTTP are as the size of a Kafka response."""
_NO_RIGHT = frozenset(
    {
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
    }
)
_NOT_IN_TIME = frozenset({KafkaError._TIMED_OUT, KafkaError._TIMED_OUT_QUEUE, KafkaError.REQUEST_TIMED_OUT})
_NO_CONNECTION = frozenset({KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._RESOLVE})
_BAD_CREDENTIALS = frozenset({KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED})


def kafka_error_of(error: BaseException) -> KafkaError | None:
    """The `KafkaError` that an exception of confluent-kafka carries, if it does."""
    if isinstance(error, KafkaException) and error.args and isinstance(error.args[0], KafkaError):
        return error.args[0]
    return None


def refusal_of(error: KafkaError) -> Refusal:
    """One item's error in a batch's answer. The text is the broker's own where it gave one."""
    return Refusal(error.name(), error.str())


def platform_error(doing: str, error: KafkaError, servers: str, reasons: Iterable[str] = ()) -> PlatformError:
    """The error of a request that failed as a whole; `reasons` are what the client logged meanwhile."""
    heard = tuple(dict.fromkeys(reasons))
    detail = "\n".join(heard[:3]) or error.str()
    code = error.code()
    told = " ".join(heard).lower()
    if f"invalid response size {_HTTP}" in told:
        return unreachable(doing, servers, "what answers there speaks HTTP: it is another server's port")
    if heard and all("closed by peer: receive 0 after POLLIN" in reason for reason in heard):
        return unreachable(
            doing,
            servers,
            "what answers there closes the connection when it is spoken to: a port for TLS, or not Kafka's",
        )
    if "sasl" in told and "mechanism handshake failed" in told:
        return no_such_mechanism(doing, servers, detail)
    if code in _BAD_CREDENTIALS or "authentication fail" in told:
        return bad_credentials(doing, servers, detail)
    if code == KafkaError._SSL or "ssl handshake failed" in told or "ssl error" in told:
        return tls_mismatch(doing, servers, detail)
    if code in _NO_CONNECTION or (code in _NOT_IN_TIME and heard):
        return unreachable(doing, servers, detail)
    if code in _NOT_IN_TIME:
        return not_in_time(doing, servers, error.str())
    if code in _NO_RIGHT:
        return no_right(doing, error.str())
    return PlatformError.of("KO406", f"{doing}: Kafka refused: {error.str()} ({error.name()})", detail=detail)


def refused(doing: str, refusal: Refusal) -> PlatformError:
    """A refusal of something that had to be read: the whole read counts as failed."""
    if refusal.error.endswith("AUTHORIZATION_FAILED"):
        return no_right(doing, str(refusal))
    return PlatformError.of("KO406", f"{doing}: Kafka refused: {refusal}")


def unusable(detail: str) -> PlatformError:
    """KO408: nothing was tried."""
    return PlatformError.of(
        "KO408",
        "the Kafka connection's settings cannot be used",
        detail=detail,
        hint="check the environment's kafka section: addresses, security_protocol and the files it names",
    )


def no_such_mechanism(doing: str, servers: str, detail: str | None) -> PlatformError:
    """KO409: the listener takes other mechanisms, or none."""
    return PlatformError.of(
        "KO409",
        f"{doing}: Kafka at {servers} does not take this SASL mechanism",
        detail=detail,
        hint="check sasl_mechanism, and security_protocol against the port's listener",
    )


def unreachable(doing: str, servers: str, detail: str | None) -> PlatformError:
    """KO401: nobody there."""
    return PlatformError.of(
        "KO401",
        f"{doing}: no Kafka broker answers at {servers}",
        detail=detail,
        hint="check that the brokers run, that this address is theirs and that nothing in between blocks it",
    )


def bad_credentials(doing: str, servers: str, detail: str | None) -> PlatformError:
    """KO402: the brokers know neither this user nor this password, or not with this mechanism."""
    return PlatformError.of(
        "KO402",
        f"{doing}: Kafka at {servers} refused the credentials",
        detail=detail,
        hint="check sasl_mechanism, sasl_username and what sasl_password refers to",
    )


def tls_mismatch(doing: str, servers: str, detail: str | None) -> PlatformError:
    """KO403: the two sides do not agree on TLS."""
    return PlatformError.of(
        "KO403",
        f"{doing}: TLS with Kafka at {servers} failed",
        detail=detail,
        hint="check security_protocol against the port's listener, and ssl_ca_location against its certificate",
    )


def not_in_time(doing: str, servers: str, detail: str | None) -> PlatformError:
    """KO404: connected, but without an answer."""
    return PlatformError.of(
        "KO404",
        f"{doing}: Kafka at {servers} did not answer in time",
        detail=detail,
        hint="the brokers may be overloaded; request_timeout of the environment's kafka section is the limit",
    )


def no_right(doing: str, detail: str | None) -> PlatformError:
    """KO405: an ACL is missing."""
    return PlatformError.of(
        "KO405",
        f"{doing}: this principal lacks the right",
        detail=detail,
        hint="grant it the operation, or use another principal for this environment",
    )


def short_answer(doing: str, missing: Iterable[str]) -> PlatformError:
    """KO407: never taken for absence."""
    names = sorted(missing)
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return PlatformError.of(
        "KO407",
        f"{doing}: Kafka's answer leaves out {shown}",
        hint="nothing was concluded from it; run it again",
    )
