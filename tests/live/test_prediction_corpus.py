"""What servers refuse, or wrongly let through, shows as blocked in the plan, and nothing is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from kafkaops.apply.run import Watcher, run
from kafkaops.cli.session import open_session
from kafkaops.clients.confluent import connect_kafka
from kafkaops.devcluster import Endpoints
from kafkaops.engine import make_plan
from kafkaops.plan.model import Change, Outcome
from kafkaops.spec.model import KafkaConnection
from kafkaops.spec.references import Resolver
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
    """Every topic of the test's own with its partitions, every subject with its versions, every connector."""
    import httpx

    kafka = connect_kafka(KafkaConnection(bootstrap_servers=endpoints.bootstrap_servers), Resolver())
    topics = {name: len(topic.partitions) for name, topic in kafka.cluster().topics.items() if prefix in name}
    registry, connect = endpoints.schema_registry_url, endpoints.connect_url
    with httpx.Client() as http:
        names = [name for name in http.get(f"{registry}/subjects").json() if prefix in name]
        subjects = {name: http.get(f"{registry}/subjects/{name}/versions").json() for name in names}
        connectors = {
            name: http.get(f"{connect}/connectors/{name}/config").json()
            for name in http.get(f"{connect}/connectors").json()
            if prefix in name
        }
    return topics, subjects, connectors


def test_the_corpus_is_large_enough() -> None:
    assert len(CASES) >= 30
    assert len({case.name for case in CASES}) == len(CASES)


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
