"""Connectors, specs and sessions for tests without any server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from kafkaops.clients.connect import (
    Connect,
    ConnectorStatus,
    PluginType,
    RunState,
    SeenConnector,
    TaskStatus,
)
from kafkaops.clients.kafka import ClusterState, KafkaAdmin, PartitionState, TopicPlacement
from kafkaops.errors import Place
from kafkaops.resources.connectors.configuration import resolve_all
from kafkaops.resources.connectors.model import ConnectorsSnapshot
from kafkaops.resources.connectors.read import managed_connectors, snapshot_of
from kafkaops.resources.kind import Session
from kafkaops.spec.loaded import LoadedSpec, Places
from kafkaops.spec.model import Environment, Spec
from kafkaops.spec.references import DevValues, Resolver

FILE_SINK = "org.apache.kafka.connect.file.FileStreamSinkConnector"
MONGO_SINK = "com.mongodb.kafka.connect.MongoSinkConnector"
RUNNING, PAUSED, STOPPED, FAILED = RunState.RUNNING, RunState.PAUSED, RunState.STOPPED, RunState.FAILED
UNASSIGNED, RESTARTING = RunState.UNASSIGNED, RunState.RESTARTING


def connector(**more: Any) -> dict[str, Any]:
    """A sink as a spec declares it."""
    return {"class": FILE_SINK, "topics": ["wave-events"], "config": {"file": "out.txt"}, **more}


def config(**more: str | None) -> dict[str, str | None]:
    """The flat configuration of `connector()`, as Connect gives it back; `_` in a name stands for `.`."""
    flat: dict[str, str | None] = {
        "name": "sink",
        "connector.class": FILE_SINK,
        "tasks.max": "1",
        "topics": "wave-events",
        "file": "out.txt",
    }
    return flat | {key.replace("_", "."): value for key, value in more.items()}


def status(state: RunState = RUNNING, *tasks: RunState, trace: str = "", task_trace: str = "") -> ConnectorStatus:
    """A connector in a state, its tasks in theirs, numbered from 0."""
    numbered = tuple(
        TaskStatus(id=number, state=task, worker="w:8083", trace=task_trace) for number, task in enumerate(tasks)
    )
    return ConnectorStatus(state=state, worker="w:8083", trace=trace, tasks=numbered)


def seen(
    flat: Mapping[str, str | None] | None = None,
    state: RunState = RUNNING,
    tasks: Sequence[RunState] = (RUNNING,),
    *,
    name: str = "sink",
    type_: PluginType = PluginType.SINK,
    trace: str = "",
    task_trace: str = "",
) -> SeenConnector:
    """A connector as Connect shows it."""
    return SeenConnector(
        name=name,
        type=type_,
        config=config() if flat is None else flat,
        status=status(state, *tasks, trace=trace, task_trace=task_trace),
        task_ids=tuple(range(len(tasks))),
    )


def cluster(brokers: int = 3, **topics: int) -> ClusterState:
    """A cluster with topics of so many partitions each; `_` in a name stands for `-`."""
    return ClusterState(
        cluster_id="cluster-1",
        brokers={number: f"broker-{number}:9092" for number in range(brokers)},
        topics={
            name.replace("_", "-"): TopicPlacement(
                name.replace("_", "-"), tuple(PartitionState(0, (0,), (0,)) for _ in range(count))
            )
            for name, count in topics.items()
        },
    )


def session(
    connectors: Mapping[str, Mapping[str, Any]],
    *,
    root: Path = Path(),
    connect: Connect | None = None,
    topics: Mapping[str, Any] | None = None,
    removed: Sequence[Mapping[str, Any]] = (),
    at: ClusterState | None = None,
    **more: Any,
) -> Session:
    """A session on a spec with these connectors. Kafka is not spoken to by connectors, so there is none."""
    spec = Spec.model_validate(
        {
            "version": 1,
            "project": "paklog",
            "connectors": connectors,
            "topics": topics or {"wave-events": {"partitions": 6, "replication_factor": 3}},
            "removed": list(removed),
        }
    )
    loaded = LoadedSpec(
        root=root,
        spec=spec,
        places=Places({("connectors", name): Place(Path("topics.yaml"), 3, 3) for name in connectors}),
        environment_name="dev",
        environment=Environment(),
        schema_texts={},
        digest="0" * 64,
    )
    return Session(
        loaded=loaded,
        kafka=cast(KafkaAdmin, None),
        cluster=at or cluster(wave_events=6),
        connect=connect,
        resolver=Resolver(root, DevValues({"mongodb_uri": "mongodb://127.0.0.1:27017"})),
        **more,
    )


def snapshot(
    of: Session, *there: SeenConnector, key_types: Mapping[str, Mapping[str, str]] | None = None
) -> ConnectorsSnapshot:
    """What reading Connect with these connectors gives."""
    wanted = resolve_all(managed_connectors(of.loaded.spec), of.resolver, of.loaded.places)
    return snapshot_of(wanted, {item.name: item for item in there}, key_types or {})
