"""Connectors in the spec's own words, as the ledger keeps them: references as such, other secrets masked. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kafkaops.clients.connect import RunState, SeenConnector
from kafkaops.plan.model import Json
from kafkaops.resources.connectors.configuration import NAME, Config, ResolvedConfig, hidden_keys, shown
from kafkaops.resources.connectors.secrets import MASK, Scrubber, masked_within, refers_to_secret
from kafkaops.resources.connectors.types import KeyTypes, types_of
from kafkaops.spec.model import Connector, ConnectorState
from kafkaops.spec.references import escaped

_STATES = {RunState.PAUSED: ConnectorState.PAUSED, RunState.STOPPED: ConnectorState.STOPPED}


def declared(connector: Connector, written: Config, known: KeyTypes) -> dict[str, Json]:
    """A connector of the spec, its configuration flat. `known` are the types of its plugins' keys."""
    return {"state": connector.state.value, "config": _without_secrets(written, types_of(known, written))}


def _without_secrets(written: Config, types: Mapping[str, str]) -> dict[str, Json]:
    hidden = hidden_keys(written, {}, types)
    return {
        key: MASK if key in hidden and not refers_to_secret(text) else masked_within(text)
        for key, text in sorted(written.items())
    }


def as_declared(
    seen: SeenConnector, sources: Sequence[ResolvedConfig], types: Mapping[str, str], scrub: Scrubber
) -> dict[str, Json]:
    """A connector as it was seen. Where a hidden value is what a reference of a source stands for (of the spec, of
    what was last applied), the reference takes its place; so does one that was last applied and cannot be looked up
    now. Any other is masked and cannot be brought back from here."""
    hidden = {key for source in sources for key in hidden_keys(source.written, seen.config, types)}
    hidden |= hidden_keys({}, seen.config, types)
    config: dict[str, Json] = {}
    for key, value in sorted(seen.config.items()):
        if key == NAME or value is None:
            continue
        reference = next((text for source in sources if (text := _reference(source, key, value))), None)
        # What Connect holds is no reference of a spec, though its own config providers' look the same.
        config[key] = reference or (MASK if key in hidden else escaped(shown(value, scrub) or ""))
    return {"state": _STATES.get(seen.status.state, ConnectorState.RUNNING).value, "config": config}


def _reference(source: ResolvedConfig, key: str, value: str) -> str | None:
    """How a source refers to the secret that a value is, if it does."""
    written = source.written.get(key, "")
    stands_for_it = key not in source.sent or source.sent[key] == value
    return masked_within(written) if stands_for_it and refers_to_secret(written) else None
