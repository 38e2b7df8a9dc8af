"""Looking into what sinks write to: which of some records are there."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast
from xml.etree import ElementTree

from kafkaops.clients.http import HttpApi
from kafkaops.clients.http_errors import HttpStatusError
from kafkaops.demo.routes import Route, Store
from kafkaops.errors import PlatformError
from kafkaops.plan.model import Json
from kafkaops.spec.model import HttpConnection
from kafkaops.spec.references import Resolver

if TYPE_CHECKING:
    from kafkaops.devcluster import Endpoints

OBJECT_PREFIX = "demo/"
_S3 = "{http://s3.amazonaws.com/doc/2006-03-01/}"


class Reader(Protocol):
    """One place that a sink writes to."""

    def arrived(self, identities: Collection[str]) -> frozenset[str]:
        """Which of the records are there. Raises `PlatformError` when that cannot be told."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


def reader(route: Route, endpoints: Endpoints) -> Reader:
    """The reader of a route's far end. Raises `PlatformError` KO931 when the dev cluster runs without it."""
    match route.store:
        case Store.MONGODB:
            return MongoDb(_given(endpoints.mongodb_uri, route), route.location)
        case Store.ELASTICSEARCH:
            return Elasticsearch(_given(endpoints.elasticsearch_url, route), route.location)
        case Store.S3:
            return S3(_given(endpoints.s3_endpoint, route), route.location)


def _given(address: str | None, route: Route) -> str:
    if address is None:
        raise PlatformError.of(
            "KO931",
            f"connector.{route.connector} writes to {route.store}, which the dev cluster runs without",
            hint=f"kafkaops dev up --targets {','.join(Store)}",
        )
    return address


class MongoDb:
    """A collection, whose documents hold the identity as `event_id`."""

    def __init__(self, uri: str, location: str) -> None:
        try:
            from pymongo import MongoClient
        except ImportError as error:
            raise PlatformError.of(
                "KO932", "reading MongoDB needs pymongo, which is not installed", hint="pip install 'kafkaops[dev]'"
            ) from error
        database, _, collection = location.partition(".")
        self._client: Any = MongoClient(uri, serverSelectionTimeoutMS=5_000, connect=False)
        self._collection = self._client[database][collection]

    def arrived(self, identities: Collection[str]) -> frozenset[str]:
        """Which of the records are there."""
        from pymongo.errors import PyMongoError

        try:
            found = list(self._collection.find({"event_id": {"$in": list(identities)}}, {"event_id": True}))
        except PyMongoError as error:
            raise PlatformError.of("KO936", f"MongoDB does not answer: {type(error).__name__}") from error
        return frozenset(str(document["event_id"]) for document in found)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


class Elasticsearch:
    """An index, whose documents have the identity as their id."""

    def __init__(self, url: str, index: str) -> None:
        self._api = _open("Elasticsearch", url)
        self._index = index

    def arrived(self, identities: Collection[str]) -> frozenset[str]:
        """Which of the records are there; a document counts as soon as it is stored, searchable or not."""
        query: Json = {"size": len(identities), "_source": False, "query": {"ids": {"values": list(identities)}}}
        try:
            self._api.request("POST", f"/{self._index}/_refresh", repeatable=True)
            answer = self._api.request("POST", f"/{self._index}/_search", body=query, repeatable=True).data
        except HttpStatusError as error:
            if error.status == 404:  # the sink makes the index with its first document
                return frozenset()
            raise
        hits = cast(dict[str, dict[str, list[dict[str, str]]]], answer)["hits"]["hits"]
        return frozenset(hit["_id"] for hit in hits)

    def close(self) -> None:
        """Close the connections."""
        self._api.close()


class S3:
    """A bucket, whose objects have the identity in their key."""

    def __init__(self, endpoint: str, bucket: str) -> None:
        self._api = _open("the S3 server", endpoint)
        self._bucket = bucket

    def arrived(self, identities: Collection[str]) -> frozenset[str]:
        """Which of the records are there, asked for one by one: a listing ends after 1,000 objects."""
        return frozenset(identity for identity in identities if self._has(object_key(identity)))

    def _has(self, key: str) -> bool:
        listing = self._api.get_bytes(f"/{self._bucket}", {"list-type": 2, "prefix": key})
        return any(item.text == key for item in ElementTree.fromstring(listing).iter(f"{_S3}Key"))

    def close(self) -> None:
        """Close the connections."""
        self._api.close()


def object_key(identity: str) -> str:
    """The key of a record's object."""
    return f"{OBJECT_PREFIX}{identity}.json"


def _open(system: str, url: str) -> HttpApi:
    return HttpApi.open(system, HttpConnection(url=url, request_timeout=10_000), Resolver(Path(), None))
