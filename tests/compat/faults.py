"""Faults to plant in the checker, each of them a slip that somebody could make: the generator must expose them all."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """A change to one module's text."""

    name: str
    module: str
    right: str
    wrong: str


def _in_resolution(name: str, right: str, wrong: str) -> Fault:
    return Fault(name, "resolution", right, wrong)


def _in_branches(name: str, right: str, wrong: str) -> Fault:
    return Fault(name, "branches", right, wrong)


def _in_plain(name: str, right: str, wrong: str) -> Fault:
    return Fault(name, "plain", right, wrong)


FAULTS = (
    _in_branches("int is not promoted to long", '"int": ("long", "float"', '"int": ("float"'),
    _in_branches("int is not promoted to float", '"int": ("long", "float", ', '"int": ("long", '),
    _in_branches("int is not promoted to double", '"float", "double"),\n    "long"', '"float"),\n    "long"'),
    _in_branches("long is promoted to int", '"long": (', '"long": ("int", '),
    _in_branches("long is not promoted to double", '"long": ("float", "double")', '"long": ("float",)'),
    _in_branches("float is not promoted to double", '"float": ("double",)', '"float": ()'),
    _in_branches("double is promoted to float", '"string": (', '"double": ("float",),\n    "string": ('),
    _in_branches("string is not promoted to bytes", '"string": ("bytes",)', '"string": ()'),
    _in_branches("bytes are not promoted to string", '"bytes": ("string",)', '"bytes": ()'),
    _in_branches("int is promoted to string", '"int": (', '"int": ("string", '),
    _in_resolution("a reader's enum default is not used", "if reader.default is not None or", "if"),
    _in_resolution("the writer's enum default is used", "if reader.default is not None or", "if writer.default or"),
    _in_resolution(
        "symbols are compared the other way round",
        "known = set(reader.symbols)\n        missing = tuple([symbol for symbol in writer.symbols",
        "known = set(writer.symbols)\n        missing = tuple([symbol for symbol in reader.symbols",
    ),
    _in_resolution("the size of a fixed does not matter", "if reader.size != writer.size:", "if False:"),
    _in_resolution("a fixed may shrink", "if reader.size != writer.size:", "if reader.size > writer.size:"),
    _in_resolution("names do not matter", "if reader.name != writer.name and", "if False and"),
    _in_resolution(
        "full names have to be equal", "if reader.name != writer.name and", "if reader.full != writer.full and"
    ),
    _in_resolution("a type's aliases are not used", "and writer.full not in reader.aliases()", "and True"),
    _in_resolution(
        "the writer's aliases are used", "writer.full not in reader.aliases()", "reader.full not in writer.aliases()"
    ),
    _in_resolution(
        "aliases are compared with short names",
        "writer.full not in reader.aliases()",
        "writer.name not in reader.aliases()",
    ),
    Fault("a short alias is not in the type's namespace", "model", "else prefix + alias", "else alias"),
    _in_resolution("a field's aliases are not used", "if reader.aliased else", "if False else"),
    _in_resolution(
        "a field's first alias only",
        "(name, *_field_aliases(reader.fields[position]))",
        "(name, *_field_aliases(reader.fields[position])[:1])",
    ),
    _in_resolution("name and alias may both match", "if len(found) > 1:", "if False:"),
    _in_resolution("two fields may take one", "if taken.setdefault(source, position) != position:", "if False:"),
    _in_resolution("a field without a default is filled", 'if "default" not in field:', "if False:"),
    _in_resolution("null is no default", 'if "default" not in field:', 'if field.get("default") is None:'),
    _in_resolution("any default fills a field", "bad.rule is not Rule.LATER_BRANCH_DEFAULT", "False"),
    _in_resolution("a later branch's default fills nothing", "bad.rule is not Rule.LATER_BRANCH_DEFAULT", "True"),
    _in_resolution(
        "a default excuses a field's type",
        "            if source is None:",
        '            if source is None or "default" in reader.fields[position]:',
    ),
    _in_resolution(
        "fields are matched by position",
        "source = sources.get(name)",
        "source = position if position < len(writer.types) else None",
    ),
    _in_resolution(
        "the first missing field ends the comparison",
        "                    pending.append(difference)\n                continue",
        "                    pending.append(difference)\n                break",
    ),
    _in_resolution(
        "one branch of the writer's union is enough",
        "index = len(branches)",
        "index = len(branches) if type(reader) is not Union else min(len(branches), 1)",
    ),
    _in_resolution(
        "a writer's union of one branch is needed by a plain reader",
        "index = len(branches)",
        "index = len(branches) if type(reader) is Union else min(len(branches), 1)",
    ),
    _in_resolution(
        "a branch may be missing",
        "        if index is None:\n            self._stack.append(",
        "        if index is None:\n            return\n            self._stack.append(",
    ),
    _in_branches("branches are not promoted", "promoted = PROMOTIONS.get(written, ())", "promoted = ()"),
    _in_branches("branches are not matched by short name", "*self._short.get((kind, writer.name), ()),", ""),
    _in_branches("branches are not matched by alias", "*self._alias.get((kind, writer.full), ()),", ""),
    _in_branches("the last branch of a short name", "return ranked[0] if ranked", "return ranked[-1] if ranked"),
    _in_branches(
        "a fixed is matched whatever its size",
        "ranked.sort(key=lambda position: self._sizes[position] != writer.size)",
        "pass",
    ),
    _in_branches(
        "the first branch of the same kind",
        "union.positions.get(writer if isinstance(writer, str) else writer.full)",
        "next((at for at, branch in enumerate(union.types) if type(branch) is type(writer)), None)",
    ),
    _in_resolution(
        "a reader's record is compared once only",
        "if both in self._seen:",
        "if any(reader is one for one, _ in self._seen):",
    ),
    _in_resolution(
        "items are not compared",
        "if reader.types[0] != writer.types[0]:",
        "if isinstance(reader, Map) and reader.types[0] != writer.types[0]:",
    ),
    _in_resolution(
        "values are not compared",
        "if reader.types[0] != writer.types[0]:",
        "if isinstance(reader, Array) and reader.types[0] != writer.types[0]:",
    ),
    _in_resolution(
        "an array is read as a map",
        "if kind is type(writer):",
        "if kind is type(writer) or {kind, type(writer)} == {Array, Map}:",
    ),
    _in_resolution(
        "a record is read as an enum",
        "if kind is type(writer):",
        "if kind is type(writer) or (isinstance(reader, Named) and isinstance(writer, Named)):",
    ),
    _in_resolution(
        "unions of as many branches are the same",
        "reader.types == writer.types\n",
        "len(reader.types) == len(writer.types)\n",
    ),
    _in_plain(
        "types do not inherit a namespace",
        "        namespace = record.namespace",
        '        namespace = ""',
    ),
    _in_plain("names are not looked up in the namespace", 'else f"{namespace}.{name}"]', "else name]"),
    _in_plain(
        "a namespace beats the dot in a name",
        'namespace, _, name = name.rpartition(".")',
        'namespace, _, name = value.get("namespace", namespace), 0, name.rpartition(".")[2]',
    ),
    _in_plain("an enum has no default", 'if "default" in value else None', "if False else None"),
    _in_plain("a branch may stand twice", "if len(positions) != len(types):", "if False:"),
    _in_plain("a field may stand twice", "if len(index) != len(fields) or", "if False or"),
    Fault("keys may stand twice", "schema", "or has_repeated_keys(schema.text, reader.keys)", "or False"),
    Fault("any name will do", "schema", "not reader.names_are_plain() or", "False or"),
    Fault(
        "a union's default is its first branch's",
        "defaults",
        "if fit < Fit.WRONG:",
        "if fit < Fit.WRONG and not index:",
    ),
    Fault(
        "true is a number",
        "defaults",
        "isinstance(value, int) and not isinstance(value, bool) and",
        "isinstance(value, int) and",
    ),
    Fault("an int has 64 bits", "defaults", '"int": 2**31', '"int": 2**63'),
)
