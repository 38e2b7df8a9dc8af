"""Whether a field's default is a value of its type."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterable
from enum import IntEnum
from typing import Final, TypeAlias

from kafkaops.compat.build import Finding
from kafkaops.compat.describe import describe
from kafkaops.compat.jsontext import Json
from kafkaops.compat.model import Annotated, Array, Enum, Fixed, Map, Record, Type, Union
from kafkaops.compat.problems import Rule


class Fit(IntEnum):
    """How well a default fits, best first."""

    FITS = 0
    LATER_BRANCH = 1
    """It fits a branch of a union that is not the first."""
    UNFIT = 2
    """Its JSON type is right and it still is no value: not a symbol, not as long as the fixed."""
    WRONG = 3
    ENDLESS = 4
    """It takes itself to fill itself in."""


_RULES: Final = {
    Fit.LATER_BRANCH: Rule.LATER_BRANCH_DEFAULT,
    Fit.UNFIT: Rule.UNFIT_DEFAULT,
    Fit.WRONG: Rule.INVALID_DEFAULT,
    Fit.ENDLESS: Rule.ENDLESS_DEFAULT,
}
RANGES: Final[dict[Type, int]] = {"int": 2**31, "long": 2**63}
"""For an integer type the first value that is too large; the least that it holds is its negative."""
# What Java's Double.parseDouble takes, hexadecimal left out: it reads the default of a float or double so.
_NUMBER_TEXT: Final = re.compile(
    r"[\x00-\x20]*[+-]?(NaN|Infinity|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fFdD]?)[\x00-\x20]*", re.A
)
CERTAIN: Final[dict[Type, type]] = {
    "null": type(None),
    "boolean": bool,
    "string": str,
    "float": float,
    "double": float,
}
"""For a type the Python type whose every value fits it. This settles most defaults."""
EMPTY: Final[dict[Type, type]] = {"bytes": str, "array": list, "map": dict}
"""For a kind of type the Python type whose empty value fits it."""
_Steps: TypeAlias = "Generator[tuple[Type, Json], Fit, Fit]"


def check_defaults(fields: Iterable[tuple[Record, int]]) -> dict[tuple[int, int], Finding]:
    """Findings for those defaults that do not fit well, by `id` of the record and the field's position."""
    found: dict[tuple[int, int], Finding] = {}
    checker: _Checker | None = None
    for record, position in fields:
        node, value = record.types[position], record.fields[position]["default"]
        if isinstance(node, Union) and node.types:
            node = node.types[0]
        if CERTAIN.get(node) is value.__class__:
            continue
        fit = _simple(record.types[position], value)
        if fit is not Fit.FITS:
            checker = checker or _Checker()
            fit = checker.field(record, position)
        if fit is not Fit.FITS:
            found[id(record), position] = _finding(record, position, fit)
    return found


def _finding(record: Record, position: int, fit: Fit) -> Finding:
    node, value = record.types[position], record.fields[position]["default"]
    name = record.fields[position]["name"]
    shown = shorten(value)
    if fit is Fit.LATER_BRANCH:
        message = f"the default {shown} of `{name}` fits a branch of its union that is not the first"
        fix = "put that branch first: Avro before 1.12 takes the default of a union for its first branch's"
    elif fit is Fit.ENDLESS:
        message = f"the default {shown} of `{name}` takes itself to be filled in, without end"
        fix = "give the recursive field a default that ends, such as null or an empty array"
    else:
        message = f"the default {shown} of `{name}` is no value of {describe(node)}"
        fix = "correct the default"
        if value is None:
            fix = 'make the type a union, ["null", …], or take the default away'
    return Finding(_RULES[fit], message, (record.fields[position], "default"), fix)


def shorten(value: Json) -> str:
    """A JSON value as text of one line, cut when it is long."""
    if isinstance(value, list | dict) and value:
        return "{…}" if isinstance(value, dict) else "[…]"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else text[:39] + "…"


class _Checker:
    """Fits values to types. Steps are generators on a stack of its own: values and types may nest without bound."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], Fit] = {}
        """Of the fields asked for so far; `ENDLESS` while one is being worked out."""

    def field(self, record: Record, position: int) -> Fit:
        stack = [self._field(record, position)]
        answer: Fit | None = None
        while stack:
            try:
                node, value = stack[-1].send(answer) if answer is not None else next(stack[-1])
            except StopIteration as stop:
                stack.pop()
                answer = stop.value
                continue
            answer = _simple(node, value)
            if answer is None:
                stack.append(self._composite(node, value))
        assert answer is not None
        return answer

    def _field(self, record: Record, position: int) -> _Steps:
        """The fit of a field's default, worked out once."""
        key = (id(record), position)
        if key not in self._known:
            self._known[key] = Fit.ENDLESS
            node, value = record.types[position], record.fields[position]["default"]
            kind = node.kind if isinstance(node, Annotated) else node
            if kind in ("float", "double") and isinstance(value, str) and _NUMBER_TEXT.fullmatch(value):
                self._known[key] = Fit.UNFIT
            else:
                self._known[key] = yield node, value
        return self._known[key]

    def _composite(self, node: Type, value: Json) -> _Steps:
        if isinstance(node, Union):
            return self._union(node, value)
        if isinstance(node, Record):
            return self._record(node, value)
        assert isinstance(node, (Array, Map))
        return self._items(node, value)

    def _items(self, node: Array | Map, value: Json) -> _Steps:
        items = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
        worst = Fit.FITS
        for item in items:
            worst = max(worst, (yield node.types[0], item))
        return worst

    def _record(self, record: Record, value: Json) -> _Steps:
        assert isinstance(value, dict)
        worst = Fit.FITS
        for name, position in record.index.items():
            if name in value:
                fit = yield record.types[position], value[name]
            elif "default" in record.fields[position]:
                fit = yield from self._field(record, position)
            else:
                fit = Fit.WRONG
            worst = max(worst, fit)
        return worst

    def _union(self, union: Union, value: Json) -> _Steps:
        """The first branch that the value matches decides (specification, "Records": default)."""
        best = Fit.WRONG
        for index, branch in enumerate(union.types):
            fit = yield branch, value
            if fit < Fit.WRONG:
                return max(fit, Fit.LATER_BRANCH) if index else fit
            best = max(best, fit)
        return best


def _simple(node: Type, value: Json) -> Fit | None:
    """The fit of a value, or None where it takes a look inside."""
    if isinstance(node, Enum):
        return _unless(value in node.symbols) if isinstance(value, str) else Fit.WRONG
    if isinstance(node, Fixed):
        fits = isinstance(value, str) and _is_bytes(value) and len(value) == node.size
        return _unless(fits) if isinstance(value, str) else Fit.WRONG
    if isinstance(node, Union):
        return None
    if isinstance(node, Record):
        return None if isinstance(value, dict) else Fit.WRONG
    if isinstance(node, (Array, Map)):
        if not isinstance(value, list if isinstance(node, Array) else dict):
            return Fit.WRONG
        return None if value else Fit.FITS
    return _primitive(node if isinstance(node, str) else node.kind, value)


def _primitive(kind: str, value: Json) -> Fit:
    match kind:
        case "null":
            fits = value is None
        case "boolean":
            fits = isinstance(value, bool)
        case "int" | "long":
            limit = RANGES[kind]
            fits = isinstance(value, int) and not isinstance(value, bool) and -limit <= value < limit
        case "float" | "double":
            fits = isinstance(value, int | float) and not isinstance(value, bool)
        case "bytes":
            return _unless(_is_bytes(value)) if isinstance(value, str) else Fit.WRONG
        case _:
            fits = isinstance(value, str)
    return Fit.FITS if fits else Fit.WRONG


def _unless(fits: bool) -> Fit:
    return Fit.FITS if fits else Fit.UNFIT


def _is_bytes(text: str) -> bool:
    """Whether each character stands for a byte (specification, "Records": code points 0-255)."""
    return not text or max(text) <= "\xff"
