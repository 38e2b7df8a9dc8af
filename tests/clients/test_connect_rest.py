"""Faults of Connect that a real worker cannot be made to show when one wants them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kafkaops.clients.connect import PluginType, RunState
from kafkaops.clients.connect_rest import SYSTEM, BusyPatience, RestConnect
from kafkaops.clients.http import HttpApi, Patience
from kafkaops.errors import PlatformError
from kafkaops.spec.model import HttpConnection
from kafkaops.spec.references import Resolver
from tests.clients.scripted_http import Reply, Request, Script, scripted

LISTING = "/connectors?expand=info&expand=status"
NOT_FOUND = Reply(404, {"error_code": 404, "message": "Connector x not found"})
BUSY = Reply(
    409, {"error_code": 409, "message": "Cannot complete request momentarily due to stale configuration (rebalance)"}
)


def entry(name: str, state: str = "RUNNING") -> dict[str, Any]:
    return {
        "info": {
            "name": name,
            "type": "sink",
            "config": {"name": name, "connector.class": "X", "nothing": None},
            "tasks": [{"connector": name, "task": 0}],
        },
        "status": {
            "name": name,
            "connector": {"state": state, "worker_id": "w:1", "version": "4.3.1"},
            "tasks": [{"id": 0, "state": state, "worker_id": "w:1"}],
            "type": "sink",
        },
    }


@dataclass
class Talk:
    """A client, the script it talks to, and what it told the user."""

    client: RestConnect
    script: Script
    said: list[str]


@contextmanager
def talk(answer: Callable[[Request], Reply], patience: BusyPatience | None = None) -> Iterator[Talk]:
    said: list[str] = []
    with scripted(answer) as script:
        api = HttpApi.open(
            SYSTEM,
            HttpConnection(url=script.url),
            Resolver(Path(), None),
            say=said.append,
            patience=Patience(attempts=2, first_pause_s=0.01),
        )
        client = RestConnect(api, say=said.append, patience=patience or BusyPatience(0.3, 0.3, 0.02))
        try:
            yield Talk(client, script, said)
        finally:
            client.close()


def unchanged(text: str) -> str:
    return text


def test_a_listing_is_one_request() -> None:
    with talk(lambda _: Reply(200, {"a": entry("a")})) as talking:
        seen = talking.client.connectors(["a"])
        assert [request.path for request in talking.script.asked] == [LISTING]
    assert seen["a"].type is PluginType.SINK
    assert seen["a"].task_ids == (0,)
    assert seen["a"].config["nothing"] is None
    assert seen["a"].status.tasks[0].state is RunState.RUNNING


def test_a_connector_that_is_absent_is_confirmed_by_the_plain_listing() -> None:
    answers = {LISTING: Reply(200, {"a": entry("a")}), "/connectors": Reply(200, ["a"])}
    with talk(lambda request: answers[request.path]) as talking:
        assert "b" not in talking.client.connectors(["a", "b"])
        assert talking.script.count("/connectors") == 1


def test_a_connector_that_is_left_out_is_never_absent() -> None:
    answers = {LISTING: Reply(200, {"a": entry("a")}), "/connectors": Reply(200, ["a", "b"])}
    with talk(lambda request: answers[request.path]) as talking, pytest.raises(PlatformError) as caught:
        talking.client.connectors(["a", "b"])
    assert caught.value.diagnostics[0].code == "KO504"
    assert "b exist" in caught.value.diagnostics[0].summary


def test_a_connector_that_was_left_out_for_a_moment_is_waited_for() -> None:
    def answer(request: Request) -> Reply:
        if request.path == "/connectors":
            return Reply(200, ["a"])
        return Reply(200, {"a": entry("a")} if talking.script.count(LISTING) > 2 else {})

    with talk(answer) as talking:
        assert "a" in talking.client.connectors(["a"])


def test_a_rebalance_is_waited_for_and_spoken_of_once() -> None:
    with talk(lambda _: Reply(200, {}) if len(talking.script.asked) > 3 else BUSY) as talking:
        assert talking.client.connectors() == {}
        assert [line for line in talking.said if "rebalancing" in line] == talking.said
        assert len(talking.said) == 1


def test_a_rebalance_without_end_is_an_error() -> None:
    with talk(lambda _: BUSY) as talking, pytest.raises(PlatformError) as caught:
        talking.client.pause("x")
    found = caught.value.diagnostics[0]
    assert found.code == "KO501"
    assert "PUT /connectors/x/pause was not done" in found.summary
    assert found.detail is not None
    assert "stale configuration" in found.detail


def test_existing_already_is_no_rebalance() -> None:
    reply = Reply(409, {"error_code": 409, "message": "Connector x already exists"})
    with talk(lambda _: reply) as talking, pytest.raises(PlatformError) as caught:
        talking.client.create("x", {"connector.class": "X"}, RunState.RUNNING, unchanged)
    assert caught.value.diagnostics[0].code == "KO503"
    assert len(talking.script.asked) == 1


@pytest.mark.parametrize(
    ("state", "sent"), [(RunState.RUNNING, None), (RunState.STOPPED, "STOPPED"), (RunState.PAUSED, "PAUSED")]
)
def test_only_what_does_not_run_at_first_names_its_state(state: RunState, sent: str | None) -> None:
    with talk(lambda _: Reply(201, {})) as talking:
        talking.client.create("x", {"connector.class": "X"}, state, unchanged)
        body = talking.script.asked[0].body
    assert ("initial_state" in body) is (sent is not None)
    assert sent is None or sent in body


def test_names_are_quoted() -> None:
    with talk(lambda _: Reply(202)) as talking:
        talking.client.pause("a/b c?ä")
        assert talking.script.asked[0].path == "/connectors/a%2Fb%20c%3F%C3%A4/pause"


def test_a_connector_that_vanished_meanwhile() -> None:
    with talk(lambda _: NOT_FOUND) as talking:
        assert talking.client.status("x") is None
        assert talking.client.task_configs("x") is None
        assert talking.client.delete("x") is False
        with pytest.raises(PlatformError) as caught:
            talking.client.pause("x")
    assert caught.value.diagnostics[0].code == "KO502"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(404, {"error_code": 404, "message": "HTTP 404 Not Found"}),
        Reply(404, "no such page", "text/plain"),
        Reply(404, "<html>not here</html>", "text/html"),
    ],
    ids=["no such resource", "a proxy's text", "a proxy's page"],
)
def test_a_404_that_is_not_connects_word_on_a_connector_is_not_absence(reply: Reply) -> None:
    with talk(lambda _: reply) as talking:
        for call in (talking.client.status, talking.client.task_configs, talking.client.delete):
            with pytest.raises(PlatformError) as caught:
                call("x")
            assert caught.value.diagnostics[0].code == "KO452"


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        (LISTING, ["a", "b"]),
        (LISTING, {"a": {"info": entry("a")["info"]}}),
        (LISTING, {"a": {"status": entry("a")["status"]}}),
        (LISTING, {"a": entry("a", state="CONFUSED")}),
        (LISTING, {"a": {**entry("a"), "info": {**entry("a")["info"], "config": {"k": 1}}}}),
        (LISTING, None),
    ],
    ids=["names only", "no status", "no info", "unknown state", "a number in a config", "nothing"],
)
def test_half_an_answer_is_an_error(path: str, answer: object) -> None:
    with talk(lambda _: Reply(200, answer)) as talking, pytest.raises(PlatformError) as caught:
        talking.client.connectors()
    assert caught.value.diagnostics[0].code == "KO506"


def test_something_else_answers() -> None:
    page = Reply(200, "<!doctype html><title>Welcome</title>", "text/html")
    with talk(lambda _: page) as talking, pytest.raises(PlatformError) as caught:
        talking.client.worker()
    assert caught.value.diagnostics[0].code == "KO453"


def test_nobody_answers() -> None:
    with talk(lambda _: Reply(200)) as talking:
        url = talking.script.url
    api = HttpApi.open(SYSTEM, HttpConnection(url=url), Resolver(Path(), None), patience=Patience(1, 0.01))
    with pytest.raises(PlatformError) as caught:
        RestConnect(api).connectors()
    assert caught.value.diagnostics[0].code == "KO450"
    assert url in str(caught.value)


@pytest.mark.parametrize("status", [400, 409, 500])
def test_secrets_are_taken_out_of_a_refusal_before_it_is_cut(status: int) -> None:
    """A server may quote the whole configuration; cutting first could leave half a secret."""
    secret = "s3cr3t-" * 10

    def answer(request: Request) -> Reply:
        padding = "x" * (560 - request.body.index(secret))
        return Reply(status, {"error_code": status, "message": padding + request.body + " already exists"})

    def scrub(text: str) -> str:
        return text.replace(secret, "***")

    with talk(answer) as talking:
        for call in (
            lambda: talking.client.put_config("x", {"connector.class": "X", "password": secret}, scrub),
            lambda: talking.client.create("x", {"connector.class": "X", "password": secret}, RunState.RUNNING, scrub),
            lambda: talking.client.validate("X", {"connector.class": "X", "password": secret}, scrub),
        ):
            with pytest.raises(PlatformError) as caught:
                call()
            assert "s3cr3t" not in str(caught.value)
            assert "***" in str(caught.value)
            assert caught.value.__cause__ is None
            assert caught.value.__context__ is None


def test_secrets_are_taken_out_of_validation_errors() -> None:
    finding = {
        "definition": {"name": "k", "type": "STRING"},
        "value": {"name": "k", "value": "s3cret", "errors": ["Invalid value s3cret for configuration k"]},
    }
    reply = Reply(200, {"name": "X", "error_count": 1, "configs": [finding]})
    with talk(lambda _: reply) as talking:
        found = talking.client.validate("X", {"k": "s3cret"}, lambda text: text.replace("s3cret", "***"))
    assert found.refused[0].errors == ("Invalid value *** for configuration k",)


@pytest.mark.parametrize("status", [400, 404, 405, 500])
def test_a_plugin_of_which_the_worker_cannot_tell_has_no_types(status: int) -> None:
    reply = Reply(status, {"error_code": status, "message": "Unknown plugin X."})
    with talk(lambda _: reply) as talking:
        assert talking.client.key_types("X") is None
