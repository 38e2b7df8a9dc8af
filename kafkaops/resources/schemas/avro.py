"""An Avro schema's meaning, and what differs between two of them. Pure.

The meaning is Avro's Parsing Canonical Form (names in full, no superfluous structure) *with* what that form
drops: defaults, aliases, docs, logical types and other attributes. Two texts of one meaning are one schema,
however they are formatted and in whatever order their attributes stand.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from kafkaops import compat
from kafkaops.compat import SchemaError, SchemaText
from kafkaops.plan.model import Json

PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
NAMED = frozenset({"record", "error", "enum", "fixed"})
_STRUCTURE = frozenset({"type", "name", "namespace", "fields", "items", "values", "aliases"})
"""Attributes that `_Reader` treats one by one; all others are kept as they are."""


def meaning(text: str, docs: bool = True) -> Json:
    """The meaning of a schema text as JSON, without its docs if so wanted.

    Raises `ValueError` for what is no JSON. What is JSON and no schema is returned as it is: judging it is
    the compatibility checker's business.
    """
    return _Reader(docs).type(json.loads(text), "")


def same(one: str, other: str, references: Sequence[SchemaText] = ()) -> bool:
    """Whether two texts with the same references mean the same. What no reader can read, is so as JSON."""
    if one == other or _same_json(one, other):  # by far the most of those that are the same
        return True
    try:
        forms = [compat.meaning(compat.parse(text, references, lenient=True)) for text in (one, other)]
    except SchemaError:
        return False
    return forms[0] == forms[1]


def _same_json(one: str, other: str) -> bool:
    try:
        return _exact(json.loads(one)) == _exact(json.loads(other))
    except (ValueError, RecursionError):
        return False


def same_but_docs(one: str, other: str) -> bool:
    """Whether two texts differ in their docs only, if at all."""
    try:
        return _exact(meaning(one, docs=False)) == _exact(meaning(other, docs=False))
    except (ValueError, RecursionError):
        return False


def _exact(value: Json) -> str:
    """JSON text: unlike Python's `==` it tells 1 from true."""
    return json.dumps(value, sort_keys=True)


class _Reader:
    """Walks a schema; `namespace` is the enclosing one."""

    def __init__(self, docs: bool) -> None:
        self.docs = docs

    def type(self, node: Json, namespace: str) -> Json:
        if isinstance(node, str):
            return node if node in PRIMITIVES else _full(node, namespace)
        if isinstance(node, list):
            return [self.type(branch, namespace) for branch in node]
        if not isinstance(node, dict):
            return node
        kind = node.get("type")
        if kind in NAMED and isinstance(node.get("name"), str):
            return self.named(node, namespace)
        found = self.others(node)
        for content in ("items", "values"):
            if content in node:
                found[content] = self.type(node[content], namespace)
        inner = kind if kind in ("array", "map") else self.type(kind, namespace)
        if not found:
            return inner
        return {"type": inner, **found}

    def named(self, node: dict[str, Json], namespace: str) -> Json:
        declared = node.get("namespace")
        name = _full(str(node["name"]), declared if isinstance(declared, str) else namespace)
        own, _, _ = name.rpartition(".")
        found: dict[str, Json] = {"type": node["type"], "name": name, **self.others(node)}
        found |= _aliases(node, own)
        fields = node.get("fields")
        if isinstance(fields, list):
            found["fields"] = [self.field(field, own) for field in fields]
        return found

    def field(self, node: Json, namespace: str) -> Json:
        if not isinstance(node, dict):
            return node
        found: dict[str, Json] = {"name": node.get("name"), **self.others(node)}
        found |= _aliases(node, None)
        found["type"] = self.type(node.get("type"), namespace)
        if found.get("order") == "ascending":  # what it is when it is not said
            del found["order"]
        if "default" in found:
            found["default"] = _default(found["default"], found["type"])
        return found

    def others(self, node: dict[str, Json]) -> dict[str, Json]:
        kept = {key: value for key, value in node.items() if key not in _STRUCTURE}
        if not self.docs or not kept.get("doc"):
            kept.pop("doc", None)
        return kept


def _full(name: str, namespace: str) -> str:
    return name if "." in name or not namespace else f"{namespace}.{name}"


def _aliases(node: dict[str, Json], namespace: str | None) -> dict[str, Json]:
    """The aliases in full and sorted: their order means nothing."""
    aliases = node.get("aliases")
    if not isinstance(aliases, list) or not aliases:
        return {}
    names: list[Json] = []
    names.extend(sorted(_full(str(alias), namespace or "") for alias in aliases))
    return {"aliases": names}


def _default(value: Json, kind: Json) -> Json:
    """A default as its type holds it: `1` and `1.0` are one double."""
    branch = kind[0] if isinstance(kind, list) and kind else kind
    if isinstance(branch, dict):
        branch = branch.get("type")
    if branch in ("float", "double") and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


Difference = tuple[str, str | None, str | None]
"""(path, before, after): `fields.priority`, None, `int, default 0`."""


def differences(before: str, after: str) -> tuple[Difference, ...]:
    """What differs in meaning, by path, in the order of the new schema. Raises `ValueError` for no JSON."""
    old, new = _Outline(meaning(before)).lines, _Outline(meaning(after)).lines
    paths = [path for path in dict.fromkeys([*new, *old]) if old.get(path) != new.get(path)]
    found = [_difference(path, old, new) for path in paths if not _within_whole(path, old, new)]
    return (*found, *_moved(old, new))


def description(text: str) -> str:
    """A schema in a few words: 'record com.paklog.WaveEvent, 7 fields'."""
    root = meaning(text)
    if not isinstance(root, dict):
        return _type_text(root)
    fields, symbols = root.get("fields"), root.get("symbols")
    if isinstance(fields, list):
        return f"{_type_text(root)}, {len(fields)} field{'' if len(fields) == 1 else 's'}"
    if isinstance(symbols, list):
        return f"{_type_text(root)}, {len(symbols)} symbols"
    return _type_text(root)


class _Outline:
    """A meaning as lines: path → text. A field is a line, its default, doc and so on are lines below it."""

    def __init__(self, root: Json) -> None:
        self.lines: dict[str, str] = {}
        self.visit(root, "")

    def visit(self, node: Json, path: str) -> None:
        """Add what is inside a type; the type's own name is the caller's line."""
        if isinstance(node, list):
            complex_ones = [branch for branch in node if isinstance(branch, dict)]
            for branch in complex_ones:
                self.visit(branch, path if len(complex_ones) == 1 else f"{path}.{_short_name(branch)}")
            return
        if not isinstance(node, dict):
            if not path:
                self.lines["type"] = _type_text(node)
            return
        if not path:
            self.lines["type"] = _type_text(node)
        prefix = f"{path}." if path else ""
        for key, value in node.items():
            if key == "fields" and isinstance(value, list):
                for field in value:
                    self.field(field, f"{prefix}fields")
            elif key in ("items", "values"):
                self.visit(value, f"{prefix}{key}")
            elif key == "type" and not isinstance(value, str):
                self.visit(value, path)
            elif key not in ("type", "name", "logicalType", "precision", "scale"):
                self.lines[f"{prefix}{key}"] = _value_text(value)

    def field(self, field: Json, path: str) -> None:
        if not isinstance(field, dict):
            return
        here = f"{path}.{field.get('name')}"
        self.lines[here] = _type_text(field.get("type"))
        for key, value in field.items():
            if key not in ("name", "type"):
                self.lines[f"{here}.{key}"] = _value_text(value)
        self.visit(field.get("type"), here)


def _short_name(node: dict[str, Json]) -> str:
    """What tells a union's branch from the others."""
    return str(node.get("name", node.get("type"))).rpartition(".")[2]


def _difference(path: str, old: Mapping[str, str], new: Mapping[str, str]) -> Difference:
    if _is_field(path):
        return path, _with_default(path, old, new), _with_default(path, new, old)
    return path, old.get(path), new.get(path)


def _with_default(path: str, own: Mapping[str, str], other: Mapping[str, str]) -> str | None:
    """A field's line; of one that comes or goes also its default, which decides on compatibility."""
    text = own.get(path)
    default = own.get(f"{path}.default")
    return text if text is None or path in other or default is None else f"{text}, default {default}"


def _is_field(path: str) -> bool:
    steps = path.split(".")
    return len(steps) >= 2 and steps[-2] == "fields"


def _within_whole(path: str, old: Mapping[str, str], new: Mapping[str, str]) -> bool:
    """Whether a field above comes or goes as a whole, which says it all."""
    steps = path.split(".")
    above = (".".join(steps[:length]) for length in range(1, len(steps)))
    return any(_is_field(whole) and (whole in old) != (whole in new) for whole in above)


def _moved(old: Mapping[str, str], new: Mapping[str, str]) -> list[Difference]:
    """Fields that are in both and stand in another order: the bytes of a record are in that order."""
    common = [path for path in new if _is_field(path) and path in old]
    found: list[Difference] = []
    for parent in dict.fromkeys(path.rpartition(".")[0] for path in common):
        after = [path for path in common if path.rpartition(".")[0] == parent]
        before = [path for path in old if path in after]
        if before != after:
            found.append((parent, _names(before), _names(after)))
    return found


def _names(paths: list[str]) -> str:
    return ", ".join(path.rpartition(".")[2] for path in paths)


def _type_text(node: Json) -> str:
    """A type as one would say it."""
    if isinstance(node, list):
        return "[" + ", ".join(_type_text(branch) for branch in node) + "]"
    if not isinstance(node, dict):
        return str(node)
    kind = node.get("type")
    if kind in ("array", "map"):
        return f"{kind}<{_type_text(node.get('items', node.get('values')))}>"
    text = f"{kind} {node.get('name')}" if "name" in node else _type_text(kind)
    logical = node.get("logicalType")
    if logical is None:
        return text
    scale = f" {node.get('precision')},{node.get('scale', 0)}" if logical == "decimal" else ""
    return f"{text}({logical}{scale})"


def _value_text(value: Json) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(str(item) for item in value)
    return json.dumps(value, ensure_ascii=False)
