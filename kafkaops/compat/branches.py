"""Which branch of a reader's union a writer's type is resolved against."""

from __future__ import annotations

from typing import Final

from kafkaops.compat.model import Annotated, Fixed, Named, NamedType, Type, Union

PROMOTIONS: Final = {
    "int": ("long", "float", "double"),
    "long": ("float", "double"),
    "float": ("double",),
    "string": ("bytes",),
    "bytes": ("string",),
}
"""For a writer's primitive type, the others that it is promoted to."""


def matching_branch(union: Union, writer: Type, indexes: dict[int, BranchIndex]) -> int | None:
    """The branch of a reader's union that a writer's type is resolved against, or None.

    "The first schema in the reader's union that matches the writer's schema is recursively resolved against it."
    A branch with the writer's full name, or an alias of it, goes before one that shares only the short name:
    "Equality of names is defined on the fullname." The same type goes before one that it is promoted to.
    `indexes` keeps what a comparison has found out about the reader's unions, by their `id`.
    """
    position = union.positions.get(writer if isinstance(writer, str) else writer.full)  # type: ignore[union-attr]  # no branch is a union
    if position is not None:
        branch = union.types[position]
        if type(branch) is type(writer):
            if type(branch) is not Fixed or type(writer) is not Fixed or branch.size == writer.size:
                return position
        elif isinstance(branch, (str, Annotated)) and isinstance(writer, (str, Annotated)):
            return position
    if isinstance(writer, (str, Annotated)):
        return _promotion(union.types, primitive(writer))
    if not isinstance(writer, Named):
        return None
    index = indexes.get(id(union))
    if index is None:
        index = indexes[id(union)] = BranchIndex(union.types)
    return index.find(writer)


def primitive(node: str | Annotated) -> str:
    """The name of a primitive type, its attributes left aside."""
    return node if type(node) is str else node.kind  # type: ignore[union-attr]  # no str has a class of its own


def _promotion(branches: list[Type], written: str) -> int | None:
    """The first branch that a writer's primitive type is promoted to."""
    promoted = PROMOTIONS.get(written, ())
    for position, branch in enumerate(branches):
        if isinstance(branch, (str, Annotated)) and primitive(branch) in promoted:
            return position
    return None


class BranchIndex:
    """The named branches of a union, to be found by name."""

    def __init__(self, branches: list[Type]) -> None:
        self._full: dict[tuple[type, str], list[int]] = {}
        self._alias: dict[tuple[type, str], list[int]] = {}
        self._short: dict[tuple[type, str], list[int]] = {}
        self._sizes: dict[int, int] = {}
        for position, branch in enumerate(branches):
            if isinstance(branch, Named):
                kind = branch.__class__
                self._full.setdefault((kind, branch.full), []).append(position)
                self._short.setdefault((kind, branch.name), []).append(position)
                for alias in branch.aliases():
                    self._alias.setdefault((kind, alias), []).append(position)
            if isinstance(branch, Fixed):
                self._sizes[position] = branch.size

    def find(self, writer: NamedType) -> int | None:
        """The branch that a writer's type is resolved against: by full name, by alias, by short name."""
        kind = writer.__class__
        ranked = [
            *self._full.get((kind, writer.full), ()),
            *self._alias.get((kind, writer.full), ()),
            *self._short.get((kind, writer.name), ()),
        ]
        if isinstance(writer, Fixed):  # "both schemas are fixed whose sizes and (unqualified) names match"
            ranked.sort(key=lambda position: self._sizes[position] != writer.size)
        return ranked[0] if ranked else None
