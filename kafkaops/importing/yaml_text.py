"""Values → YAML as a person would lay it out: short mappings on one line, no quotes where none are needed.

PyYAML writes it. What is ours: the rules by which a text needs quotes, which are those of kafkaops' own
reader (YAML 1.2) beside PyYAML's (1.1), so that a text is read as that text by both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import yaml

from kafkaops.spec.yaml_reader import core_value

YamlValue: TypeAlias = "str | int | bool | Number | Sequence[YamlValue] | Mapping[str, YamlValue] | None"
_WIDTH = 100
_UNBROKEN = 1 << 30
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,17}")


class Number:
    """A decimal number, written as the text that it is: `0.50` stays `0.50`."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Number) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Number({self.text!r})"


def plain_or_text(text: str) -> YamlValue:
    """A number or truth where writing one reads back as this very text, else the text."""
    if text in ("true", "false"):
        return text == "true"
    if _WHOLE.fullmatch(text):
        return int(text)
    return Number(text) if _DECIMAL.fullmatch(text) else text


class _Dumper(yaml.SafeDumper):
    """PyYAML's own, with the rules above. It never writes anchors."""

    def ignore_aliases(self, _data: object) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Lists are indented below their key."""
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    if "\n" in value and value.replace("\n", "").isprintable():
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|")
    if not value.isprintable():
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style='"')  # where each sign has an escape
    style = None if isinstance(core_value(value), str) and not value.startswith("=") else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _number(dumper: yaml.SafeDumper, value: Number) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:float", value.text)


def _mapping(dumper: yaml.SafeDumper, value: Mapping[str, Any]) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", value, flow_style=_is_short(value))


class _Sections(dict[str, YamlValue]):
    """The outermost mapping, which is never on one line, and neither is what stands right in it."""


def _sections(dumper: yaml.SafeDumper, value: _Sections) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", value, flow_style=False)


def _sequence(dumper: yaml.SafeDumper, value: Sequence[Any]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=_is_short(value))


_Dumper.add_representer(str, _text)
_Dumper.add_representer(Number, _number)
_Dumper.add_representer(dict, _mapping)
_Dumper.add_representer(_Sections, _sections)
_Dumper.add_representer(list, _sequence)
_Dumper.add_representer(tuple, _sequence)


def _is_short(value: Mapping[str, Any] | Sequence[Any]) -> bool:
    """Whether it fits on one line: a few scalars, nothing in it that is a mapping itself."""
    parts = list(value.values()) if isinstance(value, Mapping) else list(value)
    if any(isinstance(part, Mapping) or (isinstance(part, str) and "\n" in part) for part in parts):
        return False
    if any(isinstance(part, list | tuple) and not all(isinstance(item, str | int) for item in part) for part in parts):
        return False
    limit = 4 if isinstance(value, Mapping) else 20
    return len(parts) <= limit and len(repr(value)) <= _WIDTH - 20


def yaml_text(value: Mapping[str, YamlValue]) -> str:
    """The mapping as YAML, keys in its order. A line is never broken inside of a text."""
    sections = _Sections(
        {key: _Sections(member) if isinstance(member, Mapping) else member for key, member in value.items()}
    )
    return yaml.dump(
        sections, Dumper=_Dumper, sort_keys=False, default_flow_style=False, allow_unicode=True, width=_UNBROKEN
    )
