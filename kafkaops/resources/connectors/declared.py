"""Connectors in the spec's own words, as the ledger keeps them: references as such, other secrets masked. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from kafkaops.clients.connect import RunState, SeenConnector
from kafkaops.plan.model import Json
from kafkaops.resources.connectors.configuration import NAME, flat_config, hidden_keys, shown
from kafkaops.resources.connectors.secrets import MASK, Scrubber, masked_within, refers_to_secret
from kafkaops.spec.loaded import LoadedSpec
from kafkaops.spec.model import ConnectorState

_STATES = {RunState.PAUSED: ConnectorState.PAUSED, RunState.STOPPED: ConnectorState.STOPPED}


def declared(loaded: LoadedSpec) -> dict[str, Mapping[str, Json]]:
    """Every managed connector of the spec, its configuration flat."""
    return {
        name: {"state": connector.state.value, "config": _without_secrets(flat_config(connector))}
        for name, connector in loaded.spec.connectors.items()
        if connector.managed
    }


def _without_secrets(written: Mapping[str, str]) -> dict[str, Json]:
    hidden = hidden_keys(written, {}, {})
    return {
        key: MASK if key in hidden and not refers_to_secret(text) else masked_within(text)
        for key, text in sorted(written.items())
    }


def as_declared(
    seen: SeenConnector, written: Mapping[str, str], sent: Mapping[str, str], types: Mapping[str, str], scrub: Scrubber
) -> dict[str, Json]:
    """A connector as it was seen. Where a hidden value is what a reference of the spec stands for, the reference
    takes its place; any other is masked and cannot be brought back from here."""
    hidden = hidden_keys(written, seen.config, types)
    config: dict[str, Json] = {}
    for key, value in sorted(seen.config.items()):
        if key == NAME or value is None:
            continue
        if value == sent.get(key) and refers_to_secret(written.get(key, "")):
            config[key] = masked_within(written[key])
        else:
            config[key] = MASK if key in hidden else shown(value, scrub)
    return {"state": _STATES.get(seen.status.state, ConnectorState.RUNNING).value, "config": config}
