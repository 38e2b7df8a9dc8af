"""What changed between two schemas, as a person says it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from kafkaops.compat import Schema
from kafkaops.compat.describe import describe, listed
from kafkaops.compat.jsontext import Json
from kafkaops.compat.logical import logical_type
from kafkaops.compat.model import Array, Enum, Fixed, Map, Named, Record, Type, Union

_FIELD_KNOWN = frozenset({"name", "type", "default", "doc", "aliases", "order"})
_NODE_KNOWN = frozenset(
    {
        "type",
        "name",
        "namespace",
        "fields",
        "items",
        "values",
        "symbols",
        "default",
        "size",
        "doc",
        "aliases",
        "logicalType",
        "precision",
        "scale",
    }
)
_LONGEST_VALUE = 60


class Sign(StrEnum):
    """What kind of change it is."""

    ADDED = "+"
    REMOVED = "-"
    CHANGED = "~"


@dataclass(frozen=True, slots=True)
class Difference:
    """One change."""

    sign: Sign
    where: str
    """The way to it: `OrderEvent.lines[].sku`."""
    text: str

    def __str__(self) -> str:
        return f"{self.sign} {self.where}: {self.text}"


def differences(before: Schema, after: Schema) -> tuple[Difference, ...]:
    """The changes from one schema to another, in the order of the new one."""
    walk = _Walk()
    name = after.full_name or before.full_name or "the schema"
    return tuple(walk.types(before.root, after.root, name.rpartition(".")[2]))


class _Walk:
    def __init__(self) -> None:
        self._seen: set[tuple[int, int]] = set()

    def types(self, before: Type, after: Type, where: str) -> Iterator[Difference]:
        if not isinstance(before, str) and not isinstance(after, str):
            pair = (id(before), id(after))
            if pair in self._seen:
                return
            self._seen.add(pair)
        if isinstance(before, Union) and isinstance(after, Union):
            yield from self._unions(before, after, where)
        elif isinstance(before, Union) or isinstance(after, Union) or _kind(before) != _kind(after):
            yield from self._replaced(before, after, where)
        else:
            yield from self._alike(before, after, where)

    def _replaced(self, before: Type, after: Type, where: str) -> Iterator[Difference]:
        """One type for another; a union around what was there is said as what it allows."""
        if isinstance(after, Union) and (inner := _match(after, before)) is not None:
            others = listed([f"`{_called(branch)}`" for branch in after.types if branch is not inner])
            yield Difference(Sign.CHANGED, where, f"may now be {others} as well")
            yield from self.types(before, inner, where)
        elif isinstance(before, Union) and (inner := _match(before, after)) is not None:
            others = listed([f"`{_called(branch)}`" for branch in before.types if branch is not inner], "or")
            yield Difference(Sign.CHANGED, where, f"may no longer be {others}")
            yield from self.types(inner, after, where)
        else:
            yield Difference(Sign.CHANGED, where, f"{_typed(before)} became {_typed(after)}")

    def _alike(self, before: Type, after: Type, where: str) -> Iterator[Difference]:
        yield from _logical(before, after, where)
        if isinstance(before, Named) and isinstance(after, Named):
            yield from _names(before, after, where)
        if isinstance(before, Record) and isinstance(after, Record):
            yield from self._records(before, after, where)
        elif isinstance(before, Enum) and isinstance(after, Enum):
            yield from _enums(before, after, where)
        elif isinstance(before, Fixed) and isinstance(after, Fixed) and before.size != after.size:
            yield Difference(Sign.CHANGED, where, f"{before.size} bytes became {after.size}")
        elif isinstance(before, Array | Map) and isinstance(after, Array | Map):
            mark = "[]" if after.kind == "array" else "{}"
            yield from self.types(before.types[0], after.types[0], where + mark)
        if not isinstance(before, str | Union) or not isinstance(after, str | Union):
            yield from _properties(_json(before), _json(after), _NODE_KNOWN, where)

    def _unions(self, before: Union, after: Union, where: str) -> Iterator[Difference]:
        gone = [branch for branch in before.types if _match(after, branch) is None]
        added = [branch for branch in after.types if _match(before, branch) is None]
        for branch in gone:
            yield Difference(Sign.REMOVED, where, f"may no longer be `{_called(branch)}`")
        for branch in added:
            yield Difference(Sign.ADDED, where, f"may now be `{_called(branch)}`")
        kept = [_key(branch) for branch in before.types if branch not in gone]
        if kept != [_key(branch) for branch in after.types if branch not in added]:
            yield Difference(Sign.CHANGED, where, "the order of the union's branches changed")
        for branch in after.types:
            former = _match(before, branch)
            if former is not None:
                yield from self.types(former, branch, where)

    def _records(self, before: Record, after: Record, where: str) -> Iterator[Difference]:
        former = _former_fields(before, after)
        for name, index in before.index.items():
            if name not in former.values():
                kind = _typed(before.types[index])
                yield Difference(Sign.REMOVED, f"{where}.{name}", f"the field is gone; it was {kind}")
        for name, index in after.index.items():
            field = after.fields[index]
            place = f"{where}.{name}"
            if name not in former:
                default = f", default {_shown(field['default'])}" if "default" in field else ", without default"
                yield Difference(Sign.ADDED, place, f"a new field, {_typed(after.types[index])}{default}")
                continue
            was = before.index[former[name]]
            if former[name] != name:
                yield Difference(Sign.CHANGED, place, f"renamed from `{former[name]}`, which it keeps as an alias")
            yield from self.types(before.types[was], after.types[index], place)
            yield from _fields(before.fields[was], field, place)
        kept = [former[name] for name in after.index if name in former]
        if kept != [name for name in before.index if name in former.values()]:
            yield Difference(Sign.CHANGED, where, "the order of the fields changed, and with it the bytes")


def _former_fields(before: Record, after: Record) -> dict[str, str]:
    """For each field of the new record that was there: its name then, by name or by alias."""
    found = {name: name for name in after.index if name in before.index}
    for name, index in after.index.items():
        aliases = after.fields[index].get("aliases") or []
        assert isinstance(aliases, list)
        for alias in aliases:
            if name not in found and isinstance(alias, str) and alias in before.index and alias not in after.index:
                found[name] = alias
    return found


def _fields(before: dict[str, Json], after: dict[str, Json], where: str) -> Iterator[Difference]:
    yield from _attribute("default", before, after, where, "the default")
    yield from _attribute("doc", before, after, where, "the doc")
    if before.get("order", "ascending") != after.get("order", "ascending"):
        yield from _attribute("order", before, after, where, "the sort order")
    yield from _aliases(before, after, where)
    yield from _properties(before, after, _FIELD_KNOWN, where)


def _names(before: Named, after: Named, where: str) -> Iterator[Difference]:
    if before.full != after.full:
        kept = "; the former name is an alias" if before.full in after.aliases() else ""
        yield Difference(Sign.CHANGED, where, f"{after.kind} {before.full} became {after.full}{kept}")
    yield from _attribute("doc", before.json, after.json, where, f"the doc of `{after.name}`")
    if sorted(before.aliases()) != sorted(after.aliases()) and before.full == after.full:
        yield from _aliases(before.json, after.json, where)


def _enums(before: Enum, after: Enum, where: str) -> Iterator[Difference]:
    for symbol in before.symbols:
        if symbol not in after.symbols:
            yield Difference(Sign.REMOVED, where, f"the symbol `{symbol}` of `{after.name}`")
    for symbol in after.symbols:
        if symbol not in before.symbols:
            yield Difference(Sign.ADDED, where, f"the symbol `{symbol}` of `{after.name}`")
    kept = [symbol for symbol in before.symbols if symbol in after.symbols]
    if kept != [symbol for symbol in after.symbols if symbol in before.symbols]:
        yield Difference(Sign.CHANGED, where, f"the order of the symbols of `{after.name}` changed")
    yield from _attribute("default", before.json, after.json, where, f"the default of `{after.name}`")


def _logical(before: Type, after: Type, where: str) -> Iterator[Difference]:
    was, now = logical_type(before), logical_type(after)
    if was != now:
        kind = _kind(after)
        yield Difference(Sign.CHANGED, where, f"{was or f'plain {kind}'} became {now or f'plain {kind}'}")


def _attribute(
    key: str, before: dict[str, Json], after: dict[str, Json], where: str, name: str
) -> Iterator[Difference]:
    if key not in before and key in after:
        yield Difference(Sign.ADDED, where, f"{name} is now {_shown(after[key])}")
    elif key in before and key not in after:
        yield Difference(Sign.REMOVED, where, f"{name} is gone; it was {_shown(before[key])}")
    elif key in before and _exact(before[key]) != _exact(after[key]):
        yield Difference(Sign.CHANGED, where, f"{name}: {_shown(before[key])} became {_shown(after[key])}")


def _aliases(before: dict[str, Json], after: dict[str, Json], where: str) -> Iterator[Difference]:
    was, now = _names_in(before), _names_in(after)
    for alias in sorted(was - now):
        yield Difference(Sign.REMOVED, where, f"the alias `{alias}`")
    for alias in sorted(now - was):
        yield Difference(Sign.ADDED, where, f"the alias `{alias}`")


def _names_in(attributes: dict[str, Json]) -> set[str]:
    aliases = attributes.get("aliases") or []
    return {alias for alias in aliases if isinstance(alias, str)} if isinstance(aliases, list) else set()


def _properties(
    before: dict[str, Json], after: dict[str, Json], known: frozenset[str], where: str
) -> Iterator[Difference]:
    for key in sorted((before.keys() | after.keys()) - known):
        yield from _attribute(key, before, after, where, f"the property {key}")


def _json(node: Type) -> dict[str, Json]:
    return {} if isinstance(node, str | Union) else node.json


def _match(union: Union, node: Type) -> Type | None:
    """The branch of a union that stands for a type."""
    return next((branch for branch in union.types if _key(branch) == _key(node)), None)


def _key(node: Type) -> str:
    return node.full if isinstance(node, Named) else _kind(node)


def _kind(node: Type) -> str:
    return node if isinstance(node, str) else node.kind


def _called(node: Type) -> str:
    return node.name if isinstance(node, Named) else _kind(node)


def _typed(node: Type) -> str:
    logical = logical_type(node)
    return f"{describe(node)} ({logical})" if logical else describe(node)


def _exact(value: Json) -> str:
    return json.dumps(value, sort_keys=True)


def _shown(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"
