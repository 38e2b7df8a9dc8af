from __future__ import annotations

import re

import pytest

from kafkaops.devcluster.kafka_nodes import broker_properties, connect_properties, new_cluster_id, render_properties
from kafkaops.devcluster.model import ClusterState, broker_nodes, port_names


def state(brokers: int) -> ClusterState:
    bare = ClusterState("x", "id", brokers, ())
    ports = {name: 20_000 + at for at, name in enumerate(port_names(bare.nodes))}
    return ClusterState("x", "id", brokers, (), ports=ports)


def test_properties_escape_what_java_would_misread() -> None:
    text = render_properties({"a": "C:\\x", "b": "ü €", "c": "𝄞", "d": True, "e": 3})
    assert text == "a=C:\\\\x\nb=\\u00fc \\u20ac\nc=\\ud834\\udd1e\nd=true\ne=3\n"


@pytest.mark.parametrize(("brokers", "replicas", "in_sync"), [(1, 1, 1), (2, 2, 1), (3, 3, 2), (5, 3, 2)])
def test_replication_fits_the_number_of_brokers(brokers: int, replicas: int, in_sync: int) -> None:
    cluster = state(brokers)
    broker = broker_properties(cluster, broker_nodes(brokers)[0])
    connect = connect_properties(cluster)
    for key in ("offsets.topic", "transaction.state.log", "share.coordinator.state.topic", "default"):
        assert broker[f"{key}.replication.factor"] == replicas
    assert broker["transaction.state.log.min.isr"] == in_sync
    assert {connect[f"{kind}.storage.replication.factor"] for kind in ("config", "offset", "status")} == {replicas}


def test_every_node_knows_all_controllers_and_listens_on_its_own_ports() -> None:
    cluster = state(3)
    all_properties = [broker_properties(cluster, node) for node in broker_nodes(3)]
    voters = "1@127.0.0.1:20001,2@127.0.0.1:20003,3@127.0.0.1:20005"
    assert {each["controller.quorum.voters"] for each in all_properties} == {voters}
    assert [each["advertised.listeners"] for each in all_properties] == [
        f"PLAINTEXT://127.0.0.1:{port}" for port in (20000, 20002, 20004)
    ]


def test_nothing_listens_beyond_the_loopback_interface() -> None:
    cluster = state(3)
    rendered = render_properties(broker_properties(cluster, broker_nodes(3)[0]))
    rendered += render_properties(connect_properties(cluster))
    assert set(re.findall(r"[\w.]+(?=:2\d{4})", rendered)) == {"127.0.0.1"}


def test_cluster_ids_are_22_characters_that_kafkas_tools_take() -> None:
    ids = {new_cluster_id() for _ in range(2000)}
    assert len(ids) == 2000
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]{21}", each) for each in ids)
