from __future__ import annotations

from pathlib import Path

import pytest

from kafkaops.demo.routes import Route, Store, routes
from kafkaops.errors import UsageError
from kafkaops.spec.load import load
from tests.resources.connectors.values import MONGO_SINK, connector, session

PAKLOG = Path(__file__).parents[2] / "topics.yaml"
CAMEL = "org.apache.camel.kafkaconnector.CamelSinkConnector"


def test_paklogs_sinks_in_dev() -> None:
    assert routes(load(PAKLOG, "dev")) == (
        Route("elasticsearch-sink", "task-events", Store.ELASTICSEARCH, "task-events", "error-events"),
        Route("mongodb-sink", "wave-events", Store.MONGODB, "paklog.wave_events", "error-events"),
        Route("s3-sink", "external-events", Store.S3, "paklog-external-events", "error-events"),
    )


def test_paklogs_sinks_in_production_cannot_be_read_back() -> None:
    with pytest.raises(UsageError) as caught:
        routes(load(PAKLOG, "production"))
    assert [item.code for item in caught.value.diagnostics] == ["KO930"]


def test_a_sink_of_two_topics_has_two_ways_and_one_that_rests_has_none() -> None:
    mongo = {"class": MONGO_SINK, "config": {"database": "d", "collection": "c"}}
    bucket = {"class": CAMEL, "config": {"camel.sink.url": "aws2-s3://b-1?keyName=${date:now:yyyy}"}}
    of = session(
        {
            "two": connector(**mongo, topics=["a", "b"]),
            "one": connector(**bucket, topics=["a"]),
            "paused": connector(**mongo, state="paused"),
            "foreign": connector(**mongo, managed=False),
        }
    )
    assert [(way.connector, way.topic, way.target) for way in routes(of.loaded)] == [
        ("one", "a", "s3 b-1"),
        ("two", "a", "mongodb d.c"),
        ("two", "b", "mongodb d.c"),
    ]
