"""What servers refuse, or wrongly let through, shows as blocked in the plan, and nothing is touched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from kafkaops.apply.run import Watcher, run
from kafkaops.cli.session import open_session
from kafkaops.clients.confluent import connect_kafka
from kafkaops.clients.kafka import Configs, ConfigScope, TopicPartition
from kafkaops.devcluster import Endpoints
from kafkaops.engine import make_plan
from kafkaops.plan.model import Change, Outcome
from kafkaops.spec.model import KafkaConnection
from kafkaops.spec.references import Resolver
from tests.live.asking import TIMEOUT_S
from tests.live.corpus import Case
from tests.live.corpus_connectors import CASES as CONNECTOR_CASES
from tests.live.corpus_kafka import CASES as KAFKA_CASES
from tests.live.corpus_schemas import CASES as SCHEMA_CASES
from tests.live.project import Project

pytestmark = pytest.mark.live

CASES = (*KAFKA_CASES, *SCHEMA_CASES, *CONNECTOR_CASES)


class Silent(Watcher):
    def wave_started(self, kind: str, changes: object) -> None: ...

    def ended(self, change: Change, outcome: Outcome) -> None: ...


def everything(endpoints: Endpoints, prefix: str) -> tuple[object, ...]:
    """All that the test's own resources are: what a plan that touches anything would have to change."""
    kafka = connect_kafka(KafkaConnection(bootstrap_servers=endpoints.bootstrap_servers), Resolver())
    try:
        topics = {name: topic.partitions for name, topic in kafka.cluster().topics.items() if prefix in name}
        configs = kafka.configs(ConfigScope.TOPIC, sorted(topics))
        parts = [TopicPartition(name, index) for name, found in topics.items() for index in range(len(found))]
        groups = dict.fromkeys((f"{prefix}-g", f"{prefix}-h"), parts) if parts else {}
        state = (
            {name: [(item.leader, item.replicas) for item in found] for name, found in topics.items()},
            kafka.topic_identities(sorted(topics)),
            {name: found.overrides for name, found in configs.items() if isinstance(found, Configs)},
            kafka.committed(groups),
            kafka.configs(ConfigScope.GROUP, sorted(groups)),
        )
    finally:
        kafka.close()
    return (*state, *_over_http(endpoints, prefix))


def _over_http(endpoints: Endpoints, prefix: str) -> tuple[object, ...]:
    """Subjects with every version and level, connectors with configuration and state."""
    registry, connect = endpoints.schema_registry_url, endpoints.connect_url
    with httpx.Client(timeout=TIMEOUT_S) as http:
        names = [name for name in http.get(f"{registry}/subjects?deleted=true").json() if prefix in name]
        versions = {name: http.get(f"{registry}/subjects/{name}/versions?deleted=true").json() for name in names}
        schemas = {
            (name, number): http.get(f"{registry}/subjects/{name}/versions/{number}?deleted=true").json()
            for name, numbers in versions.items()
            for number in numbers
        }
        levels = {name: http.get(f"{registry}/config/{name}").json() for name in names}
        listing = http.get(f"{connect}/connectors?expand=info&expand=status").json()
        connectors = {
            name: (item["info"]["config"], item["status"]["connector"]["state"], len(item["status"]["tasks"]))
            for name, item in listing.items()
            if prefix in name
        }
        return schemas, levels, http.get(f"{registry}/config").json(), connectors


def test_the_corpus_is_large_enough(record_property: Callable[[str, object], None]) -> None:
    counted = {"Kafka": len(KAFKA_CASES), "schemas": len(SCHEMA_CASES), "connectors": len(CONNECTOR_CASES)}
    record_property("corpus", counted)
    print(f"{len(CASES)} changes: {counted}")  # noqa: T201  # for whoever runs it with -rP
    assert len(CASES) >= 30
    assert len({case.name for case in CASES}) == len(CASES)
    page = (Path(__file__).parents[2] / "docs" / "plan-and-apply.md").read_text(encoding="utf-8")
    assert f"{len(CASES)} changes" in page, "the page says how many there are"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_plan_says_it_beforehand(case: Case, cluster: Endpoints, prefix: str, tmp_path: Path) -> None:
    def own(text: str) -> str:
        return text.replace("{u}", prefix)

    project = Project(tmp_path, cluster)
    if case.before is not None:
        project.write(own(case.before), {own(name): own(text) for name, text in case.before_files.items()})
        with open_session(project.file, "dev") as session:
            first = run(session, make_plan(session), Silent())
            assert first.succeeded, [outcome for outcome in first.outcomes if outcome.diagnostic]
    seen = everything(cluster, prefix)
    project.write(own(case.spec), {own(name): own(text) for name, text in case.files.items()})
    with open_session(project.file, "dev") as session:
        plan = make_plan(session)
    changes = {str(change.address): change for change in plan.changes}
    assert own(case.address) in changes, f"not in the plan: {sorted(changes)}"
    change = changes[own(case.address)]
    codes = {item.code for item in change.blockers} | {hazard.code for hazard in change.held}
    assert change.blocked and (case.code in codes or (case.code == "KO804" and change.held)), (
        f"{codes}: {change.blockers}"
    )
    assert everything(cluster, prefix) == seen
