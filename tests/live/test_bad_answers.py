"""Registry and Connect behind a gateway that throttles, fails and cuts short: waited for, or an error that says so."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from kafkaops.cli.session import open_session
from kafkaops.devcluster import Endpoints
from kafkaops.engine import make_plan
from kafkaops.errors import ExitCode, PlatformError
from kafkaops.plan.model import Plan
from tests.live.gateway import Answer, Gateway, Meddling, gateway, untouched
from tests.live.interrupting import converged, scene
from tests.live.project import Project

pytestmark = pytest.mark.live

REBALANCE = b'{"error_code": 409, "message": "Cannot complete request momentarily due to stale configuration"}'
PAGE = b"<!DOCTYPE html><html><body>Sign in</body></html>"


@dataclass(frozen=True, slots=True)
class Guarded:
    """A project whose registry and Connect are behind gateways."""

    project: Project
    name: str
    registry: Gateway
    connect: Gateway

    def of(self, system: str) -> Gateway:
        return self.registry if system == "registry" else self.connect

    def plan(self) -> Plan:
        with open_session(self.project.file, "dev") as session:
            return make_plan(session)


@pytest.fixture(scope="module")
def guarded(cluster: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """Nothing of it is there before the first test, everything after it."""
    with ExitStack() as stack:
        registry = stack.enter_context(gateway(cluster.schema_registry_url))
        connect = stack.enter_context(gateway(cluster.connect_url))
        behind = dataclasses.replace(cluster, schema_registry_url=registry.url, connect_url=connect.url)
        real, name = stack.enter_context(scene(cluster, tmp_path_factory.mktemp("guarded")))
        text = real.file.read_text(encoding="utf-8").replace(cluster.schema_registry_url, registry.url)
        real.file.write_text(text.replace(cluster.connect_url, connect.url), encoding="utf-8")
        yield Guarded(dataclasses.replace(real, endpoints=behind), name, registry, connect)


def once(instead: Answer, *beginnings: str) -> Meddling:
    """Answer the first request of each kind with something else."""
    waiting, lock = set(beginnings), threading.Lock()

    def meddle(line: str, answer: Answer) -> Answer:
        with lock:
            hit = next((beginning for beginning in waiting if line.startswith(beginning)), None)
            waiting.discard(hit or "")
        return answer if hit is None else instead

    return meddle


def always(instead: Callable[[Answer], Answer]) -> Meddling:
    """Answer every request with something else."""
    return lambda _line, answer: instead(answer)


def test_an_apply_that_is_throttled_and_put_off_waits_and_is_whole(guarded: Guarded) -> None:
    throttled = Answer(429, b"{}", retry_after="0.5")
    guarded.registry.meddling = once(throttled, "GET /", "POST /")
    guarded.connect.meddling = once(Answer(409, REBALANCE), "GET /connectors?", "POST /")
    done = guarded.project.run("apply", "--yes")
    assert done.code == 0, done.out + done.err
    assert f"the schema registry at {guarded.registry.url} is throttling; waiting 0.5 s" in done.err
    assert f"Kafka Connect at {guarded.connect.url} is rebalancing; waiting up to " in done.err
    guarded.registry.meddling = guarded.connect.meddling = untouched
    converged(guarded.project, guarded.name)


ERRORS: dict[str, tuple[Callable[[Answer], Answer], str | tuple[str, ...]]] = {
    "500": (lambda _: Answer(500, b'{"error_code": 50001, "message": "Error in the backend data store"}'), "KO452"),
    "HTML": (lambda _: Answer(200, PAGE, "text/html"), "KO453"),
    "half an answer": (lambda answer: dataclasses.replace(answer, cut=True), "KO454"),
    "JSON that ends early": (lambda answer: dataclasses.replace(answer, content=answer.content[:-1]), "KO454"),
    "refused": (lambda _: Answer(403, b"no"), "KO455"),
    "moved": (lambda _: Answer(302, b""), "KO456"),
    "throttled for an hour": (lambda _: Answer(429, b"{}", retry_after="3600"), "KO457"),
    "404 of a gateway": (lambda _: Answer(404, PAGE, "text/html"), ("KO331", "KO452")),
}


@pytest.mark.parametrize("system", ["registry", "connect"])
@pytest.mark.parametrize("fault", ERRORS)
def test_what_is_no_answer_ends_the_plan_and_names_the_address(guarded: Guarded, system: str, fault: str) -> None:
    instead, code = ERRORS[fault]
    guarded.of(system).meddling = always(instead)
    try:
        with pytest.raises(PlatformError) as caught:
            guarded.plan()
    finally:
        guarded.of(system).meddling = untouched
    assert caught.value.exit_code is ExitCode.FAILED
    assert caught.value.diagnostics[0].code.startswith(code)
    assert guarded.of(system).url.removesuffix("/apis/ccompat/v7") in str(caught.value)


def without(name: str) -> Callable[[Answer], Answer]:
    """A listing that is good JSON and lacks what carries the name."""

    def short(answer: Answer) -> Answer:
        whole = json.loads(answer.content)
        if isinstance(whole, dict):
            left: object = {key: value for key, value in whole.items() if name not in key}
        else:
            left = [item for item in whole if name not in str(item)]
        return dataclasses.replace(answer, content=json.dumps(left).encode())

    return short


@pytest.mark.parametrize(
    ("system", "listing"),
    [("registry", "GET /apis/ccompat/v7/subjects"), ("connect", "GET /connectors?expand=info&expand=status")],
)
def test_a_short_page_makes_nothing_absent(guarded: Guarded, system: str, listing: str) -> None:
    short = without(guarded.name)
    meddled: list[str] = []

    def meddle(line: str, answer: Answer) -> Answer:
        if line != listing:
            return answer
        meddled.append(line)
        return short(answer) if len(meddled) < 3 else answer

    guarded.of(system).meddling = meddle
    try:
        assert guarded.plan().changes == ()
    finally:
        guarded.of(system).meddling = untouched
    assert meddled


def test_an_apply_that_meets_an_error_is_completed_by_the_next(guarded: Guarded) -> None:
    schema = guarded.project.folder / "schemas/a.avsc"
    schema.write_text(schema.read_text(encoding="utf-8").replace('"A"', '"A", "doc": "Changed"'), encoding="utf-8")
    guarded.registry.meddling = once(Answer(500, b'{"error_code": 50002, "message": "Timed out"}'), "POST /")
    failed = guarded.project.run("apply", "--yes")
    guarded.registry.meddling = untouched
    assert failed.code == 1 and "KO452" in failed.err + failed.out and "Timed out" in failed.err + failed.out
    again = guarded.project.run("apply", "--yes")
    assert again.code == 0, again.out + again.err
    assert guarded.plan().changes == ()
