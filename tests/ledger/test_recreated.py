"""A plan says which resources are others than those that were applied."""

from __future__ import annotations

from kafkaops.address import Address
from kafkaops.errors import Severity
from kafkaops.ledger.model import Claim, Origin
from kafkaops.ledger.ownership import recreated
from tests.ledger.told import OWNER

A, B, C = (Address("topic", name) for name in "abc")


def claim(address: Address, identity: str) -> Claim:
    at = "2026-11-02T08:00:00+00:00"
    return Claim(owner=OWNER, address=address, origin=Origin.MADE, settled=True, run="r1", at=at, since=at,
                 identity=identity)  # fmt: skip


def test_another_one_of_the_same_name_is_said_and_one_that_is_gone_is_not() -> None:
    recorded = {address: claim(address, f"id-{address.name}") for address in (C, B, A)}
    said = list(recreated(recorded, {A: "id-a", B: "other"}))  # C is not there: its creation is planned
    assert [(item.code, item.address, item.severity) for item in said] == [("KO884", "topic.b", Severity.WARNING)]
    assert "since run r1 (2026-11-02T08:00:00+00:00)" in said[0].summary
    assert "action: forget" in (said[0].hint or "")
