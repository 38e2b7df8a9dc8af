"""YAML text → `Written` values, by YAML 1.2's core schema.

libyaml parses and composes; what is ours is the resolution of scalars (`no` is a text, `0644` keeps its
zero, a date stays a text: none of YAML 1.1's surprises) and the refusal of what a spec has no use for.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from kafkaops.errors import Diagnostic, Place, SpecError
from kafkaops.spec.source import refuse_control_characters
from kafkaops.spec.written import Members, Scalar, Written, WrittenFloat
from kafkaops.spec.yaml_errors import place_of, syntax_diagnostic

if TYPE_CHECKING:
    from yaml.error import Mark

MAX_DEPTH = 64
"""Levels of nesting; the deepest that a spec needs is about ten."""
MAX_ALIASED = 1_000_000
"""Values that aliases may stand for, counted as if each were written out (hundreds of characters of a
text count as one more each): a few lines of YAML can otherwise stand for terabytes."""

_PLAIN, _QUOTED, _COLLECTION = "plain", "quoted", "collection"
_CORE_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq")}
_STR_TAG = "tag:yaml.org,2002:str"
_WORDS: dict[str, Scalar] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,39})")
_OTHER_INTEGER = re.compile(r"0o[0-7]{1,40}|0x[0-9a-fA-F]{1,40}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]")


class _TooDeepError(Exception):
    def __init__(self, mark: Mark) -> None:
        self.mark = mark


class _Rules:
    """Replaces PyYAML's resolver: tags only tell plain from quoted, and the depth is bounded."""

    depth = 0

    def resolve(self, kind: type[yaml.Node], _value: object, implicit: Any) -> str:
        if kind is yaml.ScalarNode:
            return _PLAIN if implicit[0] else _QUOTED
        return _COLLECTION

    def descend_resolver(self, parent: yaml.Node | None, _index: object) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH and parent is not None:
            raise _TooDeepError(parent.start_mark)

    def ascend_resolver(self) -> None:
        self.depth -= 1


if yaml.__with_libyaml__:
    from yaml._yaml import CParser

    class _Composer(_Rules, CParser):
        pass
else:
    from yaml.composer import Composer
    from yaml.parser import Parser
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    class _Composer(_Rules, Reader, Scanner, Parser, Composer):  # type: ignore[no-redef]  # the other branch's
        def __init__(self, text: str) -> None:
            Reader.__init__(self, text)
            Scanner.__init__(self)
            Parser.__init__(self)
            Composer.__init__(self)


def read_yaml(file: Path, text: str) -> Written:
    """The document's root value. Raises `SpecError` with everything that is wrong with the text.

    An empty document is a null at the file's start.
    """
    root = _compose(file, text)
    if root is None:
        return Written(None, file, 1, 1)
    converter = _Converter(file)
    written = converter.root(root)
    if converter.diagnostics:
        raise SpecError(converter.diagnostics)
    return written


def _compose(file: Path, text: str) -> yaml.Node | None:
    try:
        root: yaml.Node | None = _Composer(text).get_single_node()
    except _TooDeepError as error:
        raise SpecError.of(
            "KO103",
            f"the YAML is nested more than {MAX_DEPTH} levels deep",
            place=place_of(file, error.mark),
        ) from None
    except yaml.reader.ReaderError:
        refuse_control_characters(file, text, "KO100")
        raise
    except yaml.MarkedYAMLError as error:
        raise SpecError([syntax_diagnostic(file, text, error)]) from None
    return root


class _Converter:
    """Nodes → `Written`. Collects what is wrong instead of stopping at it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.diagnostics: list[Diagnostic] = []
        self._done: dict[int, tuple[Members | list[Written], int]] = {}
        """Converted collections by node, with the number of values in them: what aliases come back to."""
        self._open: set[int] = set()
        self._aliased = 0

    def root(self, node: yaml.Node) -> Written:
        """The whole document."""
        return self._convert(node, None)[0]

    def _refuse(self, code: str, summary: str, place: Place, hint: str | None = None) -> None:
        self.diagnostics.append(Diagnostic(code, summary, place=place, hint=hint))

    def _convert(self, node: yaml.Node, key: yaml.Node | None) -> tuple[Written, int]:
        mark = node.start_mark
        key_line, key_column = (key.start_mark.line + 1, key.start_mark.column + 1) if key else (0, 0)
        value: Any
        if isinstance(node, yaml.ScalarNode):
            value, size = self._scalar(node), 1 + len(node.value) // 256
        else:
            value, size = self._collection(node)
        return Written(value, self.file, mark.line + 1, mark.column + 1, key_line, key_column), size

    def _scalar(self, node: yaml.ScalarNode) -> Scalar:
        if node.tag == _QUOTED:
            return str(node.value)
        if node.tag == _PLAIN:
            return core_value(node.value)
        self._check_tag(node)
        return str(node.value) if node.tag == _STR_TAG else core_value(node.value)

    def _check_tag(self, node: yaml.Node) -> None:
        if node.tag not in _CORE_TAGS:
            shown = node.tag.replace("tag:yaml.org,2002:", "!!")
            place = place_of(self.file, node.start_mark)
            self._refuse("KO103", f"the YAML tag {shown} is not used in specs", place, "remove the tag")

    def _collection(self, node: yaml.Node) -> tuple[Members | list[Written], int]:
        identity = id(node)
        if identity in self._done:
            value, size = self._done[identity]
            self._count_alias(node, size)
            return value, size
        if identity in self._open:
            place = place_of(self.file, node.start_mark)
            self._refuse("KO103", "an alias stands inside the value that it stands for", place)
            return {}, 1
        if node.tag != _COLLECTION:
            self._check_tag(node)
        self._open.add(identity)
        converted = self._mapping(node) if isinstance(node, yaml.MappingNode) else self._sequence(node)
        self._open.discard(identity)
        self._done[identity] = converted
        return converted

    def _count_alias(self, node: yaml.Node, size: int) -> None:
        if self._aliased > MAX_ALIASED:
            return
        self._aliased += size
        if self._aliased > MAX_ALIASED:
            place = place_of(self.file, node.start_mark)
            self._refuse("KO103", f"aliases stand for more than {MAX_ALIASED:,} values", place)

    def _sequence(self, node: yaml.Node) -> tuple[list[Written], int]:
        converted = [self._convert(item, None) for item in node.value]
        return [written for written, _ in converted], 1 + sum(size for _, size in converted)

    def _mapping(self, node: yaml.MappingNode) -> tuple[Members, int]:
        members: Members = {}
        merged: list[Written] = []
        total = 1
        for key_node, value_node in node.value:
            key = self._key(key_node)
            written, size = self._convert(value_node, key_node)
            total += size
            if key is None:
                continue
            if key == "<<" and key_node.tag == _PLAIN:
                merged.extend(self._merge_sources(written))
            elif key in members:
                self._duplicate(key, members[key], written)
            else:
                members[key] = written
        for source in merged:
            members = {**source.members, **members}
        return members, total

    def _merge_sources(self, written: Written) -> list[Written]:
        sources = written.items if isinstance(written.value, list) else [written]
        if all(isinstance(source.value, dict) for source in sources):
            return sources
        self._refuse("KO103", "'<<' merges mappings only", written.place, "write <<: *name of a mapping")
        return []

    def _duplicate(self, key: str, first: Written, second: Written) -> None:
        first_place = first.key_place
        self._refuse(
            "KO102",
            f"the key '{key}' is written twice",
            second.key_place,
            f"the first is at line {first_place.line}, column {first_place.column}; remove one of them",
        )

    def _key(self, node: yaml.Node) -> str | None:
        if isinstance(node, yaml.ScalarNode):
            if node.tag not in (_PLAIN, _QUOTED):
                self._check_tag(node)
            if node.value:
                return str(node.value)
        what = "empty" if isinstance(node, yaml.ScalarNode) else "a list or a mapping"
        place = place_of(self.file, node.start_mark)
        self._refuse("KO103", f"a key is {what}", place, "a key is a text, such as `partitions:`")
        return None


def core_value(text: str) -> Scalar:
    """A plain scalar's value by YAML 1.2's core schema, infinity, not-a-number and leading zeros aside.

    `0644`, `.inf` and whole numbers beyond 40 digits stay texts, for their meaning would be lost.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "-+.0123456789":
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _OTHER_INTEGER.fullmatch(text):
        return int(text, 0)
    if _LEADING_ZERO.match(text) and "." not in text:
        return text
    if _FLOAT.fullmatch(text) and ("." in text or "e" in text.lower()):
        number = WrittenFloat(text)
        return number if math.isfinite(number) else text
    return text
