"""Reads Connect in one request, and two more where a connector differs or seems to be missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import chain

from kafkaops.address import Address
from kafkaops.clients.connect import Connect, SeenConnector
from kafkaops.errors import PlatformError
from kafkaops.resources.connectors.configuration import (
    Config,
    ResolvedConfig,
    SeenConfig,
    at_hand,
    differing_keys,
    hidden_keys,
    resolve_all,
    resolved,
    secrets_in,
)
from kafkaops.resources.connectors.model import KIND, ConnectorsSnapshot
from kafkaops.resources.connectors.secrets import Scrubber, refers_to_secret
from kafkaops.resources.connectors.types import KeyTypes, read_key_types, types_of
from kafkaops.resources.kind import Session
from kafkaops.spec.model import Connector, Spec


def managed_connectors(spec: Spec) -> dict[str, Connector]:
    """The connectors that kafkaops may touch, in order."""
    return {name: item for name, item in sorted(spec.connectors.items()) if item.managed}


def connect_of(session: Session) -> Connect:
    """The Connect client. Raises `PlatformError` KO510 when the environment declares none."""
    if session.connect is None:
        name = session.loaded.environment_name
        raise PlatformError.of(
            "KO510",
            f"the spec has connectors, but environment {name} has no Connect address",
            place=session.loaded.places.of("environments", name),
            hint=f"write environments.{name}.connect.url",
        )
    return session.connect


def read_connectors(session: Session) -> ConnectorsSnapshot:
    """Observe every connector. Raises `SpecError` for references that cannot be looked up, else `PlatformError`."""
    connect = connect_of(session)
    spec = session.loaded.spec
    wanted = resolve_all(managed_connectors(spec), session.resolver, session.loaded.places)
    removed = list(session.loaded.removals(KIND))
    named = [*wanted, *removed]
    seen = connect.connectors(named)
    recorded = {name: config for name in named if (config := _recorded(session, name)) is not None}
    return snapshot_of(wanted, seen, _key_types(connect, wanted, seen, removed), recorded)


def snapshot_of(
    wanted: Mapping[str, ResolvedConfig],
    seen: Mapping[str, SeenConnector],
    key_types: KeyTypes,
    recorded: Mapping[str, ResolvedConfig] | None = None,
) -> ConnectorsSnapshot:
    """What was read, with a scrubber that knows the secrets of both sides."""
    scrub = _scrubber(wanted, seen, key_types)
    if recorded:
        held = (
            secrets_in(seen[name].config, config.written.keys()) for name, config in recorded.items() if name in seen
        )
        scrub = scrub.joined(Scrubber(chain.from_iterable(held)), *(config.scrub for config in recorded.values()))
    return ConnectorsSnapshot(seen, wanted, key_types, recorded or {}, scrub)


def _recorded(session: Session, name: str) -> ResolvedConfig | None:
    """The references to secrets that the ledger says were last applied. What cannot be looked up any more is written,
    and not sent: it tells of a setting that it is a secret, and what it was.
    """
    claim = session.ledger.mine.get(Address(KIND, name)) if session.ledger else None
    config = claim.declared.get("config") if claim and claim.declared else None
    if not isinstance(config, Mapping):
        return None
    written = {key: text for key, text in config.items() if isinstance(text, str) and refers_to_secret(text)}
    if not written:
        return None
    known = {key: text for key, text in written.items() if at_hand(text, session.resolver)}
    return replace(resolved(known, session.resolver), written=written)


def _key_types(
    connect: Connect,
    wanted: Mapping[str, ResolvedConfig],
    seen: Mapping[str, SeenConnector],
    removed: Iterable[str],
) -> KeyTypes:
    """The declared types of the keys that may be shown or recorded: those of connectors that differ or are to go."""
    concerned: list[SeenConfig] = [seen[name].config for name in removed if name in seen]
    for name, config in wanted.items():
        have = seen.get(name)
        if have is None or differing_keys(config.sent, have.config):
            concerned.append(config.sent)
            concerned += [have.config] if have is not None else []
    return read_key_types(connect, concerned)


def types_for(key_types: KeyTypes, config: ResolvedConfig | None, have: SeenConnector | None) -> dict[str, str]:
    """Key types of a connector, as it is and as it is to be."""
    return types_of(key_types, *([have.config] if have else []), *([config.sent] if config else []))


def _scrubber(
    wanted: Mapping[str, ResolvedConfig],
    seen: Mapping[str, SeenConnector],
    key_types: KeyTypes,
) -> Scrubber:
    """Knows the secrets of every connector that a change, a warning or a trace may speak of."""
    secrets: list[str] = []
    for name, config in wanted.items():
        have = seen.get(name)
        hidden = hidden_keys(config.written, have.config if have else {}, types_for(key_types, config, have))
        secrets.extend(secrets_in(config.sent, hidden))
        if have is not None:
            secrets.extend(secrets_in(have.config, hidden))
    return Scrubber(secrets).joined(*(config.scrub for config in wanted.values()))


def live_scrubber(connect: Connect, config: SeenConfig, written: Config) -> Scrubber:
    """Knows the secrets of a configuration that the worker gave in clear text.

    `written` is the spec's; a key that it fills by reference is secret without looking the reference up.
    """
    types = types_of(read_key_types(connect, [config]), config)
    return Scrubber(secrets_in(config, hidden_keys(written, config, types)))
