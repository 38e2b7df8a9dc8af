"""No secret gets out, however talkative the worker is.

The worker here is scripted, because a real one quotes configurations only now and then: this one answers
every request with everything it was ever given.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kafkaops.clients.connect_rest import connect_connect
from kafkaops.errors import KafkaopsError
from kafkaops.plan.model import OutcomeState
from kafkaops.report.document import plan_document
from kafkaops.resources.connectors.kind import ConnectorKind
from kafkaops.spec.model import HttpConnection
from kafkaops.spec.references import Resolver
from tests.clients.scripted_http import Reply, Request, scripted
from tests.resources.connectors.values import FILE_SINK, session
from tests.values import plan as plan_of

SECRETS = st.text(
    alphabet=st.characters(codec="utf-8", categories=("L", "N", "P", "S"), exclude_characters="\x00"),
    min_size=6,
    max_size=40,
).map(lambda text: f"zQ{text}Qz")


def as_java_and_json(config: Mapping[str, str]) -> str:
    """A map as Java prints it, and as JSON both ways."""
    printed = ", ".join(f"{key}={value}" for key, value in config.items())
    return f"{{{printed}}} {json.dumps(config)} {json.dumps(config, ensure_ascii=False)}"


@dataclass
class Gossip:
    """A worker that quotes whatever it knows."""

    live: Mapping[str, str] | None
    refuses: bool = True
    crashes: bool = False
    heard: list[str] = field(default_factory=list)
    taken: dict[str, str] | None = None

    def answer(self, request: Request) -> Reply:
        if request.body:
            self.heard.append(request.body)
        path = request.path
        if path.startswith("/connectors?"):
            return Reply(200, {"sink": self._entry()} if self.live is not None else {})
        if request.body and path.startswith("/connectors"):
            return self._refusal() if self.refuses else self._take(request)
        if path.startswith("/connector-plugins?"):
            return Reply(200, [{"class": FILE_SINK, "type": "sink"}])
        if path.endswith("/validate"):
            return self._validation(json.loads(request.body))
        if path.startswith("/connector-plugins/"):
            return Reply(200, [{"name": "odd.key", "type": "PASSWORD"}])
        if path.endswith("/status"):
            return Reply(200, self._entry("FAILED")["status"])
        if path == "/connectors/sink/config" and request.method == "GET":
            return Reply(200, self._known())
        if path.endswith("/tasks"):
            return Reply(200, [{"id": {"connector": "sink", "task": 0}, "config": self._known()}])
        return Reply(200, [])

    def _take(self, request: Request) -> Reply:
        sent = json.loads(request.body)
        self.taken = sent.get("config", sent)
        return Reply(201, {})

    def _known(self) -> dict[str, str]:
        """What the worker holds: nothing that it refused, and nothing that it was only asked about."""
        return dict(self.live or {}) if self.taken is None else self.taken

    def _everything(self) -> str:
        values = [*(self.live or {}).values(), *self.heard, *self._known().values()]
        return " ".join([*values, *(quote(value, safe="") for value in values)])

    def _refusal(self) -> Reply:
        return Reply(400, {"error_code": 400, "message": f"refused: {self._everything()}"})

    def _validation(self, config: Mapping[str, str]) -> Reply:
        if self.crashes:
            return Reply(500, {"error_code": 500, "message": as_java_and_json(config)})
        findings = [
            {
                "definition": {"name": key, "type": "PASSWORD" if key == "odd.key" else "STRING"},
                "value": {"name": key, "value": value, "errors": [f"Invalid {value}: {as_java_and_json(config)}"]},
            }
            for key, value in config.items()
        ]
        return Reply(200, {"name": FILE_SINK, "error_count": len(findings), "configs": findings})

    def _entry(self, state: str = "RUNNING") -> dict[str, Any]:
        trace = f"a.B: no\n\tat x\nCaused by: java.io.IOException: {self._everything()}\n\tat y\n"
        task = {"id": 0, "state": "FAILED", "worker_id": "w", "trace": trace}
        return {
            "info": {"name": "sink", "type": "sink", "config": self.live, "tasks": [{"connector": "sink", "task": 0}]},
            "status": {
                "name": "sink",
                "connector": {"state": state, "worker_id": "w", "trace": trace},
                "tasks": [task],
                "type": "sink",
            },
        }


@contextmanager
def variables(**values: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in values.items():
            patch.setenv(name, value)
        yield


def everything_told(worker: Gossip, config: Mapping[str, str], root: Path, *, state: str = "running") -> str:
    """Plan and apply against the worker; all that a person or a program could get to see of it."""
    kind, told = ConnectorKind(), list[object]()
    declared = {"class": FILE_SINK, "topics": ["wave-events"], "config": config, "state": state, "start_timeout": "5s"}
    with scripted(worker.answer) as script:
        connect = connect_connect(HttpConnection(url=script.url), Resolver(root, None))
        of = session({"sink": declared}, root=root, connect=connect, say=told.append)
        try:
            snapshot = kind.read(of)
            found = kind.diff(of, snapshot)
            changes = kind.predict(of, found.changes)
            outcomes = list(kind.apply(of, changes))
        finally:
            connect.close()
    assert [item.state for item in outcomes] == [OutcomeState.FAILED]
    told += [snapshot, found, changes, outcomes, plan_document(plan_of(*changes))]
    told += [asdict(change) for change in changes] + [asdict(outcome) for outcome in outcomes]
    told += [str(item) for change in changes for item in (*change.blockers, *change.warnings)]
    told += [str(outcome.diagnostic) for outcome in outcomes]
    return "\n".join([repr(told), *(str(item) for item in told), json.dumps(plan_document(plan_of(*changes)))])


def assert_untold(text: str, *secrets: str) -> None:
    for secret in secrets:
        for form in {
            secret,
            json.dumps(secret)[1:-1],
            json.dumps(secret, ensure_ascii=False)[1:-1],
            repr(secret)[1:-1],
        }:
            assert form not in text


@settings(max_examples=20, deadline=None)
@given(
    secrets=st.lists(SECRETS, min_size=4, max_size=4, unique=True),
    live=st.booleans(),
    crashes=st.booleans(),
)
def test_what_is_refused(
    tmp_path_factory: pytest.TempPathFactory, secrets: list[str], live: bool, crashes: bool
) -> None:
    by_env, by_file, by_name, rotated = secrets
    root = tmp_path_factory.mktemp("project")
    (root / "secret.txt").write_text(by_file + "\n", encoding="utf-8")
    config = {
        "file": "prefix-${env:SINK_SECRET}-suffix",
        "other": "${file:secret.txt}",
        "connection.password": by_name,
        "camel.sink.url": "aws2-s3://b?accessKey=x&secretKey=RAW(${env:SINK_SECRET})",
    }
    there = {"connector.class": FILE_SINK, "file": rotated, "connection.password": rotated, "topics": "wave-events"}
    with variables(SINK_SECRET=by_env):
        text = everything_told(Gossip(there if live else None, crashes=crashes), config, root)
    assert_untold(text, by_env, by_file, by_name, rotated)


@pytest.mark.parametrize("live", [True, False])
def test_what_starts_and_fails(tmp_path: Path, live: bool) -> None:
    there = {"connector.class": FILE_SINK, "topics": "wave-events", "tasks.max": "1", "password": "zQ-older-Qz"}
    with variables(SINK_SECRET="zQ-newer-Qz"):
        worker = Gossip(there if live else None, refuses=False)
        text = everything_told(worker, {"password": "${env:SINK_SECRET}", "odd.key": "zQ-typed-Qz"}, tmp_path)
    assert "the connector failed: IOException: " in text
    assert_untold(text, "zQ-older-Qz", "zQ-newer-Qz", "zQ-typed-Qz")


def test_what_only_has_to_be_restarted(tmp_path: Path) -> None:
    there = {"connector.class": FILE_SINK, "topics": "wave-events", "tasks.max": "1", "password": "zQ-same-Qz"}
    with variables(SINK_SECRET="zQ-same-Qz"):
        text = everything_told(Gossip(there, refuses=False), {"password": "${env:SINK_SECRET}"}, tmp_path)
    assert "RestartFailedTasks" in text
    assert_untold(text, "zQ-same-Qz")


def test_a_reference_that_cannot_be_looked_up_is_named_and_the_others_are_not_shown(tmp_path: Path) -> None:
    with variables(SINK_SECRET="zQ-newer-Qz"), pytest.raises(KafkaopsError) as caught:
        one = "${env:SINK_SECRET}${env:NOT_THERE}-${env:NOT_HERE}-${env:NOT_THERE}"
        everything_told(Gossip(None), {"a": one, "b": "${env:NOR_THIS}"}, tmp_path)
    named = [item.summary.partition("}")[0] for item in caught.value.diagnostics]
    assert named == ["${env:NOT_THERE", "${env:NOT_HERE", "${env:NOR_THIS"]
    assert_untold(str(caught.value), "zQ-newer-Qz")
