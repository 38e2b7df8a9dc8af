"""From JSON to types: names resolved, the specification's rules on declarations checked.

One pass, depth first and left to right as the specification has names defined, with a stack of its own, so that no
nesting exhausts Python's. A mistake is noted and reading goes on, so that all of them are told at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar, cast

from kafkaops.compat.jsontext import Container, Json
from kafkaops.compat.model import PRIMITIVES, Array, Enum, Fixed, Map, NamedType, Record, Type, Union, annotated
from kafkaops.compat.names import NAME_FIX, full_name_rule, name_rule, nearest, split_name
from kafkaops.compat.problems import Location, Rule
from kafkaops.compat.texts import Place

MAX_FIXED: Final = 2**31 - 1
_ORDERS: Final = ("ascending", "descending", "ignore")
_KINDS: Final = ("record", "enum", "array", "map", "fixed")
_SCHEMA_FIX: Final = "a schema is a type's name, an object with a `type`, or an array of schemas (a union)"


class _End:
    """Stands on the stack where the fields of a record have all been read."""

    def __init__(self, full: str) -> None:
        self.full = full


Task: TypeAlias = "tuple[Json | _End, str, list[Type], int, Container, str | int]"
"""A type still to be read: its JSON, the enclosing namespace, the list and index it goes to, and its place."""
AnyNamed = TypeVar("AnyNamed", Record, Enum, Fixed)


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken rule, as a rule not yet located."""

    rule: Rule
    message: str
    place: Place | Location
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A name that stood for no type where it was used."""

    full: str
    """What it means in its namespace."""
    fallback: NamedType | None
    """The type of that name in the null namespace, if one was defined before."""
    task: Task


class Builder:
    """Reads schemas into one set of names: a schema's references first, then the schema itself."""

    def __init__(self) -> None:
        self.names: dict[str, NamedType] = {}
        """The named types by full name, in the order of their definitions."""
        self.findings: list[Finding] = []
        self.defaults: list[tuple[Record, int]] = []
        """The fields that have a default, to be checked when all types are known."""
        self.unresolved: list[Unresolved] = []
        self._stack: list[Task] = []
        self._open: set[str] = set()
        """The records whose definition is still being read, by full name."""
        self._unions: list[Union] = []

    def read(self, root: list[Json]) -> Type:
        """The type that the only entry of `root` declares. What is wrong goes to `findings`."""
        holder: list[Type] = ["null"]
        stack = self._stack
        stack.append((root[0], "", holder, 0, root, 0))
        while stack:
            task = stack.pop()
            _READ_JSON.get(task[0].__class__, Builder._not_a_schema)(self, task[0], task)
        return holder[0]

    def finish(self) -> list[Unresolved]:
        """Settle what had to wait for all definitions. Returns the names that nothing defines."""
        missing = [item for item in self.unresolved if not self._settle(item)]
        for union in self._unions:
            self._check_branches(union)
        return missing

    def note(self, rule: Rule, message: str, place: Place, fix: str = "") -> None:
        """Note a broken rule."""
        self.findings.append(Finding(rule, message, place, fix))

    def note_unknown(self, name: str, place: Place) -> None:
        """Note a name that no type has, with the one that was probably meant."""
        meant = nearest(name, (*self.names, *PRIMITIVES, *_KINDS))
        fix = f"did you mean `{meant}`?" if meant else "define it first, or give the schema that does as a reference"
        self.note(Rule.UNKNOWN_TYPE, f"no type is named `{name}`", place, fix)

    def _not_a_schema(self, json: Json, task: Task) -> None:
        task[2][task[3]] = "null"
        shown = "null" if json is None else str(json).lower()
        self.note(Rule.NOT_A_SCHEMA, f"{shown} is not a schema", task[4:], _SCHEMA_FIX)

    def _reference(self, name: str, task: Task) -> None:
        _, namespace, holder, index, _, _ = task
        if name in PRIMITIVES:
            holder[index] = name
            return
        full = name if "." in name or not namespace else f"{namespace}.{name}"
        node = self.names.get(full)
        if node is None:
            holder[index] = annotated({}, full)
            self.unresolved.append(Unresolved(full, self._ended(name), task))
        else:
            holder[index] = node

    def _ended(self, name: str) -> NamedType | None:
        """The type of the null namespace that has this name, unless its definition is still being read."""
        return None if name in self._open else self.names.get(name)

    def _settle(self, item: Unresolved) -> bool:
        _, _, holder, index, container, key = item.task
        place = (container, key)
        if item.full in self.names:
            fix = "define it where it is first used, and refer to it by name afterwards"
            self.note(Rule.USED_BEFORE_DEFINED, f"`{item.full}` is used before it is defined", place, fix)
            holder[index] = self.names[item.full]
        elif item.fallback is not None:
            short = item.fallback.name
            message = f"`{short}` means `{item.full}` here, and only the null namespace has a `{short}`"
            self.note(Rule.NULL_NAMESPACE, message, place, f"give `{short}` a namespace")
            holder[index] = item.fallback
        else:
            return False
        return True

    def _object(self, json: dict[str, Json], task: Task) -> None:
        kind = json.get("type")
        if kind.__class__ is str and kind in _READ_KIND:
            _READ_KIND[kind](self, json, task)
        elif not isinstance(kind, str):
            place: Place = (json, "type") if "type" in json else (json, None)
            rule = Rule.INVALID_ATTRIBUTE if "type" in json else Rule.MISSING_ATTRIBUTE
            self.note(rule, "a schema's `type` is the name of a type", place, _SCHEMA_FIX)
            task[2][task[3]] = "null"
        elif "." in kind or kind in self.names or f"{task[1]}.{kind}" in self.names:
            fix = f'write "{kind}" in place of the object'
            self.note(Rule.WRAPPED_NAME, f"an object's `type` cannot be a defined type, `{kind}`", (json, "type"), fix)
            self._reference(kind, (kind, *task[1:4], json, "type"))
        else:
            self.note_unknown(kind, (json, "type"))
            task[2][task[3]] = "null"

    def _primitive(self, json: dict[str, Json], task: Task) -> None:
        kind = PRIMITIVES[str(json["type"])]
        task[2][task[3]] = kind if len(json) == 1 else annotated(json, kind)

    def _union(self, json: list[Json], task: Task) -> None:
        union = Union()
        union.json = json
        union.types = ["null"] * len(json)
        union.positions = {}
        task[2][task[3]] = union
        self._unions.append(union)
        for index in range(len(json) - 1, -1, -1):
            self._stack.append((json[index], task[1], union.types, index, json, index))

    def _check_branches(self, union: Union) -> None:
        seen = union.positions
        for index, branch in enumerate(union.types):
            if isinstance(branch, Union):
                self.note(Rule.UNION_IN_UNION, "a union directly inside a union", (union.json, index), "merge them")
                continue
            key = branch if isinstance(branch, str) else branch.full
            if key in seen:
                fix = "keep one of them; only types with different names may stand side by side"
                self.note(Rule.DUPLICATE_BRANCH, f"the union has `{key}` twice", (union.json, index), fix)
            seen.setdefault(key, index)

    def _container(self, node: Array | Map, json: dict[str, Json], content: str, task: Task) -> None:
        node.json = json
        node.types = ["null"]
        task[2][task[3]] = node
        if content in json:
            self._stack.append((json[content], task[1], node.types, 0, json, content))
        else:
            self.note(Rule.MISSING_ATTRIBUTE, f"the {node.kind} has no `{content}`", (json, None), f"add `{content}`")

    def _array(self, json: dict[str, Json], task: Task) -> None:
        self._container(Array(), json, "items", task)

    def _map(self, json: dict[str, Json], task: Task) -> None:
        self._container(Map(), json, "values", task)

    def _record(self, json: dict[str, Json], task: Task) -> None:
        record = self._declare(Record, json, task)
        record.fields, record.types, record.index, record.aliased = [], [], {}, False
        pending: list[Task] = []
        for position, field in enumerate(self._list(json, "fields")):
            if not isinstance(field, dict):
                place = (cast(Container, json["fields"]), position)
                self.note(Rule.INVALID_ATTRIBUTE, "a field is an object with `name` and `type`", place)
            elif self._check_field(record, field):
                pending.append((field["type"], record.namespace, record.types, len(record.types), field, "type"))
                self._field_attributes(record, field)
                record.index[str(field["name"])] = len(record.types)
                record.types.append("null")
                record.fields.append(field)
        self._open.add(record.full)
        self._stack.append((_End(record.full), "", [], 0, [], 0))
        pending.reverse()
        self._stack += pending

    def _end_record(self, end: _End, task: Task) -> None:
        self._open.discard(end.full)

    def _check_field(self, record: Record, field: dict[str, Json]) -> bool:
        """Whether a field can be understood."""
        for attribute in ("name", "type"):
            if attribute not in field:
                message = f"the field has no `{attribute}`"
                self.note(Rule.MISSING_ATTRIBUTE, message, (field, None), f"add `{attribute}`")
        name = field.get("name", "")
        if not isinstance(name, str):
            self.note(Rule.INVALID_ATTRIBUTE, "a field's `name` is a string", (field, "name"))
        elif "name" in field and name in record.index:
            message = f"`{record.name}` has two fields `{name}`"
            self.note(Rule.DUPLICATE_FIELD, message, (field, "name"), "rename or remove one of them")
        elif "name" in field and "type" in field:
            self._note_name(name_rule(name), f"the field name `{name}`", (field, "name"))
            return True
        return False

    def _field_attributes(self, record: Record, item: dict[str, Json]) -> None:
        if "default" in item:
            self.defaults.append((record, len(record.fields)))
        if "aliases" in item:
            record.aliased = self._check_aliases(item) or record.aliased
        if "order" in item and not (isinstance(item["order"], str) and item["order"].lower() in _ORDERS):
            self.note(Rule.INVALID_ATTRIBUTE, f"a field's `order` is one of {', '.join(_ORDERS)}", (item, "order"))

    def _check_aliases(self, json: dict[str, Json]) -> bool:
        aliases = json["aliases"]
        if isinstance(aliases, list) and all(isinstance(alias, str) for alias in aliases):
            return True
        self.note(Rule.INVALID_ATTRIBUTE, "`aliases` is an array of strings", (json, "aliases"))
        return False

    def _enum(self, json: dict[str, Json], task: Task) -> None:
        enum = self._declare(Enum, json, task)
        enum.symbols, enum.default = [], None
        symbols = self._list(json, "symbols")
        known: set[str] = set()
        for position, symbol in enumerate(symbols):
            if not isinstance(symbol, str):
                self.note(Rule.INVALID_ATTRIBUTE, "a symbol is a string", (symbols, position))
            elif symbol in known:
                self.note(Rule.DUPLICATE_SYMBOL, f"`{enum.name}` has `{symbol}` twice", (symbols, position))
            else:
                known.add(symbol)
                enum.symbols.append(symbol)
                self._note_name(name_rule(symbol), f"the symbol `{symbol}`", (symbols, position))
        if "default" in json:
            default = json["default"]
            if isinstance(default, str) and default in enum.symbols:
                enum.default = default
            else:
                message = f"the default of the enum `{enum.name}` is none of its symbols"
                self.note(Rule.ENUM_DEFAULT, message, (json, "default"))

    def _fixed(self, json: dict[str, Json], task: Task) -> None:
        fixed = self._declare(Fixed, json, task)
        fixed.size = 0
        size = json.get("size")
        if isinstance(size, int) and not isinstance(size, bool) and 0 <= size <= MAX_FIXED:
            fixed.size = size
        elif "size" in json:
            message = f"the size of `{fixed.name}` is a number of bytes, at most {MAX_FIXED:,}"
            self.note(Rule.INVALID_ATTRIBUTE, message, (json, "size"))
        else:
            self.note(Rule.MISSING_ATTRIBUTE, f"`{fixed.name}` has no `size`", (json, None), "add `size`, in bytes")

    def _list(self, json: dict[str, Json], attribute: str) -> list[Json]:
        value = json.get(attribute)
        if isinstance(value, list):
            return value
        if attribute in json:
            self.note(Rule.INVALID_ATTRIBUTE, f"`{attribute}` is an array", (json, attribute))
        else:
            message = f"the {json['type']} has no `{attribute}`"
            self.note(Rule.MISSING_ATTRIBUTE, message, (json, None), f"add `{attribute}`")
        return []

    def _declare(self, kind: type[AnyNamed], json: dict[str, Json], task: Task) -> AnyNamed:
        name, namespace = json.get("name"), json.get("namespace", task[1])
        if not isinstance(namespace, str):
            self.note(Rule.INVALID_ATTRIBUTE, "a `namespace` is a string", (json, "namespace"))
            namespace = task[1]
        if not isinstance(name, str):
            known = "name" in json
            rule = Rule.INVALID_ATTRIBUTE if known else Rule.MISSING_ATTRIBUTE
            self.note(rule, f"the {kind.kind} has no name", (json, "name" if known else None), "add `name`, a string")
            task[2][task[3]] = "null"
            return _named(kind(), json, "", "", namespace)
        if "." in name:
            full, name, namespace = split_name(name)
        else:
            full = f"{namespace}.{name}" if namespace else name
        node = _named(kind(), json, full, name, namespace)
        task[2][task[3]] = node
        if full in self.names:
            self.note(Rule.DEFINED_TWICE, f"`{full}` is defined twice", (json, "name"), "refer to it by its name")
        self.names[full] = node
        self._note_name(full_name_rule(full), f"the name `{full}`", (json, "name"))
        if "aliases" in json:
            self._check_aliases(json)
        return node

    def _note_name(self, rule: Rule | None, what: str, place: Place) -> None:
        if rule is Rule.INVALID_NAME:
            self.note(rule, f"{what} is not a name", place, NAME_FIX)
        elif rule is Rule.UNPORTABLE_NAME:
            self.note(rule, f"{what} is not a name to every implementation of Avro", place, NAME_FIX)


def _named(node: AnyNamed, json: dict[str, Json], full: str, name: str, namespace: str) -> AnyNamed:
    node.json, node.full, node.name, node.namespace = json, full, name, namespace
    return node


_READ_JSON: Final[dict[type, Callable[[Builder, Any, Task], None]]] = {
    str: Builder._reference,
    dict: Builder._object,
    list: Builder._union,
    _End: Builder._end_record,
}
"""What to do with a task, by the class of the JSON that it is about."""
_READ_KIND: Final[dict[Json, Callable[[Builder, dict[str, Json], Task], None]]] = {
    **dict.fromkeys(PRIMITIVES, Builder._primitive),
    "record": Builder._record,
    "error": Builder._record,
    "enum": Builder._enum,
    "fixed": Builder._fixed,
    "array": Builder._array,
    "map": Builder._map,
}
"""How to read a schema that is an object, by its `type`."""
