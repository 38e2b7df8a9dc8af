"""The registry of kinds, in the order they are made; deletions run through it backwards.

A new kind adds its folder and one line here.
"""

from __future__ import annotations

from typing import Any

from kafkaops.resources.connectors.kind import ConnectorKind
from kafkaops.resources.groups.kind import GroupKind
from kafkaops.resources.kind import Kind
from kafkaops.resources.schemas.kind import SchemaKind
from kafkaops.resources.topics.kind import TopicKind

KINDS: tuple[Kind[Any], ...] = (TopicKind(), SchemaKind(), GroupKind(), ConnectorKind())
