"""The registry's client: pages as Confluent gives them, exports as Apicurio gives them, and faults of both.

Confluent's own registry is not among the real parts, so that its answers are scripted here as its API
documents them; what Apicurio answers is tried on a real one in tests/live/test_schemas.py.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from kafkaops.clients.confluent_registry import ConfluentRegistry, connect_registry
from kafkaops.clients.http import Patience
from kafkaops.clients.registry import (
    Mode,
    Reference,
    RegistryRefusal,
    SchemaContent,
    SchemaRegistry,
    SchemaType,
    Verdict,
)
from kafkaops.errors import PlatformError
from kafkaops.spec.model import HttpConnection
from kafkaops.spec.references import Resolver
from tests.clients.scripted_http import Reply, Request, Script, scripted

QUICK = Patience(attempts=2, first_pause_s=0.01, throttled_s=1)
SUBJECT_UNKNOWN = Reply(404, {"error_code": 40401, "message": "Subject not found"})
AVRO = SchemaContent('{"type": "string"}')


def client(script: Script, base: str = "", said: list[str] | None = None) -> ConfluentRegistry:
    connection = HttpConnection(url=script.url + base)
    say = (said if said is not None else []).append
    registry = connect_registry(connection, Resolver(Path(), None), say, QUICK)
    checked: SchemaRegistry = registry  # it is what the port asks for
    assert checked.url == script.url + base
    return registry


def code_of(error: PlatformError) -> str:
    return error.diagnostics[0].code


def failing(reply: Reply, call: Callable[[ConfluentRegistry], object]) -> PlatformError:
    with scripted(lambda _request: reply) as server, pytest.raises(PlatformError) as raised:
        call(client(server))
    return raised.value


def version(subject: str, number: int = 1, schema_id: int = 1, **more: object) -> dict[str, object]:
    return {"subject": subject, "version": number, "id": schema_id, "schema": AVRO.text, **more}


def confluent(
    subjects: list[str], page: int = 1000, hidden: frozenset[str] = frozenset(), special: Mapping[str, Reply] = {}
) -> Callable[[Request], Reply]:
    """A registry of Confluent's manner with these subjects; `hidden` ones its pages leave out."""

    def answer(request: Request) -> Reply:
        parts = urlsplit(request.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        path = unquote(parts.path)
        if path in special:
            return special[path]
        if path == "/subjects":
            return Reply(200, subjects)
        if path == "/schemas":
            shown = [name for name in subjects if name not in hidden]
            offset = int(query["offset"])
            return Reply(200, [version(name) for name in shown[offset : offset + page]])
        _, kind, subject, *_ = path.split("/")
        if kind == "config":
            return Reply(404, {"error_code": 40408, "message": "no level of its own"})
        return Reply(200, version(subject)) if subject in subjects else SUBJECT_UNKNOWN

    return answer


MANY = [f"s{number}" for number in range(2500)]


@pytest.mark.parametrize("page", [1000, 300])
def test_pages_are_stepped_through_by_what_they_hold(page: int) -> None:
    with scripted(confluent(MANY, page)) as server:
        state = client(server).read(MANY)
        assert state.latest.keys() == set(MANY)
        pages = [request for request in server.asked if request.path.startswith("/schemas")]
        assert len(pages) == -(-2500 // page)
        assert len(server.asked) == len(pages) + 1


def test_a_few_subjects_of_many_are_asked_for_by_name() -> None:
    with scripted(confluent(MANY)) as server:
        said: list[str] = []
        state = client(server, said=said).read(["s1", "s2", "absent"])
        assert state.latest.keys() == {"s1", "s2"}
        assert state.subjects == set(MANY)
        assert len(server.asked) == 3
        assert said == []


def test_a_subject_that_a_page_leaves_out_is_asked_for_by_name() -> None:
    with scripted(confluent(MANY, hidden=frozenset({"s7", "s8"}))) as server:
        state = client(server).read(MANY[:100])
        assert {"s7", "s8"} <= state.latest.keys()


def test_a_subject_that_is_listed_and_denied_is_no_absent_one() -> None:
    denied = {"/subjects/s7/versions/latest": SUBJECT_UNKNOWN}
    registry = confluent(MANY, hidden=frozenset({"s7"}), special=denied)
    with scripted(registry) as server, pytest.raises(PlatformError) as raised:
        client(server).read(MANY[:100])
    assert code_of(raised.value) == "KO334"
    assert "schema.s7" in str(raised.value)


@pytest.mark.parametrize("schemas", [Reply(404, {"error_code": 404}), Reply(200, [{"schema": AVRO.text}]), Reply(405)])
def test_without_a_bulk_read_each_subject_is_read_and_that_is_said(schemas: Reply) -> None:
    with scripted(confluent(MANY[:20], special={"/schemas": schemas})) as server:
        said: list[str] = []
        state = client(server, said=said).read(MANY[:10])
        assert state.latest.keys() == set(MANY[:10])
    assert said == [
        f"the schema registry at {server.url} has no bulk read: reading 10 subjects one by one, eight at a time"
    ]


def test_one_subject_that_cannot_be_read_fails_the_whole_read() -> None:
    broken = {"/schemas": Reply(404, {"error_code": 404}), "/subjects/s3/versions/latest": Reply(500)}
    with scripted(confluent(MANY[:20], special=broken)) as server, pytest.raises(PlatformError):
        client(server).read(MANY[:10])


def test_half_a_page_fails_the_whole_read() -> None:
    half = {"/schemas": Reply(200, [version(name) for name in MANY], cut=5000)}
    with scripted(confluent(MANY, special=half)) as server, pytest.raises(PlatformError) as raised:
        client(server).read(MANY)
    assert code_of(raised.value) == "KO454"


def test_a_level_of_ones_own_is_told_from_the_one_in_force() -> None:
    def apicurio(request: Request) -> Reply:
        in_force = "BACKWARD" if "defaultToGlobal" in request.path and "unset" in request.path else "NONE"
        return Reply(200, {"compatibilityLevel": in_force})

    with scripted(apicurio) as server:
        assert client(server).level("unset") is None
        assert client(server).level("set-to-none") == "NONE"
    with scripted(confluent(["a"])) as server:
        state = client(server).read(["a"], levels_of=["a", "b"])
        assert state.levels == {"a": None, "b": None}


# --- Apicurio's export ---------------------------------------------------------------------------

CCOMPAT = "/apis/ccompat/v7"
EXPORT = "/apis/registry/v3/admin/export"


def export_of(subjects: Mapping[str, int], lacking: str = "") -> bytes:
    """An export with so many versions of each subject; the last one refers to another subject."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as files:

        def add(name: str, data: object) -> None:
            if not lacking or lacking not in name:
                files.writestr(name, data if isinstance(data, str) else json.dumps(data))

        for index, (subject, count) in enumerate(subjects.items()):
            artifact = {"groupId": None, "artifactId": subject}
            folder = f"groups/default/artifacts/{subject}"
            add(f"{folder}/MetaData.Artifact.json", {**artifact, "artifactType": "AVRO"})
            add(
                f"{folder}/rules/COMPATIBILITY.ArtifactRule.json",
                {**artifact, "type": "COMPATIBILITY", "configuration": "FULL"},
            )
            for number in range(1, count + 1):
                content_id = index * 100 + number
                add(
                    f"{folder}/versions/{number}.ArtifactVersion.json",
                    {
                        **artifact,
                        "versionOrder": number,
                        "contentId": content_id,
                        "state": "DISABLED" if number == 99 else "ENABLED",
                    },
                )
                reference = [{"groupId": None, "artifactId": "other", "version": "4", "name": "x.Other"}]
                add(
                    f"content/{content_id}.Content.json",
                    {
                        "contentId": content_id,
                        "contentHash": str(content_id),
                        "serializedReferences": json.dumps(reference) if number == 2 else None,
                    },
                )
                add(f"content/{content_id}.Content.data", AVRO.text)
        add(
            "groups/elsewhere/artifacts/hidden/MetaData.Artifact.json",
            {"groupId": "elsewhere", "artifactId": "hidden", "artifactType": "AVRO"},
        )
    return stream.getvalue()


def apicurio(subjects: list[str], export: Reply) -> Callable[[Request], Reply]:
    behind = confluent(subjects, special={"/schemas": Reply(200, [{"schema": AVRO.text}])})

    def answer(request: Request) -> Reply:
        if request.path == EXPORT:
            return export
        return behind(Request(request.method, request.path.removeprefix(CCOMPAT), request.body))

    return answer


def archive(content: bytes, cut: int | None = None) -> Reply:
    return Reply(200, content, "application/zip", cut=cut)


def test_an_export_gives_everything_at_once() -> None:
    with scripted(apicurio(["a", "b"], archive(export_of({"a": 2, "b": 1})))) as server:
        state = client(server, CCOMPAT).read(["a", "b", "c"], levels_of=["a", "c"])
        assert len(server.asked) == 2
    assert state.latest.keys() == {"a", "b"}
    newest = state.latest["a"]
    assert (newest.version, newest.id) == (2, 2)
    assert newest.content == SchemaContent(AVRO.text, SchemaType.AVRO, (Reference("x.Other", "other", 4),))
    assert state.versions["a", 1].content.references == ()
    assert state.levels == {"a": "FULL", "c": None}


def test_what_is_deleted_softly_is_not_exported_as_there() -> None:
    whole = export_of({"a": 99})
    with scripted(apicurio(["a"], archive(whole))) as server:
        assert client(server, CCOMPAT).read(["a"]).latest["a"].version == 98


@pytest.mark.parametrize("cut", [100, 1000])
def test_half_an_export_is_an_error(cut: int) -> None:
    registry = apicurio(["a"], archive(export_of({"a": 20}), cut=cut))
    with scripted(registry) as server, pytest.raises(PlatformError) as raised:
        client(server, CCOMPAT).read(["a"])
    assert code_of(raised.value) == "KO454"


def test_an_export_that_was_cut_where_it_was_made_is_an_error() -> None:
    whole = export_of({"a": 20})
    with scripted(apicurio(["a"], archive(whole[: len(whole) // 2]))) as server:
        with pytest.raises(PlatformError) as raised:
            client(server, CCOMPAT).read(["a"])
        assert server.count(EXPORT) == 2
    assert "is not whole" in str(raised.value)


def test_an_export_without_a_content_is_an_error() -> None:
    registry = apicurio(["a"], archive(export_of({"a": 2}, lacking="2.Content.data")))
    with scripted(registry) as server, pytest.raises(PlatformError) as raised:
        client(server, CCOMPAT).read(["a"])
    assert code_of(raised.value) == "KO454"


def test_a_subject_registered_while_the_export_was_made_is_asked_for_by_name() -> None:
    """Contents are exported before versions: the newest version may come without its content."""
    registry = apicurio(["a", "b"], archive(export_of({"a": 1, "b": 2}, lacking="102.Content")))
    with scripted(registry) as server:
        state = client(server, CCOMPAT).read(["a", "b"])
        assert server.count(EXPORT) == 1
        assert server.count(f"{CCOMPAT}/subjects/b/versions/latest") == 1
    assert state.latest.keys() == {"a", "b"}
    assert state.versions.keys() == {("a", 1)}  # of b not an older version in the place of the newest


def test_a_subject_that_the_export_lacks_is_asked_for_by_name() -> None:
    with scripted(apicurio(["a", "b"], archive(export_of({"a": 1})))) as server:
        assert client(server, CCOMPAT).read(["a", "b"]).latest.keys() == {"a", "b"}


def test_a_subject_deleted_since_the_export_is_absent() -> None:
    with scripted(apicurio(["a"], archive(export_of({"a": 1, "b": 1})))) as server:
        assert client(server, CCOMPAT).read(["a", "b"]).latest.keys() == {"a"}


@pytest.mark.parametrize("status", [401, 403, 404])
def test_without_leave_to_export_each_subject_is_read(status: int) -> None:
    with scripted(apicurio(MANY[:20], Reply(status, {}))) as server:
        said: list[str] = []
        assert client(server, CCOMPAT, said).read(MANY[:9]).latest.keys() == set(MANY[:9])
    assert "has no bulk read" in said[0]


# --- single answers --------------------------------------------------------------------------------


def test_a_404_of_somebody_else_is_a_wrong_url() -> None:
    for reply in (Reply(404, {"error_code": 404, "message": "HTTP 404 Not Found"}), Reply(404, "<html>", "text/html")):
        error = failing(reply, lambda registry: registry.versions("a"))
        assert code_of(error) == "KO331"
        assert "/apis/ccompat/v7" in str(error)


@pytest.mark.parametrize(
    ("data", "call"),
    [
        ({"a": 1}, lambda registry: registry.subjects()),
        ([1, 2], lambda registry: registry.subjects()),
        (["1"], lambda registry: registry.versions("a")),
        ({"subject": "a", "version": 1, "id": 1}, lambda registry: registry.version("a")),
        ({"subject": "a", "version": True, "id": 1, "schema": ""}, lambda registry: registry.version("a")),
        (version("a", schemaType="XML"), lambda registry: registry.version("a")),
        ({"compatibility": "FULL"}, lambda registry: registry.level()),
        ({"mode": "WHATEVER"}, lambda registry: registry.mode("a")),
        ({"is_compatible": "yes"}, lambda registry: registry.test_compatibility("a", AVRO, False)),
        ({}, lambda registry: registry.register("a", AVRO)),
        (None, lambda registry: registry.subjects()),
    ],
)
def test_an_answer_of_another_shape_is_an_error(data: object, call: Callable[[ConfluentRegistry], object]) -> None:
    assert code_of(failing(Reply(200, data), call)) == "KO330"


def test_refusals_carry_the_registrys_words() -> None:
    reply = Reply(409, {"error_code": 409, "message": "reader field missing default: b"})
    error = failing(reply, lambda registry: registry.register("a", AVRO))
    assert isinstance(error, RegistryRefusal)
    assert code_of(error) == "KO332"
    assert "reader field missing default: b" in str(error)
    error = failing(
        Reply(422, {"error_code": 42201, "message": "Invalid schema"}),
        lambda registry: registry.test_compatibility("a", AVRO, True),
    )
    assert isinstance(error, RegistryRefusal)
    assert code_of(error) == "KO333"


@pytest.mark.parametrize("status", [404, 409])
def test_permanently_before_softly_is_refused(status: int) -> None:
    reply = Reply(status, {"error_code": 40405, "message": "must be soft deleted first"})
    error = failing(reply, lambda registry: registry.delete_subject("a", permanent=True))
    assert "delete softly first" in str(error)


def test_what_the_registry_denies_is_absent() -> None:
    with scripted(lambda _request: SUBJECT_UNKNOWN) as server:
        registry = client(server)
        assert registry.versions("a") == ()
        assert registry.version("a") is None
        assert registry.every_version("a") == ()
        assert registry.lookup("a", AVRO) is None
        assert registry.test_compatibility("a", AVRO, False) is None
        assert registry.level("a") is None
        assert registry.delete_subject("a") == ()
        assert registry.referrers("a", 1) == ()
        assert registry.places_of(1) == ()
        assert registry.by_id(1) is None


def test_names_are_quoted_and_bodies_are_as_documented() -> None:
    with scripted(lambda _request: Reply(200, {"id": 7})) as server:
        content = SchemaContent("{}", SchemaType.JSON, (Reference("n", "s", 3),))
        assert client(server).register("a/b c", content, normalize=True) == 7
        (request,) = server.asked
    assert request.path == "/subjects/a%2Fb%20c/versions?normalize=true"
    assert json.loads(request.body) == {
        "schema": "{}",
        "schemaType": "JSON",
        "references": [{"name": "n", "subject": "s", "version": 3}],
    }


def test_the_test_asks_for_as_many_versions_as_the_level_means() -> None:
    verdict = Reply(200, {"is_compatible": False, "messages": ["no default"]})
    with scripted(lambda _request: verdict) as server:
        registry = client(server)
        assert registry.test_compatibility("a", AVRO, True) == Verdict(False, ("no default",))
        registry.test_compatibility("a", AVRO, False)
        paths = [urlsplit(request.path).path for request in server.asked]
    assert paths == ["/compatibility/subjects/a/versions", "/compatibility/subjects/a/versions/latest"]


def test_a_mode_of_its_own_goes_before_the_global_one() -> None:
    def answer(request: Request) -> Reply:
        if request.path.startswith("/mode/own"):
            return Reply(200, {"mode": "READONLY"})
        if request.path.startswith("/mode/"):
            return Reply(404, {"error_code": 40409, "message": "no mode of its own"})
        return Reply(200, {"mode": "IMPORT"})

    with scripted(answer) as server:
        assert client(server).mode("own") is Mode.READONLY
        assert client(server).mode("none") is Mode.IMPORT


def test_confluent_s_registry_has_an_id_and_is_asked_once() -> None:
    scope = {"path": [], "clusters": {"schema-registry-cluster": "lsrc-1", "kafka-cluster": "lkc-1"}}
    with scripted(lambda _request: Reply(200, {"id": "", "scope": scope})) as server:
        registry = client(server)
        assert registry.cluster_id() == registry.cluster_id() == "lkc-1/lsrc-1"
    assert [request.path for request in server.asked] == ["/v1/metadata/id"]


@pytest.mark.parametrize("status", [403, 404, 405])
def test_a_registry_without_an_id_has_none(status: int) -> None:
    with scripted(lambda _request: Reply(status, {"error_code": status, "message": "no"})) as server:
        registry = client(server)
        assert registry.cluster_id() is None and registry.cluster_id() is None
    assert len(server.asked) == 1


def test_an_apicurio_is_not_asked_for_an_id() -> None:
    with scripted(lambda _request: Reply(500)) as server:
        assert client(server, "/apis/ccompat/v7").cluster_id() is None
    assert not server.asked


@pytest.mark.parametrize("reply", [Reply(500), Reply(200, {"scope": "x"}), Reply(200, "<html>", "text/html")])
def test_an_id_that_cannot_be_read_is_not_taken_for_none(reply: Reply) -> None:
    failing(reply, lambda registry: registry.cluster_id())
