"""Whatever a cluster holds: what is imported is no change, what is not is said, and no secret is in a file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import cast

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kafkaops.clients.kafka import KafkaAdmin
from kafkaops.errors import Diagnostic
from kafkaops.importing.draft import Draft, Request, draft
from kafkaops.importing.environment import Source
from kafkaops.importing.observed import Observed
from kafkaops.importing.project import import_project
from kafkaops.importing.prove import changes
from kafkaops.importing.secrets import SecretRules
from kafkaops.importing.selection import Part, Selection, foreign_topics
from kafkaops.spec.load import load
from kafkaops.spec.loaded import LoadedSpec
from kafkaops.spec.model import Environment, HttpConnection, KafkaConnection
from kafkaops.spec.validation import validate
from tests.importing.clusters import SECRET, clusters

NO_KAFKA = cast(KafkaAdmin, None)
SOURCE = Source(
    "main",
    Environment(
        kafka=KafkaConnection(
            bootstrap_servers="b:9092",
            security_protocol="SASL_SSL",
            sasl_mechanism="PLAIN",
            sasl_username="u",
            sasl_password=f"{SECRET}s",
        ),
        schema_registry=HttpConnection(url=f"http://u:{SECRET}r@registry:8081/api"),
        connect=HttpConnection(url="http://connect:8083", token=f"{SECRET}t"),
    ),
)
REQUEST = Request("test", SOURCE, rules=SecretRules(plain=("*:free.*",)))
pure = settings(
    max_examples=int(os.environ.get("KAFKAOPS_IMPORT_EXAMPLES", "25")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def imported(observed: Observed, request: Request = REQUEST) -> tuple[Draft, LoadedSpec, str]:
    """The draft, the spec as it loads, and all that was written as one text."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        done = import_project(observed, request, out, NO_KAFKA, force=False)
        assert validate(out / "topics.yaml", None).valid
        loaded = load(out / "topics.yaml", None)
        texts = [f"{file.name}\n{file.read_bytes().decode()}" for file in out.rglob("*") if file.is_file()]
    return done.draft, loaded, "\n".join(texts)


def planned(observed: Observed, made: Draft, loaded: LoadedSpec) -> object:
    return changes(loaded, observed, made.environment, made.pinned, NO_KAFKA)


def left_out(findings: Iterable[Diagnostic], code: str = "KO961") -> set[str | None]:
    return {item.address for item in findings if item.code == code}


@pure
@given(clusters(wild=False))
def test_all_of_a_tame_cluster_is_imported_and_is_no_change(observed: Observed) -> None:
    made, loaded, text = imported(observed)
    assert planned(observed, made, loaded) == ()
    assert SECRET not in text
    assert left_out(made.findings) == set()
    assert {name for name, topic in loaded.spec.topics.items() if topic.managed} == observed.topics.keys()
    assert loaded.spec.connectors.keys() == observed.connectors.keys()
    assert observed.registry is not None
    assert made.counts["subjects"] == len(observed.registry.latest)
    for name, state in observed.topics.items():
        assert loaded.spec.topics[name].config.keys() == state.configs.overrides.keys()


@pure
@given(clusters(wild=True))
def test_what_cannot_be_declared_is_said_and_the_rest_is_no_change(observed: Observed) -> None:
    made, loaded, text = imported(observed)
    assert planned(observed, made, loaded) == ()
    assert SECRET not in text
    said = {item.address for item in made.findings}
    managed = {name for name, topic in loaded.spec.topics.items() if topic.managed}
    foreign = foreign_topics(observed.cluster)
    for name in observed.cluster.topics:
        assert name in managed or name in foreign or f"topic.{name}" in said
    for name in observed.connectors:
        assert name in loaded.spec.connectors or f"connector.{name}" in said
    spec = loaded.spec
    bound = {
        f"{name}-{side}" for name, topic in spec.topics.items() for side in ("key", "value") if getattr(topic, side)
    }
    assert observed.registry is not None
    for subject in observed.registry.latest:
        by_record = subject == "orders-y.Rec" and "orders-value" in bound
        assert subject in bound or subject in spec.schemas.subjects or by_record or f"schema.{subject}" in said
    for name, state in observed.groups.items():
        passed = name in ("connect", "share")
        assert name in spec.consumer_groups or passed or f"group.{name}" in said or not state.committed


@pure
@given(clusters(wild=True), st.sets(st.sampled_from(list(Part)), min_size=1), st.sampled_from(["*", "o*", "nothing"]))
def test_a_part_of_a_cluster_is_no_change_either(observed: Observed, parts: set[Part], pattern: str) -> None:
    selection = Selection(frozenset(parts), () if pattern == "*" else (pattern,), ("orders.v2",))
    made, loaded, _ = imported(observed, Request("test", SOURCE, selection, SecretRules(plain=("*:free.*",))))
    assert planned(observed, made, loaded) == ()
    assert "orders.v2" not in {name for name, topic in loaded.spec.topics.items() if topic.managed}
    if Part.TOPICS not in parts:
        assert not any(topic.managed for topic in loaded.spec.topics.values())


@pure
@given(clusters(wild=True))
def test_the_same_cluster_gives_the_same_files(observed: Observed) -> None:
    assert draft(observed, REQUEST, {}).files == draft(observed, REQUEST, {}).files
