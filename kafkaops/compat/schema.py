"""Parsing a schema text: what the rest of kafkaops sees of the types inside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from kafkaops.compat.build import Builder, Finding
from kafkaops.compat.defaults import check_defaults
from kafkaops.compat.jsontext import Json, has_repeated_keys, scan
from kafkaops.compat.model import Named, NamedType, Record, Type
from kafkaops.compat.plain import PlainReader
from kafkaops.compat.problems import TOLERATED, WARNINGS, Location, Problem, Rule, SchemaError
from kafkaops.compat.references import (
    DuplicateDefinitionError,
    Outline,
    ReferenceCycleError,
    dependency_order,
    outline_of,
)
from kafkaops.compat.texts import LoadedText, Place, SchemaText, locate

MOST_PROBLEMS: Final = 50
"""So many problems of one schema are told: each has to be looked up in the text, and nobody reads more."""


class Schema(LoadedText):
    """A text that has been read as types, with the references it was read with. Made by `parse`."""

    __slots__ = ("_bad_defaults", "_borrowed", "_flawless", "_located", "_references", "names", "root")
    root: Type
    """The type that the text declares."""
    names: dict[str, NamedType]
    """The named types of the text and of its references, by full name."""
    _references: Sequence[LoadedText]
    _borrowed: int
    """How many of the names the references define: those come first."""
    _bad_defaults: dict[tuple[int, int], Finding] | None
    _flawless: bool
    """Whether it is known to break no rule at all: the short way in takes no other schemas."""
    _located: dict[tuple[int, str | int | None], Location] | None
    """Places that were asked for: one schema is compared with many, and often the same field is wrong."""

    def declare(
        self,
        root: Type,
        names: dict[str, NamedType],
        references: Sequence[LoadedText] = (),
        borrowed: int = 0,
        bad_defaults: dict[tuple[int, int], Finding] | None = None,
    ) -> None:
        """Note what types the text was found to declare. Without `bad_defaults` they are looked for when needed."""
        self.root = root
        self.names = names
        self._references = references
        self._borrowed = borrowed
        self._bad_defaults = bad_defaults
        self._flawless = bad_defaults is not None and not bad_defaults
        self._located = None

    @property
    def texts(self) -> tuple[LoadedText, ...]:
        """The references in the order they were read, and last the schema's own text."""
        return (*self._references, self)

    @property
    def bad_defaults(self) -> dict[tuple[int, int], Finding]:
        """What there is to say of defaults, by `id` of the record and position of the field."""
        if self._bad_defaults is None:
            records = [node for node in self.names.values() if isinstance(node, Record)]
            self._bad_defaults = check_defaults(
                (record, position)
                for record in records
                for position, field in enumerate(record.fields)
                if "default" in field
            )
        return self._bad_defaults

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The rules that it breaks and is usable all the same: warnings, and with `lenient` also errors.

        At most `MOST_PROBLEMS` of them.
        """
        return () if self._flawless else located(self.texts, _examine(self.texts)[3][:MOST_PROBLEMS])

    @property
    def full_name(self) -> str | None:
        """The full name of the type that the text declares, or None if that has no name."""
        return self.root.full if isinstance(self.root, Named) else None

    @property
    def defined(self) -> tuple[str, ...]:
        """The full names of the types that its own text defines, in that order; its references' are in `names` too."""
        return tuple(self.names)[self._borrowed :]

    @property
    def outline(self) -> Outline:
        """What its own text says about names, if that takes no type from another."""
        return Outline(self.full_name, self.defined, ())

    def document(self, location: Location) -> Json:
        """The JSON of the text that a location is in."""
        return next(text.holder[0] for text in self.texts if text.reference == location.reference)

    def locate(self, place: Place) -> Location:
        """Where a value of its texts stands."""
        if self._located is None:
            self._located = {}
        key = id(place[0]), place[1]
        if key not in self._located:
            self._located[key] = locate(self.texts, place)
        return self._located[key]


def located(texts: Sequence[LoadedText], findings: Sequence[Finding]) -> tuple[Problem, ...]:
    """Findings with their places, in the order of the texts: the schema's own last."""
    problems = [Problem(item.rule, item.message, _location(texts, item.place), item.fix) for item in findings]
    order = {text.reference: index for index, text in enumerate(texts)}
    problems.sort(key=lambda item: (order[item.location.reference], item.location.line, item.location.column))
    return tuple(problems)


def parse(text: str | SchemaText, references: Sequence[str | SchemaText] = (), *, lenient: bool = False) -> Schema:
    """Parse a schema, with the texts that define the named types it takes from elsewhere, in any order.

    With `lenient`, rules in `TOLERATED` may be broken: a schema that is already in use stays readable by newer ones,
    which is how the specification has such schemas repaired. They are among the schema's `problems` then.

    Raises:
        SchemaError: the text or a reference is not usable, with every reason found.
    """
    schema = Schema(text) if isinstance(text, str) else Schema(text.text, text.name)
    if not references and _is_plain(schema, lenient):
        return schema
    texts = [*_load_references(references), schema]
    builder, root, borrowed, findings = _examine(texts)
    fatal = [item for item in findings if item.rule not in WARNINGS and not (lenient and item.rule in TOLERATED)]
    if fatal:
        raise SchemaError(located(texts, fatal[:MOST_PROBLEMS]), max(len(fatal) - MOST_PROBLEMS, 0))
    schema.declare(root, builder.names, texts[:-1], borrowed)
    return schema


def _is_plain(schema: Schema, lenient: bool) -> bool:
    """Read the types of a text that has nothing special; False, and nothing done, where a closer look is needed."""
    reader = PlainReader()
    root = reader.read(schema.holder[0])
    if root is None:
        return False
    if lenient:
        schema.declare(root, reader.names)
        return True
    if not reader.names_are_plain() or has_repeated_keys(schema.text, reader.keys):
        return False
    bad_defaults = check_defaults(reader.defaults) if reader.defaults else {}
    if bad_defaults and any(item.rule not in WARNINGS for item in bad_defaults.values()):
        return False
    schema.declare(root, reader.names, (), 0, bad_defaults)
    return True


def outline(text: str | SchemaText) -> Outline:
    """The names that a text defines and those it needs from other texts, read without them.

    Raises:
        SchemaError: the text is not JSON. What else is wrong with it, `parse` says.
    """
    schema = Schema(text) if isinstance(text, str) else Schema(text.text, text.name)
    return schema.outline if _is_plain(schema, lenient=True) else outline_of(schema)


def parse_alone(text: SchemaText) -> Schema | Outline:
    """The schema, if it takes no type from elsewhere and is quickly seen to break no rule; else its outline.

    For reading many texts before it is known which belong together. Raises `SchemaError` for what is no JSON.
    """
    schema = Schema(text.text, text.name)
    return schema if _is_plain(schema, lenient=False) else outline_of(schema)


def _examine(texts: Sequence[LoadedText]) -> tuple[Builder, Type, int, list[Finding]]:
    """Read the texts of a schema with all rules.

    Returns the builder, the type of the last text, how many names the others define, and what is wrong.
    """
    builder = Builder()
    root: Type = "null"
    borrowed = 0
    for text in texts:
        borrowed = len(builder.names)
        root = builder.read(text.holder)
        if has_repeated_keys(text.text):
            builder.findings.extend(_repeated_keys(text))
    missing = builder.finish()
    for item in missing:
        builder.note_unknown(item.full, item.task[4:])
    findings = builder.findings
    if not missing:
        findings = [*findings, *check_defaults(builder.defaults).values()]
    return builder, root, borrowed, findings


def _repeated_keys(text: LoadedText) -> Iterator[Finding]:
    for item in scan(text.text).repeated:
        first = text.at_key(item, item.first)
        message = f"`{item.key}` stands twice in one object, first in line {first.line}"
        yield Finding(Rule.REPEATED_KEY, message, text.at_key(item, item.second), "keep one of them")


def _load_references(references: Sequence[str | SchemaText]) -> list[LoadedText]:
    """The references in an order in which each finds its own names defined before it."""
    sources = [SchemaText(item) if isinstance(item, str) else item for item in references]
    texts = [LoadedText(source.text, source.name, index) for index, source in enumerate(sources)]
    try:
        order = dependency_order({index: outline_of(text) for index, text in enumerate(texts)})
    except DuplicateDefinitionError:
        return texts  # reading them finds it again, with its place
    except ReferenceCycleError as error:
        keys = [key for key in error.keys if isinstance(key, int)]
        names = " → ".join(texts[key].label for key in keys)
        message = f"these texts need each other, so that none can be read first: {names}"
        raise SchemaError([Problem(Rule.REFERENCE_CYCLE, message, texts[keys[0]].at(()))]) from None
    return [texts[index] for index in order]


def _location(texts: Sequence[LoadedText], place: Place | Location) -> Location:
    return place if isinstance(place, Location) else locate(texts, place)
