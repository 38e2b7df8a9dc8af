"""Which names a text defines, which it needs from others, and the order that follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

from kafkaops.compat.build import Builder
from kafkaops.compat.model import Named
from kafkaops.compat.texts import LoadedText

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Outline:
    """What a text says about names, read without the texts it refers to."""

    full_name: str | None
    """Of the type that the text declares, or None if that has no name."""
    defines: tuple[str, ...]
    """The full names of its named types, in the order of their definitions."""
    needs: tuple[str, ...]
    """The full names that it uses and does not define, in the order of first use."""
    fallbacks: tuple[tuple[str, str], ...] = ()
    """For needs written as short names: the name that is meant if only the null namespace has it."""


class ReferenceCycleError(ValueError):
    """Texts that need each other, so that none of them can come first."""

    def __init__(self, keys: Sequence[object]) -> None:
        self.keys = tuple(keys)
        super().__init__(" → ".join(map(str, keys)))


class DuplicateDefinitionError(ValueError):
    """Two texts that define the same name."""

    def __init__(self, name: str, first: object, second: object) -> None:
        self.name = name
        self.keys = (first, second)
        super().__init__(f"`{name}` is defined in {first} and in {second}")


def outline_of(text: LoadedText) -> Outline:
    """The outline of a text that has been loaded. Its mistakes are left to `kafkaops.compat.parse`."""
    builder = Builder()
    root = builder.read(text.holder)
    missing = builder.finish()
    needs = dict.fromkeys(item.full for item in missing)
    short = ((item.full, str(item.task[0])) for item in missing if item.task[0] != item.full)
    full_name = root.full if isinstance(root, Named) else None
    return Outline(full_name, tuple(builder.names), tuple(needs), tuple(dict.fromkeys(short)))


def dependency_order(outlines: Mapping[Key, Outline]) -> tuple[Key, ...]:
    """The keys of the texts, each after those that define what it needs; otherwise in the order given.

    Names that none of the texts defines are left to whoever parses them.

    Raises:
        DuplicateDefinitionError: a name is defined in two texts.
        ReferenceCycleError: texts need each other.
    """
    owner: dict[str, Key] = {}
    for key, outline in outlines.items():
        for name in outline.defines:
            if name in owner:
                raise DuplicateDefinitionError(name, owner[name], key)
            owner[name] = key
    graph: dict[Key, list[Key]] = {}
    for key, outline in outlines.items():
        fallbacks = dict(outline.fallbacks)
        names = (name if name in owner else fallbacks.get(name, name) for name in outline.needs)
        graph[key] = [owner[name] for name in names if name in owner]
    try:
        return tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise ReferenceCycleError(list(reversed(error.args[1]))) from None
