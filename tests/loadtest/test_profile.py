"""What a profile and the command's options come to."""

from __future__ import annotations

from pathlib import Path

import pytest

from kafkaops.clients.kafka_settings import KafkaSettings
from kafkaops.errors import UsageError
from kafkaops.loadtest.client import consumer_client, producer_client, refused_properties, shown, with_user_properties
from kafkaops.loadtest.profile import decide
from kafkaops.spec.loadtests import LoadTest

PEAK = LoadTest.model_validate(
    {
        "topic": "wave-events",
        "rate": "5000/s",
        "duration": "60s",
        "client": {"linger.ms": "20"},
        "slo": {"p95": "500ms", "backlog": 100, "lost": 0},
    }
)
SEVERAL = LoadTest.model_validate(
    {
        "rate": "1000/s",
        "consumers": 2,
        "topics": {"wave-events": {"rate": "2000/s"}, "task-events": {"steps": ["100/s", "200/s"]}, "pick-events": {}},
    }
)


def test_a_profile_is_taken_as_it_is() -> None:
    test, loads = decide({"peak": PEAK}, "peak", {}, {})
    assert (test.duration, test.warmup, test.slo.p95) == (60_000, 10_000, 500)
    assert list(loads) == ["wave-events"]
    assert loads["wave-events"].rate == 5_000_000


def test_options_go_over_the_profile() -> None:
    given = {"rate": "100/s", "client": {"acks.note": "x"}, "duration": "5s", "size": "1kB"}
    test, loads = decide({"peak": PEAK}, "peak", given, {"p99": "1s", "lost": 3})
    load = loads["wave-events"]
    assert (load.rate, load.size, test.duration) == (100_000, 1_000, 5_000)
    assert load.client == {"linger.ms": "20", "acks.note": "x"}
    assert (test.slo.p95, test.slo.p99, test.slo.lost, test.slo.backlog) == (500, 1_000, 3, 100)


def test_another_shape_replaces_the_profiles() -> None:
    _, loads = decide({"peak": PEAK}, "peak", {"max": True}, {})
    assert (loads["wave-events"].rate, loads["wave-events"].max_rate) == (None, True)


def test_another_topic_replaces_the_profiles() -> None:
    _, loads = decide({"several": SEVERAL}, "several", {"topic": "pack-events"}, {})
    assert list(loads) == ["pack-events"]
    assert loads["pack-events"].rate == 1_000_000


def test_topics_have_their_own_load_and_the_profiles_otherwise() -> None:
    _, loads = decide({"several": SEVERAL}, "several", {}, {})
    assert {topic: load.rate for topic, load in loads.items()} == {
        "wave-events": 2_000_000,
        "task-events": None,
        "pick-events": 1_000_000,
    }
    assert loads["task-events"].steps == (100_000, 200_000)
    assert {load.consumers for load in loads.values()} == {2}


def test_options_go_over_every_topic() -> None:
    _, loads = decide({"several": SEVERAL}, "several", {"rate": "7/s", "consumers": 1}, {})
    assert {(load.rate, load.steps, load.consumers) for load in loads.values()} == {(7_000, (), 1)}


@pytest.mark.parametrize(
    ("profile", "given", "objectives", "said"),
    [
        ("paek", {}, {}, "unknown load test 'paek'"),
        (None, {"rate": "5/s"}, {}, "no topic is named"),
        (None, {"topic": "t", "rate": "0/s"}, {}, "rate: a rate of 0 sends nothing"),
        (None, {"topic": "t", "rate": "5/s", "duration": "0s"}, {}, "duration: at least 1s is measured"),
        (None, {"topic": "t", "rate": "5/s", "duration": "-5s"}, {}, "duration: at least 1s is measured"),
        (None, {"topic": "t", "rate": "5/s", "compression": "no"}, {}, "compression must be none, gzip, snappy, "),
        (None, {"topic": "t", "rate": "5/s", "producers": 0}, {}, "producers must be at least 1"),
        (None, {"topic": "t", "rate": "5/s"}, {"p98": "5ms"}, "slo.p98 is not known"),
        (None, {"topic": "t", "rate": "5/s"}, {"lost": "few"}, "slo.lost must be a whole number"),
        (None, {"topic": "t", "rate": "5/s"}, {"lost": -1}, "slo.lost must be at least 0"),
        (None, {"topic": "t", "rate": "5/s"}, {"p95": "-5ms"}, "slo.p95 must be at least 0"),
    ],
)
def test_what_makes_no_sense_is_refused(
    profile: str | None, given: dict[str, object], objectives: dict[str, object], said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        decide({"peak": PEAK}, profile, given, objectives)
    assert caught.value.diagnostics[0].summary.startswith(said)


def test_a_misspelt_profile_has_a_suggestion() -> None:
    with pytest.raises(UsageError) as caught:
        decide({"peak": PEAK}, "paek", {}, {})
    assert caught.value.diagnostics[0].hint == "did you mean 'peak'?"


SECURE = KafkaSettings(
    bootstrap_servers=("a:1", "b:2"),
    security_protocol="SASL_SSL",
    request_timeout_ms=1_000,
    sasl_mechanism="PLAIN",
    sasl_username="ops",
    sasl_password="correct-horse",
    ssl_key_password="battery-staple",
    ssl_ca_location=str(Path("ca.pem")),
)


def test_clients_have_the_environments_security_and_reports_show_none_of_it() -> None:
    producer = producer_client(SECURE, {"acks": "all"}, "producer 1", every_ack=True)
    consumer = consumer_client(SECURE, {}, "consumer 1", "group")
    for config in (producer, consumer):
        assert config["sasl.password"] == "correct-horse"
        assert config["bootstrap.servers"] == "a:1,b:2"
        text = str(shown(config))
        assert not any(secret in text for secret in ("correct-horse", "battery-staple", "ops"))


def test_users_properties_go_to_their_side() -> None:
    given = {"linger.ms": "9", "producer.acks": "1", "consumer.fetch.min.bytes": "5"}
    assert with_user_properties({"acks": "all"}, given, "producer") == {"acks": "1", "linger.ms": "9"}
    assert with_user_properties({}, given, "consumer") == {"linger.ms": "9", "fetch.min.bytes": "5"}


def test_what_a_load_test_depends_on_cannot_be_changed() -> None:
    assert refused_properties({"group.id": "x", "producer.partitioner": "random", "linger.ms": "1"}) == (
        "group.id",
        "producer.partitioner",
    )
