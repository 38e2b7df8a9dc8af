"""Example records for an Avro schema: readable, the same for the same number, no two alike. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

_NAMESPACE = UUID("6f1d6f4e-3c5b-4f0e-9a5e-2a0f6c3b7d11")
_DAY_MS = 86_400_000


def identity(run: str, topic: str, number: int) -> str:
    """The id of a run's record, a UUID."""
    return str(uuid5(_NAMESPACE, f"{run}/{topic}/{number}"))


@dataclass
class Example:
    """Makes the values of record `number`; texts named like an identity hold `identity`."""

    identity: str
    number: int
    at_ms: int
    names: dict[str, Any] = field(default_factory=dict)
    """Named types by full name, filled while schemas are walked."""

    def of(self, schema: Any, name: str = "value", namespace: str = "") -> Any:
        """A value of a schema, given as parsed JSON. Raises `ValueError` for what is no Avro schema."""
        match schema:
            case str():
                return self._primitive_or_named(schema, name, namespace)
            case list():
                return self._branch(schema, name, namespace)
            case dict():
                return self._complex(schema, name, namespace)
            case _:
                raise ValueError(f"not an Avro schema: {schema!r}")

    def know(self, schema: Any) -> None:
        """Learn the named types of a schema that others refer to."""
        self.of(schema)

    def _primitive_or_named(self, schema: str, name: str, namespace: str) -> Any:
        if schema in _PRIMITIVES:
            return self.identity if schema == "string" and name == _IDENTITY else _PRIMITIVES[schema](self, name)
        full = schema if "." in schema or not namespace else f"{namespace}.{schema}"
        if full not in self.names:
            raise ValueError(f"unknown Avro type: {schema}")
        known = self.names[full]
        return self.of(known, name, full.rpartition(".")[0])

    def _branch(self, branches: Sequence[Any], name: str, namespace: str) -> Any:
        """Of an optional field every second record has a value."""
        others = [branch for branch in branches if branch != "null"]
        if not others or (len(others) < len(branches) and self.number % 2):
            return None
        return self.of(others[0], name, namespace)

    def _complex(self, schema: Mapping[str, Any], name: str, namespace: str) -> Any:
        match schema["type"]:
            case "record" | "error":
                inner = self._named(schema, namespace)
                return {item["name"]: self.of(item["type"], item["name"], inner) for item in schema["fields"]}
            case "enum":
                self._named(schema, namespace)
                symbols = [symbol for symbol in schema["symbols"] if symbol != schema.get("default")]
                return (symbols or schema["symbols"])[self.number % max(1, len(symbols))]
            case "fixed":
                self._named(schema, namespace)
                return bytes([self.number % 256]) * schema["size"]
            case "array":
                return [self.of(schema["items"], name.removesuffix("s"), namespace)]
            case "map":
                return {name: self.of(schema["values"], name, namespace)}
            case inner:
                return self._logical(schema) if "logicalType" in schema else self.of(inner, name, namespace)

    def _named(self, schema: Mapping[str, Any], namespace: str) -> str:
        """Note a named type; returns its namespace."""
        full: str = schema["name"]
        if "." not in full:
            space = schema.get("namespace", namespace)
            full = f"{space}.{full}" if space else full
        self.names[full] = schema
        return full.rpartition(".")[0]

    def _logical(self, schema: Mapping[str, Any]) -> Any:
        make = _LOGICAL.get(schema["logicalType"])
        return self.of(schema["type"]) if make is None else make(self)


_IDENTITY = "event_id"
_PRIMITIVES: Mapping[str, Callable[[Example, str], Any]] = {
    "null": lambda _example, _name: None,
    "boolean": lambda example, _name: example.number % 2 == 0,
    "int": lambda example, _name: example.number + 1,
    "long": lambda example, _name: example.number + 1,
    "float": lambda example, _name: example.number + 0.5,
    "double": lambda example, _name: example.number + 0.5,
    "string": lambda example, name: f"{name.removesuffix('_id').replace('_', '-')}-{example.number + 1}",
    "bytes": lambda example, _name: bytes([example.number % 256]),
}
_LOGICAL: Mapping[str, Callable[[Example], Any]] = {
    "uuid": lambda example: example.identity,
    "timestamp-millis": lambda example: example.at_ms,
    "timestamp-micros": lambda example: example.at_ms * 1000,
    "local-timestamp-millis": lambda example: example.at_ms,
    "local-timestamp-micros": lambda example: example.at_ms * 1000,
    "date": lambda example: example.at_ms // _DAY_MS,
    "time-millis": lambda example: example.at_ms % _DAY_MS,
    "time-micros": lambda example: example.at_ms % _DAY_MS * 1000,
}


def framed(schema_id: int, schema: str, references: Sequence[str], example: Example) -> bytes:
    """A record of the schema in the registry's wire format: a zero, the id in four bytes, Avro's binary form.

    `references` are the schemas that it refers to, each after those that it needs itself.
    """
    import io
    import struct

    import fastavro

    named: dict[str, Any] = {}
    for text in references:
        parsed = json.loads(text)
        example.know(parsed)
        fastavro.parse_schema(parsed, named_schemas=named)
    own = json.loads(schema)
    body = io.BytesIO()
    fastavro.schemaless_writer(body, fastavro.parse_schema(own, named_schemas=named), example.of(own))
    return b"\0" + struct.pack(">I", schema_id) + body.getvalue()
