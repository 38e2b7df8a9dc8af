"""A spec made of what the ledger keeps of a spec is compared as that spec itself, whatever is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkaops.address import Address
from kafkaops.clients.kafka import KafkaAdmin
from kafkaops.errors import PlatformError
from kafkaops.plan.model import Change
from kafkaops.resources.connectors.configuration import resolve_all
from kafkaops.resources.connectors.diff import diff_connectors
from kafkaops.resources.connectors.read import managed_connectors, snapshot_of
from kafkaops.resources.kind import Session
from kafkaops.resources.kinds import KINDS
from kafkaops.resources.overlay import overlaid
from kafkaops.resources.schemas.desired import desired
from kafkaops.resources.topics.diff import operations
from kafkaops.resources.topics.model import TopicState
from tests.resources.connectors.values import cluster, seen, session
from tests.resources.schemas.test_convergence import registries, specs
from tests.resources.schemas.values import Held, loaded
from tests.resources.topics.test_convergence import haves


def declared(of: Session) -> dict[Address, Mapping[str, Any]]:
    return {Address(kind.name, name): document for kind in KINDS for name, document in kind.declared(of).items()}


def told(of: Session) -> Session:
    """The session on what the ledger would keep of its spec."""
    return overlaid(of, declared(of), (), KINDS).session


def on(sections: Mapping[str, object], files: Mapping[str, object] | None = None) -> Session:
    return Session(loaded=loaded(sections, files or {}), kafka=cast(KafkaAdmin, None), cluster=cluster())


def essence(changes: tuple[Change, ...]) -> list[Change]:
    """Changes but for where the spec says it, and what it calls files."""
    return sorted((replace(item, place=None) for item in changes), key=lambda item: item.address)


topics = st.fixed_dictionaries(
    {
        "partitions": st.integers(1, 9),
        "replication_factor": st.just(3),
        "config": st.dictionaries(st.sampled_from(["retention.ms", "cleanup.policy", "vendor.own"]), st.just("1")),
        "config_mode": st.sampled_from(["merge", "exact"]),
    }
)


@given(topics, haves)
def test_topics(topic: dict[str, object], have: TopicState | None) -> None:
    of = on({"topics": {"t": topic}})
    again = told(of)
    assert operations("t", again.loaded.spec.topics["t"], have) == operations("t", of.loaded.spec.topics["t"], have)
    assert declared(again) == declared(of)


@given(registries(), specs())
def test_subjects(held: Held, spec: tuple[dict[str, object], dict[str, object]]) -> None:
    of = on(*spec)
    again = told(of)
    assert desired(again.loaded).subjects.keys() == desired(of.loaded).subjects.keys()
    assert essence(held.diff(desired(again.loaded)).changes) == essence(held.diff(desired(of.loaded)).changes)
    assert [address.kind for address in declared(again)] == [address.kind for address in declared(of)]


groups = st.fixed_dictionaries(
    {"topics": st.just(["t"]), "start_from": st.sampled_from(["earliest", "latest", None])},
    optional={"config": st.just({"consumer.session.timeout.ms": "45000"})},
)


@given(groups)
def test_groups(group: dict[str, object]) -> None:
    of = on({"consumer_groups": {"g": group}})
    assert declared(told(of)) == declared(of)


values = st.sampled_from(["/dev/null", "out.txt", "amqp://ada:pw@host/", "${dev:mongodb_uri}", "x"])
settings = st.dictionaries(st.sampled_from(["file", "uri", "sink.password", "topics.regex"]), values)


@given(settings, settings, st.sampled_from(["running", "paused", "stopped"]))
def test_connectors(want: dict[str, str], have: dict[str, str], state: str) -> None:
    """Secrets in clear, which the ledger does not keep, are the spec's: nothing is left untold while it has them."""
    sink = {"class": "C", "config": want, "state": state}
    of = session({"sink": sink})
    over = overlaid(of, declared(of), (), KINDS)
    there = seen({"name": "sink", "connector.class": "C", "tasks.max": "1", **have})
    found = []
    for each in (of, over.session):
        wanted = resolve_all(managed_connectors(each.loaded.spec), each.resolver, each.loaded.places)
        found.append(diff_connectors(each, snapshot_of(wanted, {"sink": there}, {})).changes)
    assert essence(found[0]) == essence(found[1])
    assert over.untold == {}


def test_a_secret_that_the_spec_has_no_more_is_untold_and_in_no_document() -> None:
    of = session({"sink": {"class": "C", "config": {"sink.password": "hunter2", "gone": "${env:KAFKAOPS_NOT_SET}"}}})
    documents = declared(of)
    assert "hunter2" not in repr(documents)
    bare = session({})
    over = overlaid(bare, documents, (), KINDS)
    assert over.untold == {Address("connector", "sink"): frozenset({"config.sink.password", "config.gone"})}


def test_only_what_is_told_is_declared_and_only_what_is_gone_is_removed() -> None:
    of = session({"sink": {"class": "C"}}, removed=[{"address": "topic.old"}])
    over = overlaid(of, {}, [Address("topic", "new")], KINDS)
    assert declared(over.session) == {}
    assert over.session.loaded.removals("topic").keys() == {"new"}


@pytest.mark.parametrize(
    ("address", "document"),
    [
        ("topic.t", {"partitions": "many", "replication_factor": 1, "config": {}}),
        ("topic.t", {}),
        ("schema.s", {"type": "AVRO", "text": 1, "references": []}),
        ("schema.s", {"type": "XML", "text": "", "references": []}),
        ("schema.s", {"type": "AVRO", "text": "", "references": [1]}),
        ("group.g", {"topics": [], "config": {}}),
        ("connector.c", {"state": "running", "config": []}),
        ("connector.c", {"state": "asleep", "config": {"connector.class": "C"}}),
        ("connector.c", {"state": "running", "config": {"connector.class": "C", "tasks.max": "x"}}),
    ],
)
def test_a_document_of_another_shape_is_named(address: str, document: Mapping[str, object]) -> None:
    fine = {"partitions": 1, "replication_factor": 1, "config": {}}
    documents = {Address("topic", "fine"): fine, Address.parse(address): document}
    with pytest.raises(PlatformError, match="KO870") as caught:
        overlaid(session({}), documents, (), KINDS)
    assert address in str(caught.value)
