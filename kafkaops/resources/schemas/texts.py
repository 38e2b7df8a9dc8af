"""What differs between two versions of a JSON Schema or a Protobuf file, as far as one sees without its rules. Pure."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator

from kafkaops.plan.model import Json
from kafkaops.resources.schemas.avro import Difference


def json_differences(before: str, after: str) -> tuple[Difference, ...]:
    """What differs by path: `properties.a.type`, string, integer. Raises `ValueError` for what is no JSON."""
    old, new = dict(_leaves(json.loads(before), "")), dict(_leaves(json.loads(after), ""))
    paths = [path for path in dict.fromkeys([*new, *old]) if old.get(path) != new.get(path)]
    return tuple((path, old.get(path), new.get(path)) for path in paths)


def line_differences(before: str, after: str) -> tuple[Difference, ...]:
    """The lines that go and come, by their number among those that are not empty; blanks do not count."""
    old, new = _lines(before), _lines(after)
    found: list[Difference] = []
    for tag, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        for offset in range(max(j - i, m - k)):
            was = old[i + offset] if i + offset < j else None
            now = new[k + offset] if k + offset < m else None
            found.append((f"line {k + offset + 1}", was, now))
    return tuple(found)


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def _leaves(node: Json, path: str) -> Iterator[tuple[str, str]]:
    """Path and text of every value that holds no further objects."""
    if isinstance(node, dict) and node:
        for key, value in node.items():
            yield from _leaves(value, f"{path}.{key}" if path else key)
    elif isinstance(node, list) and any(isinstance(item, dict | list) for item in node):
        for index, item in enumerate(node):
            yield from _leaves(item, f"{path}[{index}]")
    elif isinstance(node, list):
        yield path, ", ".join(str(item) for item in node)
    else:
        yield path, node if isinstance(node, str) else json.dumps(node)
