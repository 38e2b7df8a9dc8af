"""Schema resolution a second time: short, slow, recursive, and able to follow Java or the specification.

It shares nothing with kafkaops.compat. With no sentence it is Avro's Java `SchemaCompatibility`, its way of remembering
included; each sentence that is switched on replaces one of Java's habits by what the specification says. So a verdict
that differs from Java's is explained by the sentences that turn one into the other, and by nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from itertools import combinations
from typing import Any, TypeAlias

from tests.compat.sentences import Sentence

Node: TypeAlias = dict[str, Any]
"""A type: its `kind`, and what belongs to that: `name`, `full`, `aliases`, `fields`, `symbols`, `branches`…"""

Recur: TypeAlias = Callable[[Node, Node], bool]
_PRIMITIVES = {"null", "boolean", "int", "long", "float", "double", "bytes", "string"}
_PROMOTIONS = {
    ("int", "long"),
    ("int", "float"),
    ("int", "double"),
    ("long", "float"),
    ("long", "double"),
    ("float", "double"),
    ("string", "bytes"),
    ("bytes", "string"),
}
MODELLED = (
    Sentence.NO_BRANCH,
    Sentence.FIRST_BRANCH,
    Sentence.UNIQUE_NAMES,
    Sentence.UNIQUE_ALIASES,
    Sentence.OWN_ALIAS,
    Sentence.INVALID_DEFAULTS,
    Sentence.NAMESPACE,
)


class JavaThrowsError(Exception):
    """Java's checker throws where a field's name and an alias of it both match."""


def verdict(reader: str, writer: str, sentences: Iterable[Sentence]) -> bool | None:
    """Whether two valid schemas are compatible; None where Java throws and no sentence says better."""
    rules = frozenset(sentences)
    try:
        return _Comparison(rules).compare(_Reading(rules).read(reader), _Reading(rules).read(writer))
    except JavaThrowsError:
        return None


def explanation(
    reader: str, writer: str, java: bool | None, ours: bool, denying: AbstractSet[Sentence] = frozenset()
) -> tuple[Sentence, ...] | None:
    """The fewest sentences that turn Java's verdict into ours; None if none do, or if the model is not Java's equal.

    Of several that are as few, those without a `denying` one, by which the specification says no.
    """
    if verdict(reader, writer, ()) is not java or verdict(reader, writer, MODELLED) is not ours:
        return None
    for count in range(1, len(MODELLED) + 1):
        found = [chosen for chosen in combinations(MODELLED, count) if verdict(reader, writer, chosen) is ours]
        if found:
            return min(found, key=lambda chosen: not denying.isdisjoint(chosen))
    return None


class _Reading:
    """JSON to nodes. Java knows a name only when its definition has ended, and then looks in the null namespace."""

    def __init__(self, rules: frozenset[Sentence]) -> None:
        self.by_the_book = Sentence.NAMESPACE in rules
        self.names: dict[str, Node] = {}
        self.waiting: list[Node] = []

    def read(self, text: str) -> Node:
        root = self.node(json.loads(text), "")
        for node in self.waiting:
            node["target"] = self.names.get(node["full"]) or self.names[node["written"]]
        return root

    def node(self, value: Any, namespace: str) -> Node:
        if isinstance(value, str):
            return {"kind": value} if value in _PRIMITIVES else self.reference(value, namespace)
        if isinstance(value, list):
            return {"kind": "union", "branches": [self.node(branch, namespace) for branch in value]}
        kind = value["type"]
        if kind in ("array", "map"):
            return {"kind": kind, "content": self.node(value["items" if kind == "array" else "values"], namespace)}
        return self.named(kind, value, namespace) if kind in ("record", "enum", "fixed") else {"kind": kind}

    def reference(self, name: str, namespace: str) -> Node:
        full = name if "." in name or not namespace else f"{namespace}.{name}"
        if full in self.names:
            return self.names[full]
        if name in self.names and not self.by_the_book:
            return self.names[name]
        node = {"kind": "reference", "full": full, "written": name}
        self.waiting.append(node)
        return node

    def named(self, kind: str, value: dict[str, Any], namespace: str) -> Node:
        space, _, name = value["name"].rpartition(".")
        space = space or value.get("namespace", namespace)
        prefix = f"{space}." if space else ""
        aliases = [alias if "." in alias else prefix + alias for alias in value.get("aliases", ())]
        node: Node = {"kind": kind, "name": name, "full": prefix + name, "aliases": aliases}
        if self.by_the_book:
            self.names[prefix + name] = node
        node |= {key: value.get(key) for key in ("symbols", "default", "size")}
        node["fields"] = [{**item, "type": self.node(item["type"], space)} for item in value.get("fields", ())]
        self.names[prefix + name] = node
        return node


class _Comparison:
    def __init__(self, rules: frozenset[Sentence]) -> None:
        self.rules = rules
        self.memory: dict[tuple[int, int], bool] = {}
        """Java's memory: true while a pair is under way, and for good if it is found true meanwhile."""
        self.assumed: dict[tuple[int, int], tuple[Node, Node, bool]] = {}
        """The specification's: pairs of records, all taken for compatible until one is not."""

    def compare(self, reader: Node, writer: Node) -> bool:
        if Sentence.NO_BRANCH not in self.rules:
            return self.java(reader, writer)
        while True:
            answer = self.assume(reader, writer)
            before = dict(self.assumed)
            for key, (one, other, _) in before.items():
                self.assumed[key] = (one, other, self.pair_inside(one, other, self.assume))
            if self.assumed == before:
                return answer

    def java(self, reader: Node, writer: Node) -> bool:
        reader, writer = reader.get("target", reader), writer.get("target", writer)
        key = (id(reader), id(writer))
        if key not in self.memory:
            self.memory[key] = True
            self.memory[key] = self.pair_inside(reader, writer, self.java)
        return self.memory[key]

    def assume(self, reader: Node, writer: Node) -> bool:
        reader, writer = reader.get("target", reader), writer.get("target", writer)
        if reader["kind"] != "record" or writer["kind"] != "record":
            return self.pair_inside(reader, writer, self.assume)
        return self.assumed.setdefault((id(reader), id(writer)), (reader, writer, True))[2]

    def pair_inside(self, reader: Node, writer: Node, recur: Recur) -> bool:
        kind = reader["kind"]
        if writer["kind"] == "union":
            answers = [recur(reader, branch) for branch in writer["branches"]]  # Java asks them all, and remembers
            return all(answers)
        if kind == "union":
            return self.reader_union(reader["branches"], writer, recur)
        if kind != writer["kind"]:
            return (writer["kind"], kind) in _PROMOTIONS
        if kind in ("array", "map"):
            return recur(reader["content"], writer["content"])
        if kind in _PRIMITIVES:
            return True
        named = reader["name"] == writer["name"] or writer["full"] in reader["aliases"]
        if kind == "fixed":
            return named and bool(reader["size"] == writer["size"])
        if kind == "enum":
            return named and (reader["default"] is not None or set(writer["symbols"]) <= set(reader["symbols"]))
        return self.fields(reader, writer, recur) and named

    def reader_union(self, branches: list[Node], writer: Node, recur: Recur) -> bool:
        branches = [branch.get("target", branch) for branch in branches]
        if Sentence.FIRST_BRANCH not in self.rules or "name" not in writer:
            return any(recur(branch, writer) for branch in branches)
        same = [branch for branch in branches if branch["kind"] == writer["kind"]]
        if writer["kind"] == "fixed":
            same = [branch for branch in same if branch["size"] == writer["size"]]
        for matches in (
            [branch for branch in same if branch["full"] == writer["full"]],
            [branch for branch in same if writer["full"] in branch["aliases"]],
            [branch for branch in same if branch["name"] == writer["name"]],
        ):
            if matches:
                return recur(matches[0], writer)
        return False

    def fields(self, reader: Node, writer: Node, recur: Recur) -> bool:
        written = {item["name"]: item for item in writer["fields"]}
        good = True
        taken: list[str] = []
        for item in reader["fields"]:
            aliases = list(dict.fromkeys(item.get("aliases", ())))
            if Sentence.OWN_ALIAS in self.rules:
                aliases = [alias for alias in aliases if alias != item["name"]]
            found = [name for name in (item["name"], *aliases) if name in written]
            if len(found) > 1:
                if Sentence.UNIQUE_NAMES not in self.rules:
                    raise JavaThrowsError
                good = False
            taken += found
            if found:
                good = recur(item["type"], written[found[0]]["type"]) and good
            else:
                good = self.can_fill(item) and good
        return good and (len(set(taken)) == len(taken) or Sentence.UNIQUE_ALIASES not in self.rules)

    def can_fill(self, item: dict[str, Any]) -> bool:
        if "default" not in item:
            return False
        return Sentence.INVALID_DEFAULTS not in self.rules or _is_value(item["type"], item["default"])


def _is_value(node: Node, value: Any) -> bool:
    """Whether a default that Java's parser lets pass is a value of its type as well."""
    node = node.get("target", node)
    kind = node["kind"]
    if kind in ("float", "double") and isinstance(value, str):
        return False
    if kind in ("bytes", "fixed"):
        return all(ord(character) < 256 for character in value) and len(value) == node.get("size", len(value))
    if kind == "enum":
        return value in node["symbols"]
    if kind in ("array", "map"):
        return all(_is_value(node["content"], item) for item in (value if kind == "array" else value.values()))
    if kind == "union":
        return next(_is_value(branch, value) for branch in node["branches"] if _java_accepts(branch, value))
    if kind == "record":
        return all(
            _is_value(item["type"], value[item["name"]] if item["name"] in value else item["default"])
            for item in node["fields"]
        )
    return True


def _java_accepts(node: Node, value: Any) -> bool:
    """Java's `isValidDefault`."""
    node = node.get("target", node)
    match node["kind"]:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "int" | "long" as kind:
            limit = 2**31 if kind == "int" else 2**63
            return isinstance(value, int) and not isinstance(value, bool) and -limit <= value < limit
        case "float" | "double":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "array":
            return isinstance(value, list) and all(_java_accepts(node["content"], item) for item in value)
        case "map":
            return isinstance(value, dict) and all(_java_accepts(node["content"], item) for item in value.values())
        case "union":
            return any(_java_accepts(branch, value) for branch in node["branches"])
        case "record":
            return (
                isinstance(value, dict)
                and all(item["name"] in value or "default" in item for item in node["fields"])
                and all(
                    _java_accepts(item["type"], value.get(item["name"], item.get("default"))) for item in node["fields"]
                )
            )
    return isinstance(value, str)
