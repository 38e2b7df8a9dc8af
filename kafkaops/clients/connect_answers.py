"""From Connect's JSON to values. What does not have the documented shape is KO506, never guessed at."""

from __future__ import annotations

from collections.abc import Mapping

from kafkaops.clients.connect import (
    ConfigFinding,
    ConnectorStatus,
    Plugin,
    PluginType,
    RunState,
    SeenConnector,
    TaskStatus,
    Validation,
    WorkerInfo,
)
from kafkaops.errors import PlatformError
from kafkaops.plan.model import Json


def malformed(what: str) -> PlatformError:
    """KO506. `what` names the part of the answer; its content is left out, it may hold secrets."""
    return PlatformError.of(
        "KO506",
        f"Kafka Connect answered in a shape that its API does not have: {what}",
        hint="is the URL that of a Kafka Connect worker, version 2.3 or later?",
    )


def mapping(value: Json, what: str) -> dict[str, Json]:
    """The value as an object."""
    if not isinstance(value, dict):
        raise malformed(f"{what} is not an object")
    return value


def sequence(value: Json, what: str) -> list[Json]:
    """The value as an array."""
    if not isinstance(value, list):
        raise malformed(f"{what} is not a list")
    return value


def text(value: Json, what: str) -> str:
    """The value as a text."""
    if not isinstance(value, str):
        raise malformed(f"{what} is not a text")
    return value


def _optional_text(value: Json, what: str) -> str:
    return "" if value is None else text(value, what)


def _number(value: Json, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise malformed(f"{what} is not a whole number")
    return value


def _state(value: Json, what: str) -> RunState:
    try:
        return RunState(text(value, what))
    except ValueError:
        raise malformed(f"{what} is the unknown state '{value}'") from None


def plugin_type(value: Json) -> PluginType:
    """The plugin type; one that a later Connect may add is `UNKNOWN`."""
    lowered = value.lower() if isinstance(value, str) else ""
    return PluginType(lowered) if lowered in set(PluginType) else PluginType.UNKNOWN


def worker_info(answer: Json) -> WorkerInfo:
    """`GET /`."""
    found = mapping(answer, "/")
    return WorkerInfo(
        version=text(found.get("version"), "version"),
        commit=_optional_text(found.get("commit"), "commit"),
        kafka_cluster_id=text(found.get("kafka_cluster_id"), "kafka_cluster_id"),
    )


def connector_names(answer: Json) -> frozenset[str]:
    """`GET /connectors`."""
    return frozenset(text(item, "a connector's name") for item in sequence(answer, "the list of connectors"))


def seen_connectors(answer: Json) -> dict[str, SeenConnector]:
    """`GET /connectors?expand=info&expand=status`."""
    listing = mapping(answer, "the expanded listing of connectors")
    return {name: _seen(name, mapping(entry, f"connector {name}")) for name, entry in listing.items()}


def _seen(name: str, entry: Mapping[str, Json]) -> SeenConnector:
    info = mapping(entry.get("info"), f"info of connector {name}")
    tasks = sequence(info.get("tasks"), f"tasks of connector {name}")
    return SeenConnector(
        name=name,
        type=plugin_type(info.get("type")),
        config=config(info.get("config"), f"config of connector {name}"),
        status=connector_status(entry.get("status"), name),
        task_ids=tuple(
            sorted(_number(mapping(task, f"a task of {name}").get("task"), "a task's id") for task in tasks)
        ),
    )


def config(value: Json, what: str) -> dict[str, str | None]:
    """A flat configuration; Connect allows null values."""
    return {key: None if item is None else text(item, f"{key} of {what}") for key, item in mapping(value, what).items()}


def connector_status(answer: Json, name: str) -> ConnectorStatus:
    """`GET /connectors/{name}/status`."""
    what = f"status of connector {name}"
    found = mapping(answer, what)
    connector = mapping(found.get("connector"), what)
    tasks = (mapping(task, f"a task in the {what}") for task in sequence(found.get("tasks"), f"tasks in the {what}"))
    return ConnectorStatus(
        state=_state(connector.get("state"), f"state in the {what}"),
        worker=_optional_text(connector.get("worker_id"), "worker_id"),
        trace=_optional_text(connector.get("trace"), "trace"),
        tasks=tuple(
            TaskStatus(
                id=_number(task.get("id"), "a task's id"),
                state=_state(task.get("state"), f"a task's state in the {what}"),
                worker=_optional_text(task.get("worker_id"), "worker_id"),
                trace=_optional_text(task.get("trace"), "trace"),
            )
            for task in tasks
        ),
    )


def task_configs(answer: Json, name: str) -> dict[int, dict[str, str | None]]:
    """`GET /connectors/{name}/tasks`."""
    found: dict[int, dict[str, str | None]] = {}
    for item in sequence(answer, f"tasks of connector {name}"):
        task = mapping(item, f"a task of {name}")
        number = _number(mapping(task.get("id"), "a task's id").get("task"), "a task's number")
        found[number] = config(task.get("config"), f"config of task {number}")
    return found


def plugins(answer: Json) -> tuple[Plugin, ...]:
    """`GET /connector-plugins?connectorsOnly=false`."""
    entries = (mapping(item, "a plugin") for item in sequence(answer, "the list of plugins"))
    return tuple(
        Plugin(
            class_name=text(entry.get("class"), "a plugin's class"),
            type=plugin_type(entry.get("type")),
            version=_optional_text(entry.get("version"), "a plugin's version"),
        )
        for entry in entries
    )


def key_types(answer: Json) -> dict[str, str]:
    """`GET /connector-plugins/{class}/config`."""
    entries = (mapping(item, "a config key") for item in sequence(answer, "the list of config keys"))
    return {text(entry.get("name"), "a key's name"): text(entry.get("type"), "a key's type") for entry in entries}


def validation(answer: Json) -> Validation:
    """`PUT /connector-plugins/{class}/config/validate`."""
    found = mapping(answer, "the validation")
    findings = []
    for item in sequence(found.get("configs"), "configs of the validation"):
        entry = mapping(item, "a validated key")
        value = mapping(entry.get("value"), "a validated value")
        definition = entry.get("definition")
        kind = mapping(definition, "a key's definition").get("type") if definition is not None else None
        findings.append(
            ConfigFinding(
                key=text(value.get("name"), "a validated key's name"),
                type=None if kind is None else text(kind, "a key's type"),
                errors=tuple(text(error, "an error") for error in sequence(value.get("errors"), "errors of a key")),
            )
        )
    return Validation(_number(found.get("error_count"), "error_count"), tuple(findings))


def offsets(answer: Json, name: str) -> tuple[Json, ...]:
    """`GET /connectors/{name}/offsets`."""
    return tuple(sequence(mapping(answer, f"offsets of {name}").get("offsets"), f"offsets of {name}"))
