"""`kafkaops schemas check | diff | pull` against the real registry, and against answers that a real one never gives."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from kafkaops.devcluster import Endpoints
from tests.live.asking import ask
from tests.live.project import Ended, Project

pytestmark = pytest.mark.live

COLOUR = {"type": "enum", "name": "Colour", "namespace": "shop", "symbols": ["RED"], "default": "RED"}


def order(*fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "record",
        "name": "Order",
        "namespace": "shop",
        "fields": [{"name": "id", "type": "string"}, *fields],
    }


class Shop:
    """A small project with one topic, and its subject in the registry."""

    def __init__(self, folder: Path, cluster: Endpoints, prefix: str) -> None:
        self.project = Project(folder, cluster)
        self.url = cluster.schema_registry_url
        self.prefix = prefix
        self.subject = f"{prefix}-orders-value"
        self.folder = folder

    def spec(self, value: str, more: str = "", url: str | None = None) -> None:
        self.folder.joinpath("topics.yaml").write_text(
            f"version: 1\nproject: {self.prefix}\n"
            f"topics:\n  {self.prefix}-orders: {{partitions: 1, replication_factor: 1, value: {value}}}\n"
            f"services:\n  shop: {{produces: [{self.prefix}-orders]}}\n  stock: {{consumes: [{self.prefix}-orders]}}\n"
            f"{more}"
            f"environments:\n  dev: {{kafka: {{bootstrap_servers: '127.0.0.1:1'}}, "
            f"schema_registry: {{url: '{url or self.url}'}}}}\n"
        )

    def write(self, name: str, schema: object) -> None:
        self.folder.joinpath(name).write_text(json.dumps(schema, indent=2))

    def register(self, subject: str, schema: object, **more: object) -> None:
        body = {"schema": json.dumps(schema), **more}
        ask("POST", f"{self.url}/subjects/{subject}/versions", body).raise_for_status()

    def level(self, subject: str, level: str) -> None:
        ask("PUT", f"{self.url}/config/{subject}", {"compatibility": level}).raise_for_status()

    def check(self, *arguments: str) -> dict[str, Any]:
        ended = self.run("check", "--against", "registry", "--format", "json", *arguments)
        assert ended.code in (0, 3), ended.err
        found: dict[str, Any] = json.loads(ended.out)
        assert found["ok"] is (ended.code == 0)
        return found

    def run(self, *arguments: str) -> Ended:
        return self.project.run("schemas", *arguments)

    def only(self, document: dict[str, Any], subject: str | None = None) -> dict[str, Any]:
        found: dict[str, Any] = next(
            each for each in document["subjects"] if each["subject"] == (subject or self.subject)
        )
        return found


@pytest.fixture
def shop(tmp_path: Path, cluster: Endpoints, prefix: str) -> Shop:
    made = Shop(tmp_path, cluster, prefix)
    made.spec("{schema: order.avsc}")
    made.write("order.avsc", order())
    return made


def test_both_verdicts_and_where_the_level_is_from(shop: Shop) -> None:
    assert shop.only(shop.check())["state"] == "new"
    shop.register(shop.subject, order())
    shop.level(shop.subject, "BACKWARD")
    assert shop.only(shop.check())["state"] == "unchanged"
    shop.write("order.avsc", order({"name": "count", "type": "int"}))
    found = shop.only(shop.check())
    assert found["level"] == {"level": "BACKWARD", "source": "the registry's, for the subject"}
    assert [item["rule"] for item in found["findings"]] == ["reader_field_missing_default_value"]
    assert found["registry"]["compatible"] is False and found["consumers"] == ["stock"]
    shop.write("order.avsc", order({"name": "count", "type": "int", "default": 0}))
    found = shop.only(shop.check())
    assert found["state"] == "compatible" and found["registry"]["compatible"] is True


def test_a_transitive_level_takes_every_version_and_a_declared_level_goes_first(shop: Shop) -> None:
    for kind in ("string", "int"):
        shop.register(shop.subject, order({"name": "x", "type": kind, "default": "" if kind == "string" else 0}))
        shop.level(shop.subject, "NONE")
    shop.write("order.avsc", order({"name": "x", "type": "long", "default": 0}))
    assert shop.only(shop.check())["state"] == "not checked"
    shop.spec("{schema: order.avsc, compatibility: BACKWARD}")
    assert shop.only(shop.check())["state"] == "compatible"
    shop.spec("{schema: order.avsc, compatibility: BACKWARD_TRANSITIVE}")
    found = shop.only(shop.check())
    assert found["compared_with"] == ["version 2", "version 1"]
    assert [item["against"] for item in found["findings"]] == [["version 1"]]
    assert found["level"]["source"] == "declared for the subject"
    assert "NONE" in found["registry"]["not_asked"]


def test_what_an_earlier_version_says_passes_before_the_registry_is_heard(shop: Shop) -> None:
    """Registering it again gives that version back, whatever the compatibility test says of it."""
    first = order({"name": "x", "type": "string", "default": ""})
    shop.register(shop.subject, first)
    shop.level(shop.subject, "NONE")
    shop.register(shop.subject, order({"name": "x", "type": "int", "default": 0}))
    shop.level(shop.subject, "BACKWARD_TRANSITIVE")
    for written in (json.dumps(first), json.dumps(first, indent=3)):
        shop.folder.joinpath("order.avsc").write_text(written)
        found = shop.only(shop.check())
        assert (found["state"], found["findings"]) == ("unchanged", []), found
        assert found["compared_with"] == ["version 1"] and found["registry"]["compatible"] is False
    shop.register(shop.subject, first)  # as kafkaops says


def test_a_level_of_none_says_whose_it_is(shop: Shop) -> None:
    shop.register(shop.subject, order())
    shop.spec("{schema: order.avsc, compatibility: BACKWARD}")
    shop.write("order.avsc", order({"name": "x", "type": "int", "default": 0}))
    level = ask("GET", f"{shop.url}/config").json()["compatibilityLevel"]
    if level != "NONE":
        pytest.skip(f"this registry's global level is {level}")
    assert shop.only(shop.check())["registry"]["not_asked"] == "its global level is NONE"
    shop.level(shop.subject, "NONE")
    assert shop.only(shop.check())["registry"]["not_asked"] == "its level for the subject is NONE"


def test_versions_come_with_the_references_that_they_were_registered_with(shop: Shop) -> None:
    shared = f"{shop.prefix}-colour"
    shop.register(shared, COLOUR)
    reference = [{"name": "shop.Colour", "subject": shared, "version": 1}]
    shop.register(shop.subject, order({"name": "colour", "type": "Colour"}), references=reference)
    shop.level(shop.subject, "FULL")
    more = f"schemas: {{subjects: {{{shared}: {{schema: colour.avsc}}}}}}\n"
    shop.spec("{schema: order.avsc}", more)
    shop.write("colour.avsc", {**COLOUR, "symbols": ["GREEN"], "default": "GREEN"})
    shop.write("order.avsc", order({"name": "colour", "type": "Colour"}))
    found = shop.only(shop.check())
    assert found["state"] == "compatible"  # the default takes what it does not know
    without = {key: value for key, value in COLOUR.items() if key != "default"}
    shop.write("colour.avsc", {**without, "symbols": ["GREEN"]})
    found = shop.only(shop.check())
    rules = [item["rule"] for item in found["findings"]]
    assert "missing_enum_symbols" in rules
    assert "not registered as it is now" in found["registry"]["not_asked"]
    assert found["findings"][0]["place"]["file"] == "colour.avsc"


def test_json_schema_is_the_registrys_to_judge(shop: Shop) -> None:
    before = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}
    shop.register(shop.subject, before, schemaType="JSON")
    shop.level(shop.subject, "BACKWARD")
    shop.spec("{schema: order.json}")
    shop.write("order.json", {**before, "properties": {"a": {"type": "integer"}}})
    found = shop.only(shop.check())
    assert found["state"] == "incompatible" and found["findings"][0]["rule"] == "registry_refuses"
    shop.write("order.json", {**before, "properties": {"a": {"type": "string"}, "b": {"type": "string"}}})
    assert shop.only(shop.check())["state"] == "compatible"


MESSAGE = 'syntax = "proto3"; package shop; message Order { string id = 1; %s }'


def test_protobuf_is_the_registrys_to_judge(shop: Shop) -> None:
    body = {"schema": MESSAGE % "int32 count = 2;", "schemaType": "PROTOBUF"}
    ask("POST", f"{shop.url}/subjects/{shop.subject}/versions", body).raise_for_status()
    shop.level(shop.subject, "BACKWARD")
    shop.spec("{schema: order.proto}")
    shop.folder.joinpath("order.proto").write_text(MESSAGE % "int32 count = 2; string note = 3;")
    found = shop.only(shop.check())
    assert found["state"] == "compatible" and "Protobuf, by the registry" in found["note"], found
    shop.folder.joinpath("order.proto").write_text(MESSAGE % "string count = 2;")
    found = shop.only(shop.check())
    assert found["state"] == "incompatible" and found["findings"][0]["rule"] == "registry_refuses", found
    offline = shop.run("check", "--against", ".", "--format", "json")
    assert "only Avro is checked offline" in offline.out, offline


def test_import_mode_checks_nothing_and_says_so(shop: Shop) -> None:
    shop.register(shop.subject, order())
    shop.write("order.avsc", order({"name": "count", "type": "int"}))
    mode = f"{shop.url}/mode/{shop.subject}"
    answer = ask("PUT", mode, {"mode": "IMPORT"}, params={"force": "true"})
    if answer.status_code != 200:
        pytest.skip(f"this registry has no mode for a subject: {answer.text}")
    try:
        if ask("GET", mode).json().get("mode") != "IMPORT":
            pytest.skip("this registry keeps one mode for all subjects")
        found = shop.only(shop.check())
        assert found["state"] == "not checked" and "IMPORT" in found["note"]
    finally:
        ask("PUT", mode, {"mode": "READWRITE"}).raise_for_status()


def test_pull_and_compare_offline(shop: Shop) -> None:
    shop.register(shop.subject, order({"name": "x", "type": "string", "default": ""}))
    shop.register(shop.subject, order())
    ended = shop.run("pull", f"{shop.prefix}-*", "--into", "pulled", "--all-versions")
    assert ended.code == 0, ended.err
    assert sorted(ended.out.split()) == [f"pulled/{shop.subject}/{number}.avsc" for number in (1, 2)]
    again = shop.run("pull", f"{shop.prefix}-*", "--into", "pulled", "--all-versions")
    assert (again.code, again.out) == (0, "")
    shop.write("order.avsc", order({"name": "x", "type": "int", "default": 0}))
    shop.spec("{schema: order.avsc, compatibility: BACKWARD_TRANSITIVE}")
    ended = shop.run("check", "--against", "pulled")
    assert ended.code == 3 and "type_mismatch" in ended.out
    shop.folder.joinpath(f"pulled/{shop.subject}/1.avsc").write_text("mine")
    ended = shop.run("pull", f"{shop.prefix}-*", "--into", "pulled", "--all-versions")
    assert ended.code == 2 and "KO381" in ended.err
    assert shop.folder.joinpath(f"pulled/{shop.subject}/1.avsc").read_text() == "mine"
    ended = shop.run("pull", f"{shop.prefix}-nothing", "--into", "pulled")
    assert ended.code == 2 and "KO382" in ended.err


def test_diff_with_what_is_registered(shop: Shop) -> None:
    shop.register(shop.subject, order())
    shop.write("order.avsc", order({"name": "count", "type": "int", "default": 0}))
    ended = shop.run("diff", f"registry:{shop.subject}@1", "order.avsc")
    assert ended.code == 0 and "+ Order.count: a new field, an int, default 0" in ended.out
    assert "passes under BACKWARD, FORWARD, FULL" in ended.out
    for number in (9, 0):
        ended = shop.run("diff", f"registry:{shop.subject}@{number}", "order.avsc")
        said = f"error[KO383]: the registry has no version {number} of {shop.subject}\n  hint: it has 1\n"
        assert (ended.code, ended.err) == (2, said)


# ---- answers that a healthy registry never gives


class Scripted(BaseHTTPRequestHandler):
    """Answers everything alike: status, content type, text."""

    answer: tuple[int, str, bytes] = (200, "application/json", b"[]")

    def do_GET(self) -> None:
        status, kind, content = self.answer
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content) + (10 if kind == "half" else 0)))
        if status == 429:
            self.send_header("Retry-After", "3600")
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET  # noqa: N815

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: the test says what went wrong."""


@contextmanager
def answering(status: int, kind: str, content: bytes) -> Iterator[str]:
    with serving(type("Handler", (Scripted,), {"answer": (status, kind, content)})) as url:
        yield url


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "kind", "content", "code"),
    [
        (401, "application/json", b'{"error_code": 401, "message": "Unauthorized"}', "KO455"),
        (404, "application/json", b'{"detail": "no such page"}', "KO331"),
        (429, "application/json", b'{"error_code": 429, "message": "slow down"}', "KO457"),
        (500, "application/json", b'{"error_code": 50001, "message": "store"}', "KO452"),
        (200, "text/html", b"<html>Sign in</html>", "KO453"),
        (200, "application/json", b'{"subjects": ', "KO45"),
        (200, "half", b'["a", ', "KO45"),
        (200, "application/json", b'{"unexpected": true}', "KO330"),
    ],
)
def test_what_cannot_be_used_is_an_error_and_never_a_pass(
    shop: Shop, status: int, kind: str, content: bytes, code: str
) -> None:
    with answering(status, kind, content) as url:
        shop.spec("{schema: order.avsc}", url=url)
        ended = shop.run("check", "--against", "registry")
    assert ended.code == 1 and ended.out == "" and code in ended.err, ended
    assert "Traceback" not in ended.err


def test_a_registry_that_is_not_there(shop: Shop) -> None:
    shop.spec("{schema: order.avsc}", url="http://127.0.0.1:9")
    ended = shop.run("check", "--against", "registry:dev")
    assert ended.code == 1 and "KO450" in ended.err and ended.out == ""


def test_a_compatibility_group_of_confluents(shop: Shop) -> None:
    """The dev cluster's registry has no such groups: these are Confluent's answers, as its API describes them."""
    texts = {1: order({"name": "x", "type": "string"}), 2: order({"name": "x", "type": "long"})}

    class Confluent(Scripted):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            content: object = {"compatibilityLevel": "BACKWARD_TRANSITIVE", "compatibilityGroup": "major"}
            if path == "/subjects":
                content = [shop.subject]
            elif path.endswith("/versions"):
                content = [1, 2]
            elif path.startswith("/mode"):
                content = {"mode": "READWRITE"}
            elif path.startswith("/subjects/"):
                number = 2 if path.endswith("latest") else int(path.rsplit("/", 1)[1])
                content = {
                    "subject": shop.subject,
                    "version": number,
                    "id": number,
                    "schema": json.dumps(texts[number]),
                    "metadata": {"properties": {"major": str(number)}},
                }
            self.reply(content)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.reply({"is_compatible": True})

        def reply(self, content: object) -> None:
            sent = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

    shop.write("order.avsc", order({"name": "x", "type": "double"}))
    with serving(Confluent) as url:
        shop.spec("{schema: order.avsc}", url=url)
        assert shop.only(shop.check("--metadata", "major=2"))["compared_with"] == ["version 2"]
        found = shop.only(shop.check("--metadata", "major=1"))
        assert [item["rule"] for item in found["findings"] if item["severity"] == "error"] == ["type_mismatch"]
        assert "registry_differs" in [item["rule"] for item in found["findings"]]
        assert "no value, 0 versions" in shop.only(shop.check())["note"]
