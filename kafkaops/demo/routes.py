"""Which topic ends where: read from the connectors of a spec. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qs, urlsplit

from kafkaops.errors import UsageError
from kafkaops.resources.connectors.configuration import (
    CONNECTOR_CLASS,
    dead_letter_topic_of,
    flat_config,
    topics_of,
)
from kafkaops.spec.loaded import LoadedSpec
from kafkaops.spec.model import ConnectorState


class Store(StrEnum):
    """What a sink writes to."""

    MONGODB = "mongodb"
    ELASTICSEARCH = "elasticsearch"
    S3 = "s3"


@dataclass(frozen=True, slots=True)
class Route:
    """One topic's way through one sink: into `database.collection`, an index or a bucket."""

    connector: str
    topic: str
    store: Store
    location: str
    dead_letters: str | None

    @property
    def target(self) -> str:
        """The far end, for people: `mongodb paklog.wave_events`."""
        return f"{self.store} {self.location}"


def routes(loaded: LoadedSpec) -> tuple[Route, ...]:
    """The ways of all running sinks, by connector. Raises `UsageError` KO930 for a sink that cannot be read back."""
    found: list[Route] = []
    for name, connector in sorted(loaded.spec.connectors.items()):
        if connector.state is not ConnectorState.RUNNING or not connector.managed:
            continue
        config = flat_config(connector)
        end = _end(config)
        if end is None:
            raise UsageError.of(
                "KO930",
                f"the demo cannot read back what connector.{name} writes",
                address=f"connector.{name}",
                place=loaded.places.of("connectors", name),
                hint="it knows MongoDB's sink and Camel's sinks for Elasticsearch and S3",
            )
        found += [Route(name, topic, *end, dead_letter_topic_of(config)) for topic in topics_of(config)]
    return tuple(found)


def _end(config: dict[str, str]) -> tuple[Store, str] | None:
    """Store and location, from the settings that name them."""
    if config[CONNECTOR_CLASS].endswith("MongoSinkConnector"):
        return Store.MONGODB, f"{config.get('database', '')}.{config.get('collection', '')}"
    # Camel's expressions and kafkaops' references are no part of a URL that urlsplit understands.
    url = urlsplit(re.sub(r"\$\w*\{[^{}]*\}", "x", config.get("camel.sink.url", "")))
    match url.scheme:
        case "elasticsearch-rest":
            return Store.ELASTICSEARCH, parse_qs(url.query).get("indexName", [""])[0]
        case "aws2-s3":
            return Store.S3, url.netloc
        case _:
            return None
