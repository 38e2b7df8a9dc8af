from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkaops.address import Address, Guard
from kafkaops.clients.connect import ConnectorStatus, PluginType, RunState, SeenConnector, TaskStatus
from kafkaops.errors import Severity
from kafkaops.plan.model import Change, ChangeType, Difference, FieldChange, Reason, Risk
from kafkaops.resources.connectors.diff import diff_connectors
from kafkaops.resources.connectors.model import CreateConnector, PutConnectorConfig
from kafkaops.spec.model import ConnectorState
from tests.resources.connectors.values import (
    FAILED,
    FILE_SINK,
    MONGO_SINK,
    PAUSED,
    RESTARTING,
    RUNNING,
    STOPPED,
    UNASSIGNED,
    config,
    connector,
    seen,
    session,
    snapshot,
)


def difference(declared: Mapping[str, Any] | None, *there: SeenConnector, **more: Any) -> Difference:
    of = session({} if declared is None else {"sink": declared}, **more)
    return diff_connectors(of, snapshot(of, *there))


def only(found: Difference) -> Change:
    (change,) = found.changes
    return change


def names(change: Change) -> list[str]:
    return [type(operation).__name__ for operation in change.operations]


def test_as_declared_is_no_change() -> None:
    found = difference(connector(), seen())
    assert (found.changes, found.observations, found.in_sync, found.unmanaged) == ((), (), 1, ())


def test_what_connect_s_own_providers_resolve_is_no_reference_of_a_spec() -> None:
    """It would be looked up here, and sent, when the connector is put back."""
    change = only(difference(connector(tasks_max=2), seen(config(header="${env:HOME}", other="${vault:x}"))))
    assert change.before is not None and isinstance(change.before["config"], dict)
    assert (change.before["config"]["header"], change.before["config"]["other"]) == ("$${env:HOME}", "${vault:x}")


def test_an_absent_connector_is_created_in_its_state() -> None:
    change = only(difference(connector(state="stopped", tasks_max=2)))
    (operation,) = change.operations
    assert isinstance(operation, CreateConnector)
    assert operation.state is ConnectorState.STOPPED
    assert dict(operation.config) == {
        "connector.class": FILE_SINK,
        "tasks.max": "2",
        "topics": "wave-events",
        "file": "out.txt",
    }
    assert (change.type, change.reason) == (ChangeType.CREATE, Reason.ABSENT_FROM_CLUSTER)
    assert change.summary == "FileStreamSinkConnector, 2 tasks, topic wave-events"
    assert change.fields[:2] == (
        FieldChange("state", None, "stopped"),
        FieldChange("config.connector.class", None, FILE_SINK),
    )


def test_fields_become_config_keys() -> None:
    declared = connector(topics=[], topics_regex="wave-.*", dead_letter_topic="error-events", tasks_max=3)
    (operation,) = only(difference(declared)).operations
    assert isinstance(operation, CreateConnector)
    written = dict(operation.config)
    assert "topics" not in written
    assert written["topics.regex"] == "wave-.*"
    assert written["errors.deadletterqueue.topic.name"] == "error-events"
    assert written["tasks.max"] == "3"


@pytest.mark.parametrize(
    "more",
    [{"tasks_max": None}, {"tasks_max": " 01"}, {"topics_regex": ""}, {"errors_deadletterqueue_topic_name": ""}],
)
def test_a_setting_at_connects_own_default_is_as_if_it_were_not_set(more: dict[str, str | None]) -> None:
    flat = {key: value for key, value in config(**more).items() if value is not None}
    assert difference(connector(), seen(flat)).changes == ()


def test_differences_are_told_key_by_key() -> None:
    change = only(difference(connector(), seen(config(file="old.txt", tasks_max="2", extra="yes"))))
    assert change.fields == (
        FieldChange("config.tasks.max", "2", "1"),
        FieldChange("config.extra", "yes", None),
        FieldChange("config.file", "old.txt", "out.txt"),
    )
    (operation,) = change.operations
    assert isinstance(operation, PutConnectorConfig)
    assert operation.keys == ("extra", "file", "tasks.max")
    assert change.risk is Risk.DISRUPTIVE
    assert not change.blocked


@pytest.mark.parametrize(
    "topics", ["wave-events,order-events", "order-events, wave-events", " wave-events ,order-events,"]
)
def test_the_order_of_topics_means_nothing(topics: str) -> None:
    declared = connector(topics=["wave-events", "order-events"])
    assert not difference(declared, seen(config(topics=topics))).changes


STATES: list[tuple[str, RunState, tuple[RunState, ...], list[str]]] = [
    ("running", RUNNING, (RUNNING,), []),
    ("running", UNASSIGNED, (RUNNING,), []),
    ("running", RESTARTING, (RUNNING,), []),
    ("running", PAUSED, (PAUSED,), ["ResumeConnector"]),
    ("running", STOPPED, (), ["ResumeConnector"]),
    ("running", PAUSED, (FAILED,), ["ResumeConnector", "RestartFailedTasks"]),
    ("running", RUNNING, (RUNNING, FAILED), ["RestartFailedTasks"]),
    ("running", FAILED, (), ["RestartFailedTasks"]),
    ("paused", RUNNING, (RUNNING,), ["PauseConnector"]),
    ("paused", RUNNING, (FAILED,), ["PauseConnector"]),
    ("paused", STOPPED, (), ["PauseConnector"]),
    ("paused", FAILED, (), ["PauseConnector", "RestartFailedTasks"]),
    ("paused", PAUSED, (PAUSED,), []),
    ("paused", PAUSED, (FAILED,), []),
    ("stopped", RUNNING, (RUNNING,), ["StopConnector"]),
    ("stopped", PAUSED, (PAUSED,), ["StopConnector"]),
    ("stopped", FAILED, (), ["StopConnector"]),
    ("stopped", STOPPED, (), []),
]


@pytest.mark.parametrize(("wanted", "state", "tasks", "expected"), STATES)
def test_states(wanted: str, state: RunState, tasks: tuple[RunState, ...], expected: list[str]) -> None:
    found = difference(connector(state=wanted), seen(None, state, tasks))
    assert [name for change in found.changes for name in names(change)] == expected


@pytest.mark.parametrize(
    ("wanted", "state", "expected"),
    [
        ("running", STOPPED, ["PutConnectorConfig", "ResumeConnector"]),
        ("paused", RUNNING, ["PauseConnector", "PutConnectorConfig"]),
        ("stopped", RUNNING, ["StopConnector", "PutConnectorConfig"]),
        ("running", FAILED, ["PutConnectorConfig", "RestartFailedTasks"]),
    ],
)
def test_nothing_runs_on_the_old_configuration(wanted: str, state: RunState, expected: list[str]) -> None:
    change = only(difference(connector(state=wanted), seen(config(file="old.txt"), state, ())))
    assert names(change) == expected
    assert change.reason is Reason.DIFFERS_FROM_SPEC


def test_failed_tasks_are_their_own_reason_and_say_why() -> None:
    trace = (
        "org.apache.kafka.connect.errors.ConnectException: no\n\tat x.Y\nCaused by: java.io.IOException: disk full\n"
    )
    change = only(difference(connector(), seen(None, RUNNING, (RUNNING, FAILED), task_trace=trace)))
    assert change.reason is Reason.TASKS_FAILED
    assert change.fields == (FieldChange("tasks", "1 of 2 failed", "running"),)
    assert [item.summary for item in change.warnings] == ["task 1 failed: IOException: disk full"]


def test_a_failed_task_that_the_configuration_no_longer_has_is_not_restarted() -> None:
    have = seen(None, RUNNING, (RUNNING, FAILED))
    assert not difference(connector(), replace(have, task_ids=(0,))).changes


@pytest.mark.parametrize(
    ("state", "tasks", "said"),
    [
        (UNASSIGNED, (UNASSIGNED,), "no worker runs it"),
        (RUNNING, (RUNNING, UNASSIGNED), "no worker runs task 1"),
        (RUNNING, (), "without any task"),
    ],
)
def test_idling_is_observed(state: RunState, tasks: tuple[RunState, ...], said: str) -> None:
    found = difference(connector(), seen(None, state, tasks))
    (observation,) = found.observations
    assert said in observation.summary
    assert observation.severity is Severity.WARNING


def test_a_named_removal_is_held_until_allowed() -> None:
    removed = [{"address": "connector.sink"}]
    change = only(difference(None, seen(), removed=removed))
    assert (change.type, change.reason) == (ChangeType.DELETE, Reason.NAMED_FOR_REMOVAL)
    assert [hazard.guard for hazard in change.held] == [Guard.DELETE]
    assert "connect-sink" in change.hazards[0].text
    assert change.summary == "sink FileStreamSinkConnector"
    lifted = only(difference(None, seen(), removed=[{"address": "connector.sink", "allow": ["delete"]}]))
    assert not lifted.blocked
    by_option = frozenset({(Guard.DELETE, Address("connector", "sink"))})
    assert not only(difference(None, seen(), removed=removed, allowed=by_option)).blocked


def test_removing_what_is_not_there_is_said() -> None:
    found = difference(None, removed=[{"address": "connector.sink"}])
    assert not found.changes
    assert [item.code for item in found.observations] == ["KO544"]


@pytest.mark.parametrize(
    ("declared", "there", "expected"),
    [
        ({"sink": connector(managed=False)}, [seen(config(file="other"))], ()),
        ({}, [seen(name="stranger"), seen(name="alien")], ("alien", "stranger")),
    ],
)
def test_unmanaged_connectors_are_left_alone(
    declared: dict[str, Any], there: list[SeenConnector], expected: tuple[str, ...]
) -> None:
    of = session(declared)
    found = diff_connectors(of, snapshot(of, *there))
    assert (found.changes, found.unmanaged) == ((), expected)


def test_forgetting_a_connector_does_nothing_to_it() -> None:
    found = difference(None, seen(), removed=[{"address": "connector.sink", "action": "forget"}])
    assert not found.changes
    assert found.unmanaged == ("sink",)


def test_requires_topics_dead_letters_and_subjects() -> None:
    topics = {
        "wave-events": {"partitions": 6, "replication_factor": 3, "value": {"schema": "schemas/wave.avsc"}},
        "order-events": {
            "partitions": 6,
            "replication_factor": 3,
            "key": {"schema": "k.avsc"},
            "value": {"schema": "v.avsc", "subject": "orders"},
        },
        "pick-events": {"partitions": 6, "replication_factor": 3},
    }
    declared = connector(topics=[], topics_regex="(wave|order)-events", dead_letter_topic="error-events")
    change = only(difference(declared, topics=topics))
    assert [str(address) for address in change.requires] == [
        "topic.order-events",
        "topic.wave-events",
        "topic.error-events",
        "schema.orders",
        "schema.order-events-key",
        "schema.wave-events-value",
    ]


@pytest.mark.parametrize(
    ("have", "code", "words"),
    [
        (config(connector_class=MONGO_SINK), "KO532", MONGO_SINK),
        (config(topics="wave-events,order-events"), "KO533", "order-events is no longer delivered"),
        (config(consumer_override_group_id="custom"), "KO536", "from custom to connect-sink"),
        (config(file="old"), "KO531", "task restarts"),
    ],
)
def test_what_a_difference_puts_at_risk_is_said(have: dict[str, str | None], code: str, words: str) -> None:
    change = only(difference(connector(), seen(have)))
    hazards = {hazard.code: hazard for hazard in change.hazards}
    assert words in hazards[code].text
    assert not change.blocked


def test_stopping_says_what_becomes_of_the_offsets() -> None:
    change = only(difference(connector(state="stopped"), seen()))
    assert [hazard.code for hazard in change.hazards] == ["KO535"]
    assert "offsets.retention.minutes" in change.hazards[0].text
    source = only(difference(connector(state="stopped"), seen(type_=PluginType.SOURCE)))
    assert "offsets" not in source.hazards[0].text


@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("connection.password", "plain-secret"),
        ("sasl.jaas.config", 'X required username="u" password="plain-secret";'),
        ("connection.uri", "mongodb://user:plain-secret@host/db"),
        ("camel.sink.url", "aws2-s3://b?accessKey=k&secretKey=RAW(plain-secret)&region=r"),
        ("camel.sink.url", "aws2-s3://b?secretKey=plain-secret"),
    ],
)
def test_secrets_in_clear_are_masked(key: str, written: str) -> None:
    change = only(
        difference(connector(config={key: written}), seen(config(**{key: written.replace("plain", "older")})))
    )
    text = repr(change.fields) + json.dumps([asdict(item) for item in change.fields])
    assert "plain-secret" not in text
    assert "older-secret" not in text
    assert f"config.{key}" in [item.path for item in change.fields]


def test_the_harmless_part_of_a_uri_stays_readable() -> None:
    declared = connector(config={"file": "out.txt", "url": "https://u:pw-secret@new/?token=abcdef&x=1"})
    change = only(difference(declared, seen(config(url="https://u:pw-secret@old/?token=abcdef&x=1"))))
    (field,) = change.fields
    assert (field.before, field.after) == ("https://u:***@old/?token=***&x=1", "https://u:***@new/?token=***&x=1")
    other = connector(config={"file": "out.txt", "url": "https://u:pw-other@new/?token=abcdef&x=1"})
    (moved,) = only(difference(other, seen(config(url="https://u:pw-secret@old/?token=abcdef&x=1")))).fields
    assert moved.before_digest == field.before_digest != field.after_digest != moved.after_digest


def test_declared_password_types_are_masked() -> None:
    types = {FILE_SINK: {"odd.key": "PASSWORD", "file": "STRING"}}
    of = session({"sink": connector(config={"file": "out.txt", "odd.key": "new-value"})})
    change = only(diff_connectors(of, snapshot(of, seen(config(odd_key="old-value")), key_types=types)))
    digests = of.seal.digest("old-value"), of.seal.digest("new-value")
    assert change.fields == (FieldChange("config.odd.key", None, None, None, True, "changed", *digests),)


def test_addresses_of_the_dev_cluster_are_no_secret() -> None:
    change = only(
        difference(connector(config={"connection.uri": "${dev:mongodb_uri}/x"}), seen(config(file="out.txt")))
    )
    assert FieldChange("config.connection.uri", None, "mongodb://127.0.0.1:27017/x") in change.fields


def test_a_resolved_reference_that_is_there_is_no_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SINK_SECRET", "s3cret-value")
    declared = connector(config={"file": "out.txt", "password": "${env:SINK_SECRET}"})
    assert not difference(declared, seen(config(password="s3cret-value"))).changes
    change = only(difference(declared, seen(config(password="rotated-away"))))
    (field,) = change.fields
    assert (field.path, field.before, field.after, field.sensitive) == ("config.password", None, None, True)
    assert field.before_digest and field.after_digest and field.before_digest != field.after_digest
    (operation,) = change.operations
    assert isinstance(operation, PutConnectorConfig)
    assert dict(operation.config)["password"] == "${env:SINK_SECRET}"


def test_what_was_observed_moves_with_the_configuration_but_tells_no_secret() -> None:
    declared = connector(state="paused")
    one = only(difference(declared, seen(config(password="one"))))
    other = only(difference(declared, seen(config(password="two"))))
    third = only(difference(declared, seen(config(password="one", file="x"))))
    again = only(difference(declared, seen(config(password="one"))))
    assert one.observed == again.observed
    assert len({one.observed, other.observed, third.observed}) == 3


KEYS = st.sampled_from(["file", "topics", "tasks.max", "errors.tolerance", "password", "url", "x"])
VALUES = st.sampled_from(["", "a", "b", "a,b", "b,a", "1", "mongodb://u:p@h"])


@given(
    wanted=st.dictionaries(KEYS, VALUES, max_size=4),
    have=st.none() | st.dictionaries(KEYS, VALUES, max_size=4),
    state=st.sampled_from(["running", "paused", "stopped"]),
    current=st.sampled_from([RUNNING, PAUSED, STOPPED, FAILED, UNASSIGNED]),
    tasks=st.lists(st.sampled_from([RUNNING, PAUSED, FAILED]), max_size=3),
)
def test_diff_of_its_own_effect_is_empty(
    wanted: dict[str, str], have: dict[str, str | None] | None, state: str, current: RunState, tasks: list[RunState]
) -> None:
    """Applying twice is applying once."""
    of = session({"sink": {"class": FILE_SINK, "config": wanted, "state": state}})
    there = () if have is None else (seen({**have, "name": "sink"}, current, tasks),)
    before = snapshot(of, *there)
    found = diff_connectors(of, before)
    sent = before.wanted["sink"].sent
    after = snapshot(of, _effect(found, there, sent, ConnectorState(state)))
    again = diff_connectors(of, after)
    assert not again.changes
    assert again.in_sync == 1


def _effect(
    found: Difference, there: tuple[SeenConnector, ...], sent: Mapping[str, str], state: ConnectorState
) -> SeenConnector:
    """What Connect holds after the operations were done and seen to be done."""
    if not found.changes:
        return there[0]
    operations = found.changes[0].operations
    put = any(isinstance(item, CreateConnector | PutConnectorConfig) for item in operations)
    flat: Mapping[str, str | None] = {**sent, "name": "sink"} if put else there[0].config
    reached = RunState(state.value.upper())
    tasks = () if state is ConnectorState.STOPPED else (TaskStatus(0, reached),)
    return SeenConnector(
        "sink", PluginType.SINK, flat, ConnectorStatus(reached, tasks=tasks), tuple(t.id for t in tasks)
    )
