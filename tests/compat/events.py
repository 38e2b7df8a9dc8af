"""Event schemas as teams write them, with versions that follow each other: for measuring, where size matters."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

_WORDS = ("order", "item", "customer", "warehouse", "carrier", "status", "amount", "quantity", "reason", "location")
_PLAIN = ("string", "string", "string", "int", "long", "double", "boolean")


def versions(seed: int, count: int, fields: int) -> list[str]:
    """So many versions of one subject's schema, oldest first; about one change in twelve breaks readers."""
    random = Random(seed)
    schema = _record(random, f"{random.choice(_WORDS).title()}Event{seed}", fields)
    schema["namespace"] = "com.example.events"
    texts = [json.dumps(schema)]
    for number in range(1, count):
        schema = copy.deepcopy(schema)
        _evolve(random, schema, number)
        texts.append(json.dumps(schema))
    return texts


def _record(random: Random, name: str, count: int) -> dict[str, Any]:
    fields = [_field(random, f"{random.choice(_WORDS)}_{index}", name, count) for index in range(count)]
    return {"type": "record", "name": name, "doc": f"What is known of one {name}.", "fields": fields}


def _field(random: Random, name: str, owner: str, size: int) -> dict[str, Any]:
    field: dict[str, Any] = {"name": name, "type": random.choice(_PLAIN)}
    chance = random.random()
    if chance < 0.25:
        field |= {"type": ["null", field["type"]], "default": None}
    elif chance < 0.4:
        field["type"] = {"type": "long", "logicalType": "timestamp-millis"}
    elif chance < 0.48:
        symbols = ["UNKNOWN", "OPEN", "PICKED", "SHIPPED"]
        field["type"] = {"type": "enum", "name": f"{owner}_{name}", "symbols": symbols, "default": "UNKNOWN"}
    elif chance < 0.54:
        field["type"] = {"type": "array", "items": field["type"]}
    elif chance < 0.6 and size > 2:
        field["type"] = _record(random, f"{owner}_{name}", size // 3)
    if random.random() < 0.6:
        field["doc"] = f"The {name.replace('_', ' ')} as the source system knows it"
    return field


def _evolve(random: Random, schema: dict[str, Any], number: int) -> None:
    fields = schema["fields"]
    chance = random.random()
    if chance < 0.6:
        fields.append({"name": f"added_{number}", "type": ["null", "string"], "default": None})
    elif chance < 0.75 and len(fields) > 2:
        fields.pop(random.randrange(len(fields)))
    elif chance < 0.92:
        random.choice(fields)["doc"] = f"Said better in version {number}"
    else:
        fields.append({"name": f"added_{number}", "type": "string"})
