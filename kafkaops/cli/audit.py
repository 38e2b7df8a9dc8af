"""`apply --audit`: where the events of a run go, and who runs it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kafkaops.errors import PlatformError, RefusedError, UsageError

if TYPE_CHECKING:
    from kafkaops.clients.events import EventSink
    from kafkaops.report.audit import Actor, AuditTrail
    from kafkaops.report.document import PlanDocument
    from kafkaops.resources.kind import Session
    from kafkaops.spec.model import AuditTarget

_TOPIC = "topic:"
_PIPELINES = ("CI_JOB_URL", "BUILD_URL", "CIRCLE_BUILD_URL", "BUILDKITE_BUILD_URL")
"""Variables in which GitLab, Jenkins, CircleCI and Buildkite give the address of a run."""


def parse_audit(option: str | None) -> AuditTarget | None:
    """`audit.jsonl`, `topic:audit` → the target. Raises `UsageError` (KO845)."""
    from kafkaops.spec.model import AuditTarget

    if option is None:
        return None
    name = option.removeprefix(_TOPIC)
    if not name:
        raise UsageError.of("KO845", f"--audit '{option}': write a file's name, or topic:NAME")
    return AuditTarget(topic=name) if option.startswith(_TOPIC) else AuditTarget(file=str(Path(name).absolute()))


@contextmanager
def auditing(
    session: Session,
    target: AuditTarget | None,
    document: PlanDocument,
    reviewed_digest: str | None,
    run_id: str | None,
) -> Iterator[AuditTrail | None]:
    """The trail of one run, begun; None where nothing is to be on record. No `run_id`: there is nothing to do.

    Without a target of its own the environment's counts. Raises `RefusedError` (exit 4) when it takes no events.
    """
    target = target or session.loaded.environment.audit
    if target is None:
        yield None
        return
    from kafkaops.report.audit import AuditTrail

    trail = AuditTrail(_opened(session, target), run_id, document, session.stop.set)
    try:
        trail.begin(_actor(), reviewed_digest)
        yield trail
    finally:
        trail.close()


def _opened(session: Session, target: AuditTarget) -> EventSink:
    if target.topic is not None:
        return _opened_topic(session, target.topic)
    from kafkaops.clients.event_file import EventFile
    from kafkaops.report.audit import nothing_begun

    assert target.file is not None
    try:
        return EventFile(session.loaded.root / target.file)
    except PlatformError as error:
        raise nothing_begun(error) from error


def _opened_topic(session: Session, topic: str) -> EventSink:
    from kafkaops.cli.session import connections
    from kafkaops.clients.kafka_events import connect_events

    if topic not in session.cluster.topics:
        raise RefusedError.of(
            "KO844",
            f"nothing was begun: there is no audit topic {topic}, or this principal may not see it",
            hint=f"make it first; if this spec declares it: kafkaops apply --target topic.{topic} --audit FILE",
        )
    where, _ = connections(session.loaded)
    assert where.kafka is not None
    return connect_events(where.kafka, session.resolver, topic)


def _actor() -> Actor:
    from kafkaops.actor import acting_user
    from kafkaops.report.audit import Actor

    return Actor(user=acting_user(), host=socket.gethostname(), pid=os.getpid(), pipeline=_pipeline())


def _pipeline() -> str | None:
    run, server, repository = (os.environ.get(f"GITHUB_{name}") for name in ("RUN_ID", "SERVER_URL", "REPOSITORY"))
    if run and server and repository:
        return f"{server}/{repository}/actions/runs/{run}"
    return next((os.environ[name] for name in _PIPELINES if os.environ.get(name)), None)
