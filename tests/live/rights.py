"""A project of the user `ops` on the broker that checks rights, and those rights as a test wants them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import dedent
from uuid import uuid4

import pytest
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)
from confluent_kafka.admin import NewTopic as PlainTopic

from kafkaops.cli.session import open_session
from kafkaops.engine import make_plan
from kafkaops.plan.model import Change
from tests.live.project import Ended, run_in
from tests.live.secured_broker import OPS, PASSWORD, SecuredBroker
from tests.waiting import until

CLUSTER = (ResourceType.BROKER, "kafka-cluster")
TOPIC = "topics:\n  {t}: {{partitions: 1, replication_factor: 1}}\n"


_LEARNT_S = 60.0
"""A broker learns of rights from the controller. It tells those that it goes by."""


def grant(admin: AdminClient, bindings: Sequence[AclBinding]) -> None:
    """Give rights, in force when this returns."""
    for future in admin.create_acls(list(bindings)).values():
        future.result(timeout=_LEARNT_S)
    until(lambda: set(bindings) <= _known(admin, everything_of(OPS)), "rights given are in force")


def everything_of(user: str, kind: ResourceType = ResourceType.ANY, name: str | None = None) -> AclBindingFilter:
    """A user's rights, all of them or those on a resource."""
    principal, anything = f"User:{user}", AclPermissionType.ANY
    return AclBindingFilter(kind, name, ResourcePatternType.ANY, principal, None, AclOperation.ANY, anything)


def _known(admin: AdminClient, asked: AclBindingFilter) -> set[AclBinding]:
    return set(admin.describe_acls(asked).result(timeout=_LEARNT_S))


def _binding(kind: ResourceType, name: str, operation: AclOperation) -> AclBinding:
    return AclBinding(kind, name, ResourcePatternType.LITERAL, f"User:{OPS}", "*", operation, AclPermissionType.ALLOW)


class Scene:
    """Topics and rights as the test wants them, and plans as the user `ops` sees them."""

    def __init__(self, broker: SecuredBroker, folder: Path) -> None:
        self.broker = broker
        self.admin: AdminClient = broker.admin()
        self.file = folder / "topics.yaml"
        self.project = f"rights-{uuid4().hex[:8]}"

    def topic(self, name: str) -> None:
        """Make it as the administrator."""
        self.admin.create_topics([PlainTopic(name, 1, 1)])[name].result(timeout=20)

    def allow(self, kind: ResourceType, name: str, *operations: AclOperation) -> None:
        """Rights for `ops`, in force when this returns."""
        self._grant([_binding(kind, name, operation) for operation in operations])

    def allow_everything(self, *topics: str) -> None:
        """All rights on these topics and the ledger's, and on all that is no topic."""
        named = [*topics, "__kafkaops_claims", "__kafkaops_runs"]
        others = [CLUSTER, (ResourceType.GROUP, "*"), (ResourceType.TRANSACTIONAL_ID, "*")]
        everything = [*((ResourceType.TOPIC, topic) for topic in named), *others]
        self._grant([_binding(kind, name, AclOperation.ALL) for kind, name in everything])

    def _grant(self, bindings: Sequence[AclBinding]) -> None:
        grant(self.admin, bindings)

    def withdraw(self, kind: ResourceType = ResourceType.ANY, name: str | None = None) -> None:
        """Take away what `ops` may do there, or all it may do."""
        everything = everything_of(OPS, kind, name)
        for future in self.admin.delete_acls([everything]).values():
            future.result(timeout=_LEARNT_S)
        until(lambda: not _known(self.admin, everything), "rights taken away are gone")

    def run(self, *arguments: str) -> Ended:
        """A command of `ops` in the project's folder."""
        return run_in(self.file.parent, *arguments)

    def write(self, sections: str, server: str | None = None) -> None:
        """The spec; `server` is where to find the broker, if not at its own address."""
        self.file.write_text(
            dedent(
                f"""\
                version: 1
                project: {self.project}
                environments:
                  dev:
                    kafka:
                      bootstrap_servers: {server or self.broker.server}
                      security_protocol: SASL_PLAINTEXT
                      sasl_mechanism: PLAIN
                      sasl_username: {OPS}
                      sasl_password: ${{env:OPS_PASSWORD}}
                """
            )
            + sections
        )

    def changes(self, sections: str) -> tuple[Change, ...]:
        self.write(sections)
        with open_session(self.file, "dev") as session:
            return make_plan(session).changes


@pytest.fixture
def scene(broker: SecuredBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setenv("OPS_PASSWORD", PASSWORD)
    made = Scene(broker, tmp_path)
    yield made
    made.withdraw()
