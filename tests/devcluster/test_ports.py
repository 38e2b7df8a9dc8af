from __future__ import annotations

import socket

from kafkaops.devcluster.model import HOST
from kafkaops.devcluster.ports import choose, is_free


def test_ports_are_kept_while_they_are_free_and_replaced_when_taken() -> None:
    before = choose(["a", "b"], {})
    assert len(set(before.values())) == 2
    assert choose(["a", "b"], before) == before
    with socket.socket() as other:
        other.bind((HOST, before["a"]))
        other.listen()
        assert not is_free(before["a"])
        after = choose(["a", "b", "c"], before)
    assert after["b"] == before["b"]
    assert after["a"] not in before.values()
    assert after["c"] not in {after["a"], *before.values()}


def test_a_port_that_is_spoken_for_is_not_given_out() -> None:
    before = choose(["a"], {})
    assert choose(["a"], before, taken=before.values())["a"] != before["a"]


def test_a_lingering_connection_does_not_count_as_taken() -> None:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((HOST, 0))
        server.listen()
        port = server.getsockname()[1]
        client = socket.create_connection((HOST, port))
        accepted, _ = server.accept()
        accepted.close()  # the side that closes first keeps TIME_WAIT
        client.close()
    assert is_free(port)
