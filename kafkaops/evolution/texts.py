"""Schema texts that belong together, and which of them need which. Pure; outlines are made when asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property

from kafkaops.compat import Outline, SchemaError, SchemaText, outline
from kafkaops.evolution.declared import Language, language_of
from kafkaops.parallel import in_parallel

_outlines: dict[str, Outline | None] = {}
"""What has been read, by text: many states of a project hold the same texts."""


def outline_of_text(text: str) -> Outline | None:
    """What an Avro text says of names; None if it is no JSON, which whoever parses it will say."""
    if text not in _outlines:
        _outlines[text] = _read_outline(text)
    return _outlines[text]


def read_outlines(texts: Iterable[str]) -> None:
    """Read the outlines of many texts at once, so that asking for each is quick."""
    missing = [text for text in dict.fromkeys(texts) if text not in _outlines]
    _outlines.update(zip(missing, in_parallel(_read_outline, missing), strict=True))


def remember_outlines(texts: Mapping[str, str], outlines: Mapping[str, Outline]) -> None:
    """Take outlines, by the names of files, that somebody has read already."""
    for file, seen in outlines.items():
        if file in texts:
            _outlines.setdefault(texts[file], seen)


def _read_outline(text: str) -> Outline | None:
    try:
        return outline(text)
    except SchemaError:
        return None


class SchemaTexts:
    """The schema files of one state of a project, by name."""

    def __init__(self, texts: Mapping[str, str], *, suffix: str = "", preferred: Collection[str] = ()) -> None:
        """`suffix` tells files of this state from others in messages.

        Where several files define one type, a preferred one counts.
        """
        self.texts = texts
        self._suffix = suffix
        self._preferred = preferred

    def outline(self, file: str) -> Outline | None:
        """What an Avro file says of names; None for other languages and for what is not JSON."""
        text = self.texts.get(file)
        return None if text is None or language_of(file) is not Language.AVRO else outline_of_text(text)

    def full_name(self, file: str) -> str | None:
        """The full name of the type that a file declares."""
        seen = self.outline(file)
        return seen.full_name if seen else None

    @cached_property
    def owners(self) -> dict[str, str]:
        """The file that defines each named type."""
        read_outlines(text for file, text in self.texts.items() if language_of(file) is Language.AVRO)
        found: dict[str, str] = {}
        for file in sorted(self.texts, key=lambda file: (file not in self._preferred, file)):
            seen = self.outline(file)
            for name in seen.defines if seen else ():
                found.setdefault(name, file)
        return found

    def needed_by(self, file: str) -> tuple[str, ...]:
        """The files that a file takes types from, directly and through others, each once."""
        return needed_files(file, self.outline, self._owner)

    def names_needed(self, file: str) -> tuple[str, ...]:
        """The names that a file uses and does not define."""
        seen = self.outline(file)
        return seen.needs if seen else ()

    def direct_needs(self, file: str) -> dict[str, str]:
        """The files that a file itself takes types from, each with the name of one of the types."""
        found: dict[str, str] = {}
        seen = self.outline(file)
        fallbacks = dict(seen.fallbacks) if seen else {}
        for name in seen.needs if seen else ():
            known = name if name in self.owners else fallbacks.get(name, name)
            owner = self.owners.get(known)
            if owner is not None and owner != file and (owner not in found or known == self.full_name(owner)):
                found[owner] = known
        return found

    def _owner(self, name: str) -> str | None:
        return self.owners.get(name)

    def references_of(self, file: str) -> tuple[SchemaText, ...]:
        """The texts that a file's schema needs beside its own."""
        return tuple(SchemaText(self.texts[other], f"{other}{self._suffix}") for other in self.needed_by(file))


def needed_files(
    file: str, outline_of: Callable[[str], Outline | None], owner_of: Callable[[str], str | None]
) -> tuple[str, ...]:
    """The files whose types a file uses, at whatever depth; what nothing defines is left to the parser."""
    found: dict[str, None] = {}
    waiting = [file]
    while waiting:
        for owner in _owners(waiting.pop(), outline_of, owner_of):
            if owner != file and owner not in found:
                found[owner] = None
                waiting.append(owner)
    return tuple(found)


def _owners(
    file: str, outline_of: Callable[[str], Outline | None], owner_of: Callable[[str], str | None]
) -> Iterable[str]:
    seen = outline_of(file)
    if seen is None or not seen.needs:
        return
    fallbacks = dict(seen.fallbacks)
    for name in seen.needs:
        owner = owner_of(name) or owner_of(fallbacks.get(name, name))
        if owner is not None:
            yield owner
