"""Subjects on the real registry: planned, applied, planned again, and nothing left to do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from kafkaops.apply.run import run
from kafkaops.cli.session import open_session
from kafkaops.devcluster import Endpoints
from kafkaops.engine import make_plan
from kafkaops.errors import PlatformError
from kafkaops.plan.model import Change, ChangeType, Foresight, Outcome, OutcomeState, Plan, Run
from tests.live.asking import ask
from tests.live.counting_proxy import counting
from tests.live.project import Project

pytestmark = pytest.mark.live


class Silent:
    def wave_started(self, kind: str, changes: object) -> None: ...

    def ended(self, change: Change, outcome: Outcome) -> None: ...


@dataclass(frozen=True)
class Registry:
    """The registry by plain requests, which share no code with what is tested."""

    url: str

    def get(self, path: str) -> Any:
        return ask("GET", self.url + path).json()

    def versions(self, subject: str, deleted: bool = False) -> Any:
        answer = ask("GET", f"{self.url}/subjects/{subject}/versions", params={"deleted": str(deleted).lower()})
        return [] if answer.status_code == 404 else answer.json()

    def newest(self, subject: str) -> Any:
        return self.get(f"/subjects/{subject}/versions/latest")

    def register(self, subject: str, schema: object, **more: object) -> None:
        body = {"schema": schema if isinstance(schema, str) else json.dumps(schema), **more}
        ask("POST", f"{self.url}/subjects/{subject}/versions", body).raise_for_status()

    def delete_softly(self, subject: str) -> None:
        ask("DELETE", f"{self.url}/subjects/{subject}").raise_for_status()

    def set_level(self, subject: str, level: str) -> None:
        ask("PUT", f"{self.url}/config/{subject}", {"compatibility": level}).raise_for_status()

    def sweep(self, prefix: str) -> None:
        """Delete what carries the prefix, again and again: what refers to something else has to go first."""
        for _ in range(5):
            left = [name for name in self.get("/subjects?deleted=true") if prefix in name]
            for name in left:
                ask("DELETE", f"{self.url}/subjects/{name}")
                ask("DELETE", f"{self.url}/subjects/{name}", params={"permanent": "true"})
            if not left:
                return


@pytest.fixture
def registry(cluster: Endpoints) -> Registry:
    return Registry(cluster.schema_registry_url)


@pytest.fixture
def u(registry: Registry) -> Iterator[str]:
    """A name of this test's own, in subjects and namespaces."""
    name = f"sch{uuid4().hex[:8]}"
    yield name
    registry.sweep(name)


@dataclass(frozen=True)
class Bench:
    """A project and what one does with it."""

    project: Project

    def write(self, sections: str, files: Mapping[str, object]) -> None:
        texts = {name: text if isinstance(text, str) else json.dumps(text, indent=2) for name, text in files.items()}
        self.project.write(sections, texts)

    def plan(self, *allow: str) -> Plan:
        with open_session(self.project.file, "dev", allow) as session:
            return make_plan(session)

    def apply(self, *allow: str) -> Run:
        with open_session(self.project.file, "dev", allow) as session:
            return run(session, make_plan(session), Silent())

    def converge(self, *allow: str) -> Run:
        """Apply, see every change done, and nothing left."""
        done = self.apply(*allow)
        assert done.succeeded, [str(outcome.diagnostic) for outcome in done.outcomes]
        assert self.plan().changes == ()
        return done


@pytest.fixture
def bench(tmp_path: Path, cluster: Endpoints) -> Bench:
    return Bench(Project(tmp_path, cluster))


def record(name: str, *fields: dict[str, object], **more: object) -> dict[str, object]:
    namespace, _, short = name.rpartition(".")
    return {"type": "record", "name": short, "namespace": namespace, "fields": list(fields), **more}


def field(name: str, kind: object = "string", **more: object) -> dict[str, object]:
    return {"name": name, "type": kind, **more}


def subjects(**files: str) -> str:
    """The section for subjects, each with a file: `subjects(**{"a-value": "a.avsc"})`."""
    lines = "".join(f"\n    {name}: {{schema: {file}}}" for name, file in files.items())
    return f"schemas:\n  subjects:{lines}\n"


def only(plan: Plan) -> Change:
    (change,) = plan.changes
    return change


def test_a_shared_type_is_registered_first_and_nothing_is_left(bench: Bench, registry: Registry, u: str) -> None:
    bench.write(
        f"""
        schemas:
          files: ['*.avsc']
          subjects:
            {u}-order: {{schema: order.avsc, compatibility: BACKWARD_TRANSITIVE}}
        """,
        {
            "order.avsc": record(f"{u}.Order", field("at", f"{u}.Location")),
            "location.avsc": record(f"{u}.Location", field("aisle")),
        },
    )
    plan = bench.plan()
    assert [str(change.address) for change in plan.changes] == [f"schema.{u}.Location", f"schema.{u}-order"]
    assert {change.prediction.foresight for change in plan.changes} == {Foresight.PREDICTED}
    done = bench.converge()
    assert "version 1, id" in done.outcomes[1].detail
    newest = registry.newest(f"{u}-order")
    assert newest["references"] == [{"name": f"{u}.Location", "subject": f"{u}.Location", "version": 1}]
    assert registry.get(f"/config/{u}-order") == {"compatibilityLevel": "BACKWARD_TRANSITIVE"}


def test_only_a_real_difference_is_registered(bench: Bench, registry: Registry, u: str) -> None:
    schema = record(f"{u}.E", field("a"), doc="one")
    bench.write(subjects(**{f"{u}-value": "e.avsc"}), {"e.avsc": schema})
    bench.converge()
    again = {"fields": schema["fields"], "doc": "one", "name": f"{u}.E", "type": "record"}
    bench.write(subjects(**{f"{u}-value": "e.avsc"}), {"e.avsc": json.dumps(again)})
    assert bench.plan().changes == ()
    assert bench.plan().in_sync == {"schema": 1}
    bench.write(subjects(**{f"{u}-value": "e.avsc"}), {"e.avsc": record(f"{u}.E", field("a"), field("b", default=""))})
    change = only(bench.plan())
    assert [(item.path, item.before, item.after) for item in change.fields] == [
        ("fields.b", None, "string, default "),
        ("doc", "one", None),
    ]
    bench.converge()
    assert registry.versions(f"{u}-value") == [1, 2]


def test_docs_that_the_registry_does_not_tell_apart_are_said_and_left(bench: Bench, registry: Registry, u: str) -> None:
    for doc in ("one", "two"):
        bench.write(subjects(**{f"{u}-value": "e.avsc"}), {"e.avsc": record(f"{u}.E", field("a"), doc=doc)})
        bench.converge() if doc == "one" else None
    plan = bench.plan()
    assert plan.changes == ()
    assert [item.code for item in plan.observations] == ["KO312"]
    assert registry.versions(f"{u}-value") == [1]


def test_an_alias_that_the_registry_does_not_tell_apart_gets_there(bench: Bench, registry: Registry, u: str) -> None:
    bench.write(subjects(**{f"{u}-value": "e.avsc"}), {"e.avsc": record(f"{u}.E", field("a"))})
    bench.converge()
    bench.write(subjects(**{f"{u}-value": "e.avsc"}), {"e.avsc": record(f"{u}.E", field("a", aliases=["old"]))})
    change = only(bench.plan())
    assert [item.path for item in change.fields] == ["fields.a.aliases"]
    assert [hazard.code for hazard in change.hazards] == ["KO309"]
    bench.converge()
    assert "old" in registry.newest(f"{u}-value")["schema"]


def test_going_back_to_an_earlier_version_converges(bench: Bench, registry: Registry, u: str) -> None:
    subject = f"{u}-value"
    earlier, later = record(f"{u}.E", field("a")), record(f"{u}.E", field("a"), field("b", default="x"))
    for schema in (earlier, later):
        bench.write(subjects(**{subject: "e.avsc"}), {"e.avsc": schema})
        bench.converge()
    first_id = registry.get(f"/subjects/{subject}/versions/1")["id"]
    bench.write(subjects(**{subject: "e.avsc"}), {"e.avsc": earlier})
    change = only(bench.plan())
    assert change.operations[0].verb == "make earlier version the newest"
    assert ("version", 2, 1) in [(item.path, item.before, item.after) for item in change.fields]
    bench.converge()
    assert registry.versions(subject) == [2, 3]
    assert registry.versions(subject, deleted=True) == [1, 2, 3]
    assert registry.newest(subject)["id"] == first_id
    bench.write(subjects(**{subject: "e.avsc"}), {"e.avsc": later})
    bench.converge()
    assert registry.versions(subject) == [3, 4]


def test_a_changed_shared_type_takes_all_who_use_it_along(bench: Bench, registry: Registry, u: str) -> None:
    spec = subjects(**{f"{u}-a": "a.avsc", f"{u}-b": "b.avsc", f"{u}.Loc": "loc.avsc"})
    users = {f"{x}.avsc": record(f"{u}.{x.upper()}", field("l", f"{u}.Loc")) for x in "ab"}
    bench.write(spec, {**users, "loc.avsc": record(f"{u}.Loc", field("p"))})
    bench.converge()
    for name in "ab":
        registry.set_level(f"{u}-{name}", "BACKWARD")
    bench.write(spec, {**users, "loc.avsc": record(f"{u}.Loc", field("p"), field("q", "int", default=0))})
    plan = bench.plan()
    assert [str(change.address) for change in plan.changes] == [
        f"schema.{u}.Loc",
        f"schema.{u}-a",
        f"schema.{u}-b",
    ]
    assert "this plan registers a version first" in plan.changes[1].prediction.detail
    assert plan.changes[1].prediction.foresight is Foresight.PREDICTED
    bench.converge()
    assert registry.newest(f"{u}-b")["references"][0]["version"] == 2


def test_a_shared_type_goes_back_without_being_registered_again(bench: Bench, registry: Registry, u: str) -> None:
    spec = subjects(**{f"{u}-a": "a.avsc", f"{u}.Loc": "loc.avsc"})
    user = {"a.avsc": record(f"{u}.A", field("l", f"{u}.Loc"))}
    earlier, later = record(f"{u}.Loc", field("p")), record(f"{u}.Loc", field("p"), field("q", "int", default=0))
    for schema in (earlier, later):
        bench.write(spec, {**user, "loc.avsc": schema})
        bench.converge()
    bench.write(spec, {**user, "loc.avsc": earlier})
    plan = bench.plan()
    assert [str(change.address) for change in plan.changes] == [f"schema.{u}-a"]
    assert [item.code for item in plan.observations] == ["KO312"]
    bench.converge()
    assert registry.versions(f"{u}.Loc") == [1, 2]
    assert registry.newest(f"{u}-a")["references"][0]["version"] == 1


def test_other_languages_pass_through_and_converge(bench: Bench, registry: Registry, u: str) -> None:
    proto = 'syntax = "proto3";\npackage x;\n\nmessage M {\n  string a = 1;\n}\n'
    files = {"j.json": {"type": "object", "properties": {"a": {"type": "string"}}}, "p.proto": proto}
    bench.write(subjects(**{f"{u}-j": "j.json", f"{u}-p": "p.proto"}), files)
    assert {item.prediction.foresight for item in bench.plan().changes} == {Foresight.NOT_PREDICTABLE}
    bench.converge()
    assert registry.newest(f"{u}-j")["schemaType"] == "JSON"
    assert registry.newest(f"{u}-p")["schemaType"] == "PROTOBUF"
    files["j.json"] = '{"properties":{"a":{"type":"string"}},"type":"object"}'
    files["p.proto"] = proto.replace("  string", "    string")
    bench.write(subjects(**{f"{u}-j": "j.json", f"{u}-p": "p.proto"}), files)
    assert bench.plan().changes == ()


def test_a_level_is_managed_only_where_it_is_declared(bench: Bench, registry: Registry, u: str) -> None:
    files = {"e.avsc": record(f"{u}.E", field("a"))}
    bench.write(subjects(**{f"{u}-value": "e.avsc"}), files)
    bench.converge()
    registry.set_level(f"{u}-value", "FULL")
    assert bench.plan().changes == ()
    section = f"schemas: {{subjects: {{{u}-value: {{schema: e.avsc, compatibility: BACKWARD}}}}}}"
    bench.write(section, files)
    change = only(bench.plan())
    assert [(item.path, item.before, item.after) for item in change.fields] == [("compatibility", "FULL", "BACKWARD")]
    assert [hazard.code for hazard in change.hazards] == ["KO310"]
    bench.converge()


def test_an_incompatible_schema_is_blocked_with_the_registrys_verdict(bench: Bench, registry: Registry, u: str) -> None:
    registry.set_level(f"{u}-value", "BACKWARD")
    registry.register(f"{u}-value", record(f"{u}.E", field("a")))
    bench.write(subjects(**{f"{u}-value": "e.avsc"}), {"e.avsc": record(f"{u}.E", field("a"), field("b", "int"))})
    change = only(bench.plan())
    (blocker,) = change.blockers
    assert blocker.code == "KO302"
    assert "have no `b`" in (blocker.detail or "")
    assert "default" in (blocker.hint or "")
    assert registry.versions(f"{u}-value") == [1]


def test_a_registry_that_is_read_only_is_not_written_to(bench: Bench, registry: Registry, u: str) -> None:
    registry.register(f"{u}-value", record(f"{u}.E", field("a")))
    bench.write(subjects(**{f"{u}-value": "e.avsc"}), {"e.avsc": record(f"{u}.E", field("z", default=""))})
    ask("PUT", f"{registry.url}/mode/{u}-value", {"mode": "READONLY"}).raise_for_status()
    try:
        assert [item.code for item in only(bench.plan()).blockers] == ["KO304"]
    finally:
        ask("DELETE", f"{registry.url}/mode/{u}-value")
    bench.converge()


def test_what_the_registry_refuses_after_all_fails_alone(bench: Bench, registry: Registry, u: str) -> None:
    section = f"""
        schemas:
          subjects:
            {u}-a: {{schema: a.avsc, compatibility: BACKWARD}}
            {u}-b: {{schema: b.avsc, compatibility: BACKWARD}}
        """
    files = {f"{x}.avsc": record(f"{u}.{x.upper()}", field("n", "int")) for x in "ab"}
    bench.write(section, files)
    bench.converge()
    bench.write(section, {name: record(f"{u}.{name[0].upper()}", field("n", "long")) for name in files})
    with open_session(bench.project.file, "dev") as session:
        plan = make_plan(session)
        registry.register(f"{u}-a", record(f"{u}.A", field("n", "double")))
        done = run(session, plan, Silent())
    states = {str(outcome.address): outcome for outcome in done.outcomes}
    assert states[f"schema.{u}-b"].state is OutcomeState.DONE
    failed = states[f"schema.{u}-a"].diagnostic
    assert failed is not None
    assert failed.code == "KO332"
    assert "Incompatible" in (failed.detail or "")
    assert [item.code for item in only(bench.plan()).blockers] == ["KO302"]


def test_a_newer_version_of_somebody_else_is_noticed(bench: Bench, registry: Registry, u: str) -> None:
    subject, spec = f"{u}-value", subjects(**{f"{u}-value": "e.avsc"})
    bench.write(spec, {"e.avsc": record(f"{u}.E", field("a"))})
    bench.converge()
    mine, theirs = (record(f"{u}.E", field("a"), field(name, default="")) for name in ("mine", "theirs"))
    bench.write(spec, {"e.avsc": mine})
    with open_session(bench.project.file, "dev") as session:
        plan = make_plan(session)
        for schema in (mine, theirs):
            registry.register(subject, schema)
        (outcome,) = run(session, plan, Silent()).outcomes
    assert outcome.diagnostic is not None
    assert outcome.diagnostic.code == "KO317"
    assert "the newest is version 3" in outcome.diagnostic.summary
    bench.converge()
    assert "mine" in registry.newest(subject)["schema"]


@pytest.mark.alone
def test_the_global_level(bench: Bench, registry: Registry, u: str) -> None:
    before = registry.get("/config")["compatibilityLevel"]
    other = "FULL" if before != "FULL" else "BACKWARD"
    bench.write(f"schemas: {{global_compatibility: {other}}}", {})
    change = only(bench.plan())
    assert [(item.before, item.after) for item in change.fields] == [(before, other)]
    try:
        bench.converge()
        assert registry.get("/config") == {"compatibilityLevel": other}
    finally:
        ask("PUT", f"{registry.url}/config", {"compatibility": before}).raise_for_status()


def test_a_wrong_address_of_the_registry_is_said(bench: Bench, cluster: Endpoints, u: str) -> None:
    spec, files = subjects(**{f"{u}-value": "e.avsc"}), {"e.avsc": record(f"{u}.E", field("a"))}
    for url, code in ((cluster.connect_url, "KO331"), ("http://127.0.0.1:1", "KO450")):
        seen_through(bench, url, spec, files)
        with pytest.raises(PlatformError) as raised:
            bench.plan()
        assert raised.value.diagnostics[0].code == code
        assert url in str(raised.value)


def test_deleting_softly_and_permanently(bench: Bench, registry: Registry, u: str) -> None:
    registry.register(f"{u}-old", record(f"{u}.E", field("a")))
    bench.write(f"removed: [{{address: schema.{u}-old}}]", {})
    change = only(bench.plan())
    assert change.type is ChangeType.DELETE
    assert [hazard.code for hazard in change.held] == ["KO307"]
    assert "version 1" in change.prediction.detail
    bench.converge(f"delete:schema.{u}-old")
    assert registry.versions(f"{u}-old") == []
    assert registry.versions(f"{u}-old", deleted=True) == [1]
    bench.write(f"removed: [{{address: schema.{u}-old, permanent: true, allow: [delete]}}]", {})
    bench.converge()
    assert registry.versions(f"{u}-old", deleted=True) == []


def test_what_is_referred_to_stays_until_the_last_user_goes(bench: Bench, registry: Registry, u: str) -> None:
    registry.register(f"{u}.L", record(f"{u}.L", field("p")))
    reference = {"name": f"{u}.L", "subject": f"{u}.L", "version": 1}
    registry.register(f"{u}-user", record(f"{u}.U", field("l", f"{u}.L")), references=[reference])
    bench.write(f"removed: [{{address: schema.{u}.L, permanent: true, allow: [delete]}}]", {})
    (blocker,) = only(bench.plan()).blockers
    assert blocker.code == "KO305" and f"address: schema.{u}.L, action: forget" in (blocker.hint or "")
    softly = f"{{address: schema.{u}-user, allow: [delete]}}, {{address: schema.{u}.L, allow: [delete]}}"
    bench.write(f"removed: [{softly}]", {})
    blocked = {str(change.address) for change in bench.plan().blocked}
    assert blocked == {f"schema.{u}.L"}, "this registry heeds what was deleted softly"
    bench.write(
        f"""
        limits: {{delete: 100%}}
        removed:
          - {{address: schema.{u}.L, permanent: true, allow: [delete]}}
          - {{address: schema.{u}-user, permanent: true, allow: [delete]}}
        """,
        {},
    )
    bench.converge()
    assert registry.versions(f"{u}.L", deleted=True) == []


def test_what_was_deleted_softly_goes_for_good_before_what_it_refers_to(
    bench: Bench, registry: Registry, u: str
) -> None:
    """Of a subject without a version left, and of earlier versions, only the registry tells what they refer to."""
    names = [f"{u}.{letter}" for letter in "ABC"]
    first, second, third = names
    registry.register(first, record(first, field("p")))
    for name, referred in ((second, first), (third, second)):
        references = [{"name": referred, "subject": referred, "version": 1}]
        registry.register(name, record(name, field("p", referred)), references=references)
    registry.register(third, record(third, field("q", default="")))
    removed = [f"{{address: schema.{name}, permanent: true, allow: [delete]}}" for name in names]
    registry.delete_softly(third)
    bench.write(f"limits: {{delete: 100%}}\nremoved: [{', '.join(removed)}]", {})
    plan = bench.plan()
    assert [change.address.name for change in plan.changes] == [third, second, first]
    bench.converge()
    assert [registry.versions(name, deleted=True) for name in names] == [[], [], []]


def test_no_change_takes_few_requests_with_the_export_and_without(
    bench: Bench, cluster: Endpoints, registry: Registry, u: str, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = "schemas:\n  subjects:" + "".join(
        f"\n    {u}-{n}: {{schema: e{n}.avsc, compatibility: BACKWARD}}" for n in range(10)
    )
    files = {f"e{n}.avsc": record(f"{u}.E{n}", field("a")) for n in range(10)}
    bench.write(spec, files)
    bench.converge()
    with counting(cluster.schema_registry_url) as proxy:
        seen_through(bench, proxy.url, spec, files)
        assert bench.plan().changes == ()
        assert len(proxy.paths) <= 4
    assert "one by one" not in capsys.readouterr().err
    with counting(cluster.schema_registry_url, hidden="/admin/export") as proxy:
        seen_through(bench, proxy.url, spec, files)
        assert bench.plan().changes == ()
        assert len(proxy.paths) <= 4 + 2 * 10
    assert "10 subjects one by one, eight at a time" in " ".join(capsys.readouterr().err.split())


def seen_through(bench: Bench, url: str, spec: str, files: Mapping[str, object]) -> None:
    """Point the project at another address of the registry."""
    bench.write(spec, files)
    text = bench.project.file.read_text()
    bench.project.file.write_text(text.replace(bench.project.endpoints.schema_registry_url, url))
