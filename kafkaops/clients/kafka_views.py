"""What one broker knows, asked of it alone on kafka-python's connections: brokers learn of changes one by one.

A mixin of `kafka_wire.Wire`; everything here runs on its network thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from kafka.errors import IncompatibleBrokerVersion, TopicAuthorizationFailedError
from kafka.protocol.admin import DescribeConfigsRequest, DescribeLogDirsRequest
from kafka.protocol.metadata import ApiVersionsRequest, MetadataRequest

from kafkaops.clients.confluent import OWN_OVERRIDE
from kafkaops.clients.kafka import ConfigScope, DiskSpace, Refusal
from kafkaops.clients.kafka_release import FEATURE
from kafkaops.clients.kafka_replicas import NOT_THERE, refusal

_NO_ERROR: Final = 0
_NO_RIGHT: Final = 29  # TOPIC_AUTHORIZATION_FAILED
_RESOURCE_TYPE: Final = {ConfigScope.TOPIC: 2, ConfigScope.BROKER: 4, ConfigScope.GROUP: 32}
"""Numbers of the protocol (ConfigResource.Type)."""
_TIMEOUT_MS: Final = 10_000
"""How long one broker is waited for: whoever asks can ask again, or do without."""


class BrokerViews:
    """What is asked of one broker."""

    _manager: Any

    async def topics_on(self, broker: int, names: Sequence[str]) -> dict[str, int] | None:
        """Topics that one broker knows, with their count of partitions that have a leader; None when it is not there.

        Raises `TopicAuthorizationFailedError` for one that may not be looked at.
        """
        topic = MetadataRequest.MetadataRequestTopic
        request = MetadataRequest(topics=[topic(name=name) for name in names], allow_auto_topic_creation=False)
        response = await self._asked_of(broker, request)
        if response is None:
            return None
        hidden = [item.name for item in response.topics if item.error_code == _NO_RIGHT]
        if hidden:  # not the same as not there, and never to be taken for it
            raise TopicAuthorizationFailedError(", ".join(hidden[:3]))
        return {
            item.name: sum(1 for part in item.partitions if part.leader_id >= 0)
            for item in response.topics
            if item.error_code == _NO_ERROR
        }

    async def overrides_on(
        self, broker: int, scope: ConfigScope, keys: Mapping[str, Sequence[str]]
    ) -> dict[str, dict[str, str] | Refusal] | None:
        """Of these keys of each topic or group, those that one broker holds as set on it; None when it is not there."""
        resource = DescribeConfigsRequest.DescribeConfigsResource
        kind = _RESOURCE_TYPE[scope]
        request = DescribeConfigsRequest(
            resources=[
                resource(resource_type=kind, resource_name=name, configuration_keys=list(wanted))
                for name, wanted in keys.items()
            ],
            include_synonyms=False,
            include_documentation=False,
        )
        response = await self._asked_of(broker, request)
        return None if response is None else {item.resource_name: _overrides(item) for item in response.results}

    async def disk_space(self, brokers: Sequence[int]) -> dict[int, DiskSpace | None]:
        """The volumes of each broker's log directories; None where it does not say, or is not there.

        Directories on one volume count once.
        """
        request = DescribeLogDirsRequest(topics=[])
        found: dict[int, DiskSpace | None] = dict.fromkeys(brokers)
        for broker in brokers:
            response = await self._asked_of(broker, request)
            if response is None:
                continue
            # Two directories with the same figures are on the same volume, as far as anyone can tell.
            volumes = {
                (item.total_bytes, item.usable_bytes) for item in response.results if item.error_code == _NO_ERROR
            }
            known = volumes and all(usable >= 0 for _, usable in volumes)
            found[broker] = DiskSpace(*map(sum, zip(*volumes, strict=True))) if known else None
        return found

    async def metadata_levels(self, brokers: Sequence[int]) -> dict[int, int | None]:
        """The highest metadata version that each broker supports; None where it does not say, or is not there."""
        config = self._manager.config
        request = ApiVersionsRequest(
            client_software_name=config["client_software_name"],
            client_software_version=config["client_software_version"],
            min_version=3,  # the first whose answer has features
        )
        found: dict[int, int | None] = dict.fromkeys(brokers)
        for broker in brokers:
            with suppress(IncompatibleBrokerVersion):
                response = await self._asked_of(broker, request)
                features = (response and response.supported_features) or ()
                found[broker] = next((each.max_version for each in features if each.name == FEATURE), None)
        return found

    async def _asked_of(self, broker: int, request: Any) -> Any:
        """One broker's answer; None when it is not there, or silent."""
        try:
            return await self._manager.send(request, node_id=broker, request_timeout_ms=_TIMEOUT_MS)
        except NOT_THERE:
            # It may have come just now, or be listed elsewhere by now.
            self._manager.cluster.request_update()
            return None


def _overrides(item: Any) -> dict[str, str] | Refusal:
    if item.error_code:
        return refusal(item.error_code, item.error_message)
    return {entry.name: entry.value or "" for entry in item.configs if entry.config_source in OWN_OVERRIDE}
