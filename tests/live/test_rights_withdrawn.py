"""Rights that are withdrawn before, during and after: nothing is taken for gone, and all goes on once they are back."""

from __future__ import annotations

import pytest
from confluent_kafka.admin import ResourceType

from tests.live.rights import Scene, scene
from tests.live.withdrawing import Town, applied_while_withdrawn, campaign, planned_while_withdrawn, said

pytestmark = pytest.mark.live
__all__ = ["scene"]


@pytest.fixture
def town(scene: Scene) -> Town:
    return Town(scene)


def test_a_topic_that_may_not_be_seen_any_more_is_not_gone(town: Town) -> None:
    town.applied(town.a, town.b)
    town.scene.withdraw(ResourceType.TOPIC, town.b)
    said(town.scene.run("plan"), 1, "KO238", f"topic {town.b} is there, but this principal may not see it any more")
    town.scene.withdraw(ResourceType.BROKER, "kafka-cluster")  # it may not create any either, by which it learnt that
    hidden = f"whether topic {town.b} is still there cannot be told: "
    said(town.scene.run("plan"), 1, "KO238", hidden)
    said(town.scene.run("drift"), 1, "KO238", hidden)
    town.write(town.a)
    said(town.scene.run("apply", "--yes"), 1, "KO238", hidden)
    assert town.claims() == {town.a, town.b}
    town.scene.allow_everything(town.b)
    (change,) = town.scene.run("plan", "--format", "json").json["changes"]
    assert (change["address"], change["type"]) == (f"topic.{town.b}", "delete")


def test_a_topic_that_is_gone_is_gone_for_who_may_not_see_it(town: Town) -> None:
    """Its creation is allowed, so that the controller says whether it is there."""
    town.applied(town.a, town.b)
    town.scene.withdraw(ResourceType.TOPIC, town.b)
    town.scene.admin.delete_topics([town.b])[town.b].result(timeout=20)
    (change,) = town.scene.run("plan", "--format", "json").json["changes"]
    assert (change["address"], change["type"], change["blocked"]) == (f"topic.{town.b}", "create", False)


def test_a_plan_during_which_rights_are_withdrawn_is_true_or_an_error(town: Town) -> None:
    assert 0 not in campaign(town, [0, 2], planned_while_withdrawn)


def test_an_apply_during_which_rights_are_withdrawn_is_completed_by_the_next(town: Town) -> None:
    campaign(town, [30], applied_while_withdrawn)
