"""The HTTP client against a server that misbehaves on purpose."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path

import pytest

from kafkaops.clients.fan_out import as_finished, both, fan_out
from kafkaops.clients.http import HttpApi, Patience
from kafkaops.clients.http_errors import HttpStatusError, masked
from kafkaops.errors import PlatformError
from kafkaops.spec.model import HttpConnection
from kafkaops.spec.references import Resolver
from tests.clients.scripted_http import Reply, Request, scripted

QUICK = Patience(attempts=3, first_pause_s=0.01, throttled_s=5)


def open_api(
    url: str, patience: Patience = QUICK, say: Callable[[str], None] | None = None, **connection: object
) -> HttpApi:
    declared = HttpConnection.model_validate({"url": url, **connection})
    return HttpApi.open("the registry", declared, Resolver(Path(), None), say=say, patience=patience)


def in_turn(*replies: Reply) -> Callable[[Request], Reply]:
    """One reply after the other; the last again and again."""
    left = list(replies)
    return lambda _request: left.pop(0) if len(left) > 1 else left[0]


def failing(script: Callable[[Request], Reply], method: str = "GET") -> PlatformError:
    """The error that a request ends in."""
    with scripted(script) as server, pytest.raises(PlatformError) as raised:
        open_api(server.url).request(method, "/things")
    return raised.value


def code_of(error: PlatformError) -> str:
    return error.diagnostics[0].code


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_get_is_tried_again_while_a_gateway_is_unwell(status: int) -> None:
    with scripted(in_turn(Reply(status), Reply(status), Reply(200, [1]))) as server:
        assert open_api(server.url).get("/things") == [1]
        assert server.count("/things") == 3


def test_trying_again_has_an_end() -> None:
    with scripted(in_turn(Reply(503, {"message": "asleep"}))) as server:
        with pytest.raises(HttpStatusError) as raised:
            open_api(server.url).get("/things")
        assert (raised.value.status, raised.value.message) == (503, "asleep")
        assert server.count("/things") == QUICK.attempts


@pytest.mark.parametrize("reply", [Reply(500), Reply(404), Reply(409), Reply(422)])
def test_an_answer_is_an_answer(reply: Reply) -> None:
    with scripted(in_turn(reply, Reply(200, {}))) as server:
        with pytest.raises(HttpStatusError) as raised:
            open_api(server.url).get("/things")
        assert raised.value.status == reply.status
        assert server.count("/things") == 1


def test_a_post_that_may_have_been_done_is_not_sent_again() -> None:
    with scripted(in_turn(Reply(503), Reply(200, {}))) as server:
        with pytest.raises(HttpStatusError):
            open_api(server.url).request("POST", "/things", body={})
        assert server.count("/things") == 1
        assert open_api(server.url).request("POST", "/things", body={}, repeatable=True).data == {}


def test_half_an_answer_is_asked_for_again_and_never_taken() -> None:
    whole, half = Reply(200, {"subjects": ["a", "b"]}), Reply(200, {"subjects": ["a", "b"]}, cut=9)
    with scripted(in_turn(half, whole)) as server:
        assert open_api(server.url).get("/things") == {"subjects": ["a", "b"]}
    error = failing(in_turn(half))
    assert code_of(error) == "KO454"
    assert "GET /things" in str(error)


def test_json_that_stops_midway_is_half_an_answer_too() -> None:
    assert code_of(failing(in_turn(Reply(200, '["a", "b"')))) == "KO454"


def test_html_is_no_answer() -> None:
    page = "<!DOCTYPE html><html><body>Sign in</body></html>"
    error = failing(in_turn(Reply(200, page, "text/html")))
    assert code_of(error) == "KO453"
    assert "answered HTML (status 200) to GET /things" in str(error)
    assert "really the base URL of the registry?" in str(error)


def test_a_redirect_is_said_and_not_followed() -> None:
    error = failing(in_turn(Reply(302, headers={"Location": "https://user:secret@elsewhere/login"})))
    assert code_of(error) == "KO456"
    assert "https://***@elsewhere/login" in str(error)
    assert "secret" not in str(error)


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_are_called_that(status: int) -> None:
    error = failing(in_turn(Reply(status, {"message": "who are you?"})))
    assert code_of(error) == "KO455"
    assert "who are you?" in str(error)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_throttled_is_waited_for_and_said(method: str) -> None:
    said: list[str] = []
    with scripted(in_turn(Reply(429, headers={"Retry-After": "1"}), Reply(200, {}))) as server:
        started = time.monotonic()
        open_api(server.url, say=said.append).request(method, "/things")
        assert time.monotonic() - started >= 1
        assert server.count("/things") == 2
    assert said == [f"the registry at {server.url} is throttling; waiting 1.0 s"]


def test_a_date_to_wait_for_is_understood() -> None:
    later = formatdate(time.time() + 2, usegmt=True)
    with scripted(in_turn(Reply(429, headers={"Retry-After": later}), Reply(200, {}))) as server:
        assert open_api(server.url).get("/things") == {}
        assert server.count("/things") == 2


def test_a_wait_beyond_the_bound_is_an_error_at_once() -> None:
    error = failing(in_turn(Reply(429, headers={"Retry-After": "3600"})))
    assert code_of(error) == "KO457"
    assert "asks to wait 3600 s more, and kafkaops waits 5 s at most" in str(error)


def test_one_throttled_thread_holds_the_others() -> None:
    replies = iter([Reply(429, headers={"Retry-After": "1"})])
    with scripted(lambda _request: next(replies, Reply(200, {}))) as server:
        said: list[str] = []
        api = open_api(server.url, say=said.append)
        fan_out(api.get, ["/a"] * 8)
        assert len(said) == 1
        assert len(server.asked) <= 16


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def test_nobody_listening_is_said_with_the_address_within_seconds() -> None:
    port, started = free_port(), time.monotonic()
    with pytest.raises(PlatformError) as raised:
        open_api(f"http://127.0.0.1:{port}").get("/things")
    assert code_of(raised.value) == "KO450"
    assert f"the registry at http://127.0.0.1:{port} cannot be reached" in str(raised.value)
    assert time.monotonic() - started < 28, "as long as an answer may take"


def test_an_unknown_host_is_not_tried_again() -> None:
    with pytest.raises(PlatformError) as raised:
        open_api("http://no-such-host.invalid").get("/things")
    assert "does not resolve" in str(raised.value)


def test_silence_ends_after_the_request_timeout() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        with pytest.raises(PlatformError) as raised:
            open_api(f"http://127.0.0.1:{sock.getsockname()[1]}", request_timeout="200ms").get("/things")
    assert code_of(raised.value) == "KO451"


def test_credentials_are_sent_and_never_shown() -> None:
    with scripted(in_turn(Reply(500, {"message": "sorry"}))) as server:
        url = server.url.replace("http://", "http://tom:hunter2@")
        api = open_api(url)
        with pytest.raises(HttpStatusError) as raised:
            api.get("/things")
    assert api.url == server.url
    assert "hunter2" not in str(raised.value) + repr(raised.value)
    assert masked("see http://tom:hunter2@host/x") == "see http://***@host/x"


def test_secrets_are_resolved_for_the_request_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_TOKEN", "s3cret")
    seen: list[str] = []
    api = open_api("http://127.0.0.1:1", token="${env:TEST_TOKEN}")
    api._client.event_hooks = {"request": [lambda request: seen.append(request.headers["Authorization"])]}
    with pytest.raises(PlatformError) as raised:
        api.get("/things")
    assert seen[0] == "Bearer s3cret"
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize("url", ["registry:8081", "ftp://registry", "http://", "http://host:port"])
def test_what_is_no_url_is_said(url: str) -> None:
    with pytest.raises(PlatformError) as raised:
        open_api(url)
    assert code_of(raised.value) == "KO458"


def test_a_missing_certificate_is_said(tmp_path: Path) -> None:
    with pytest.raises(PlatformError) as raised:
        open_api("https://registry", ca_location=str(tmp_path / "none.pem"))
    assert code_of(raised.value) == "KO458"
    assert "none.pem" in str(raised.value)


def test_fan_out_keeps_the_order_and_its_bound() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def work(number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.002)
        with lock:
            running -= 1
        return number * 2

    assert fan_out(work, range(50), at_once=4) == [number * 2 for number in range(50)]
    assert most <= 4
    assert fan_out(work, []) == []


def test_fan_out_raises_the_first_error_and_begins_nothing_more() -> None:
    begun: list[int] = []

    def work(number: int) -> None:
        begun.append(number)
        time.sleep(0.01)
        if number in (1, 2):
            raise ValueError(number)

    with pytest.raises(ValueError, match="1"):
        fan_out(work, range(10_000), at_once=4)
    assert len(begun) < 5_000, "the other threads go on while the one that failed waits for its turn to say so"


def test_results_come_as_they_finish_and_may_be_left() -> None:
    slow = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            slow.wait(60)
        return number

    results = as_finished(work, range(3), at_once=3)
    assert {next(results)[1], next(results)[1]} == {1, 2}
    slow.set()
    assert next(results) == (0, 0)
    results.close()  # type: ignore[attr-defined]  # a generator, as an iterator


def test_both_gives_each_its_own() -> None:
    assert both(lambda: 1, lambda: "two") == (1, "two")
