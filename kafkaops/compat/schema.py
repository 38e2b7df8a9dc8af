"""Parsing a schema text: what the rest of kafkaops sees of the types inside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from kafkaops.compat.build import Builder, Finding, NamedType
from kafkaops.compat.defaults import check_defaults
from kafkaops.compat.jsontext import Json, has_repeated_keys
from kafkaops.compat.model import Named, Type
from kafkaops.compat.problems import TOLERATED, WARNINGS, Location, Problem, Rule, SchemaError
from kafkaops.compat.references import (
    DuplicateDefinitionError,
    Outline,
    ReferenceCycleError,
    dependency_order,
    outline_of,
)
from kafkaops.compat.texts import LoadedText, Place, SchemaText, locate


class Schema:
    """A schema that has been parsed, with the references it was parsed with. Made by `parse`."""

    def __init__(
        self,
        root: Type,
        names: dict[str, NamedType],
        texts: Sequence[LoadedText],
        findings: list[Finding],
        bad_defaults: dict[tuple[int, int], Finding],
        borrowed: int,
    ) -> None:
        self.root = root
        self.names = names
        self._borrowed = borrowed
        self.texts = texts
        self.name = texts[-1].name
        self._findings = findings
        self.bad_defaults = bad_defaults

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """The rules that it breaks and is usable all the same: warnings, and with `lenient` also errors."""
        return located(self.texts, self._findings)

    @property
    def text(self) -> str:
        """The text it was parsed from."""
        return self.texts[-1].text

    @property
    def full_name(self) -> str | None:
        """The full name of the type that the text declares, or None if that has no name."""
        return self.root.full if isinstance(self.root, Named) else None

    @property
    def defined(self) -> tuple[str, ...]:
        """The full names of the types that its own text defines, in that order; its references' are in `names` too."""
        return tuple(self.names)[self._borrowed :]

    def document(self, location: Location) -> Json:
        """The JSON of the text that a location is in."""
        return next(text.root[0] for text in self.texts if text.reference == location.reference)

    def locate(self, place: Place) -> Location:
        """Where a value of its texts stands."""
        return locate(self.texts, place)


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
    builder = Builder()
    texts = _load_references(references) if references else []
    for reference in texts:
        _read(builder, reference)
    loaded = LoadedText(text, "") if isinstance(text, str) else LoadedText(text.text, text.name)
    texts.append(loaded)
    borrowed = len(builder.names)
    root = _read(builder, loaded)
    missing = builder.finish()
    for item in missing:
        builder.note_unknown(item.full, item.task[4:])
    findings = builder.findings
    bad_defaults: dict[tuple[int, int], Finding] = {}
    if builder.defaults and not missing:
        bad_defaults = check_defaults(builder.defaults)
        findings.extend(bad_defaults.values())
    if findings:
        fatal = [item for item in findings if not _is_usable(item.rule, lenient)]
        if fatal:
            raise SchemaError(located(texts, fatal))
    return Schema(root, builder.names, texts, findings, bad_defaults, borrowed)


def outline(text: str | SchemaText) -> Outline:
    """The names that a text defines and those it needs from other texts, read without them.

    Raises:
        SchemaError: the text is not JSON. What else is wrong with it, `parse` says.
    """
    return outline_of(LoadedText(text, "") if isinstance(text, str) else LoadedText(text.text, text.name))


def _is_usable(rule: Rule, lenient: bool) -> bool:
    return rule in WARNINGS or (lenient and rule in TOLERATED)


def _read(builder: Builder, text: LoadedText) -> Type:
    before = builder.keys
    root = builder.read(text.root)
    if has_repeated_keys(text.text, builder.keys - before):
        builder.findings.extend(_repeated_keys(text))
    return root


def _repeated_keys(text: LoadedText) -> Iterator[Finding]:
    for item in text.scanned.repeated:
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
