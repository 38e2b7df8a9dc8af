"""Types in words."""

from __future__ import annotations

from kafkaops.compat.model import Array, Map, Named, Type, Union

_LISTED = 5


def describe(node: Type) -> str:
    """A type as it is called in a sentence: "an int", "the record `Order`", "an array of strings"."""
    if isinstance(node, Named):
        return f"the {node.kind} `{node.name}`"
    if isinstance(node, Union):
        return "a union of " + listed([_bare(branch) for branch in node.types]) if node.types else "an empty union"
    if isinstance(node, Array | Map):
        return f"{_article(node.kind)} of {_bare(node.types[0])}"
    kind = node if isinstance(node, str) else node.kind
    return kind if kind == "null" else _article(kind)


def listed(words: list[str], last: str = "and") -> str:
    """Words as a list in a sentence, cut when there are many: "`A`, `B` and 7 more"."""
    if len(words) > _LISTED:
        words = [*words[: _LISTED - 1], f"{len(words) - _LISTED + 1} more"]
        last = "and"
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else "nothing"


def _bare(node: Type) -> str:
    if isinstance(node, str):
        return node
    return f"`{node.name}`" if isinstance(node, Named) else node.kind


def _article(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
