"""A password is one by its type, whatever its key is called and whichever plugin of a connector it belongs to."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from kafkaops.clients.connect_rest import RestConnect, connect_connect
from kafkaops.resources.connectors.kind import ConnectorKind
from kafkaops.resources.connectors.types import plugins_in, types_of
from kafkaops.resources.kind import Session
from kafkaops.spec.model import HttpConnection
from kafkaops.spec.references import Resolver
from tests.clients.scripted_http import Reply, Request, scripted
from tests.resources.connectors.values import FILE_SINK, session

CONFIG = {
    "file": "out.txt",
    "opaque": "zQ-sink-Qz",
    "value.converter": "example.Converter",
    "value.converter.opaque": "zQ-converter-Qz",
    "transforms": "seal, other",
    "transforms.seal.type": "example.Seal$Value",
    "transforms.seal.opaque": "zQ-transformation-Qz",
    "predicates": "only",
    "predicates.only.type": "example.Only",
    "predicates.only.opaque": "zQ-predicate-Qz",
}
TYPED = [key for key in CONFIG if key.endswith("opaque")]


def worker(request: Request) -> Reply:
    """One on which the connector runs as declared, and whose plugins all have a password with a harmless name."""
    if request.path.startswith("/connectors?"):
        flat = {"connector.class": FILE_SINK, "tasks.max": "1", "topics": "wave-events", **CONFIG, "name": "sink"}
        state = {"state": "RUNNING", "worker_id": "w"}
        info = {"name": "sink", "type": "sink", "config": flat, "tasks": [{"connector": "sink", "task": 0}]}
        status = {"name": "sink", "connector": state, "tasks": [{"id": 0, **state}], "type": "sink"}
        return Reply(200, {"sink": {"info": info, "status": status}})
    return Reply(200, [{"name": "opaque", "type": "PASSWORD"}, {"name": "file", "type": "STRING"}])


@pytest.fixture
def connect() -> Iterator[RestConnect]:
    with scripted(worker) as script:
        client = connect_connect(HttpConnection(url=script.url), Resolver())
        yield client
        client.close()


def on(connect: RestConnect | None) -> Session:
    return session({"sink": {"class": FILE_SINK, "topics": ["wave-events"], "config": CONFIG}}, connect=connect)


def test_every_plugin_of_a_connector_is_found() -> None:
    assert dict(plugins_in({"connector.class": FILE_SINK, **CONFIG})) == {
        FILE_SINK: "",
        "example.Converter": "value.converter.",
        "example.Seal$Value": "transforms.seal.",
        "example.Only": "predicates.only.",
    }


def test_password_wins_where_two_plugins_disagree() -> None:
    known = {"old": {"a": "PASSWORD", "b": "STRING"}, "new": {"a": "STRING", "b": "PASSWORD", "c": "INT"}}
    assert types_of(known, {"connector.class": "old"}, {"connector.class": "new"}) == {
        "a": "PASSWORD",
        "b": "PASSWORD",
        "c": "INT",
    }


def test_what_the_ledger_is_to_keep_holds_no_typed_secret(connect: RestConnect) -> None:
    document = ConnectorKind().declared(on(connect))["sink"]
    config = document["config"]
    assert isinstance(config, dict)
    assert {key: config[key] for key in TYPED} == dict.fromkeys(TYPED, "***")
    assert config["file"] == "out.txt"
    assert "zQ-" not in json.dumps(document)


def test_what_is_seen_of_a_connector_as_declared_holds_no_typed_secret(connect: RestConnect) -> None:
    kind, of = ConnectorKind(), on(connect)
    snapshot = kind.read(of)
    assert kind.diff(of, snapshot).changes == ()
    assert "zQ-" not in json.dumps(kind.seen(of, snapshot))


def test_what_the_ledger_keeps_is_still_no_change(connect: RestConnect) -> None:
    kind, of = ConnectorKind(), on(connect)
    told = kind.restated(of, kind.declared(of))
    assert told.untold == {}
    assert told.loaded.spec.connectors["sink"].config["opaque"] == "zQ-sink-Qz"
