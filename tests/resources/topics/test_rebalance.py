"""Evening out replicas by hand, where the brokers do not suffice."""

from __future__ import annotations

from typing import cast

from kafkaops.clients.kafka import KafkaAdmin
from kafkaops.resources.kind import Session
from kafkaops.resources.topics.model import Layout, TopicsSnapshot
from kafkaops.resources.topics.rebalance import Rebalancing
from tests.resources.schemas.values import loaded
from tests.resources.topics.values import cluster, on


def test_a_topic_with_more_replicas_than_there_are_brokers_is_blocked_for_that() -> None:
    wide, narrow = on((1, 2, 3), (2, 3, 1), name="wide"), on((1,), (1,), name="narrow")
    session = Session(loaded=loaded({}, {}), kafka=cast(KafkaAdmin, None), cluster=cluster([wide, narrow], brokers=2))
    snapshot = TopicsSnapshot({"wide": wide, "narrow": narrow}, Layout(racks={1: None, 2: None}))
    found = Rebalancing(["wide", "narrow"]).diff(session, snapshot).changes
    blockers = {change.address.name: [item.code for item in change.blockers] for change in found}
    assert blockers == {"wide": ["KO203"], "narrow": ["KO205"]}, "one broker is missing"
