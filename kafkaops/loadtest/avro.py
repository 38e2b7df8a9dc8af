"""Avro records made up from a schema: seeded, with logical types, unions, defaults and enums, ready encoded.

Generating and encoding are one step, so that no branch of a union is ever guessed. Avro 1.12, "Binary Encoding".
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from random import Random
from typing import Any
from uuid import UUID

from kafkaops.errors import PlatformError

Write = Callable[[Random, bytearray, int], None]
"""Appends one made-up value. The last argument is the depth within nested records."""
TEXT_LENGTH = 12
"""Characters in a string, on average, unless a size is asked for."""
_DEEP = 4
"""Nested records beyond which unions take their simplest branch and collections stay empty."""
_DEFAULT_SHARE = 0.25
"""How often a field that has a default holds it."""
_LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
_2026_MS = 1_767_225_600_000
_DAY_MS = 86_400_000
_INTEGERS: Mapping[str, tuple[int, int]] = {
    "date": (20_000, 21_000),
    "time-millis": (0, _DAY_MS),
    "time-micros": (0, _DAY_MS * 1_000),
    "timestamp-millis": (_2026_MS, _2026_MS + _DAY_MS),
    "local-timestamp-millis": (_2026_MS, _2026_MS + _DAY_MS),
    "timestamp-micros": (_2026_MS * 1_000, (_2026_MS + _DAY_MS) * 1_000),
    "local-timestamp-micros": (_2026_MS * 1_000, (_2026_MS + _DAY_MS) * 1_000),
    "timestamp-nanos": (_2026_MS * 1_000_000, (_2026_MS + _DAY_MS) * 1_000_000),
    "local-timestamp-nanos": (_2026_MS * 1_000_000, (_2026_MS + _DAY_MS) * 1_000_000),
}
_PLAIN = {"int": (-1_000_000, 1_000_000), "long": (-(10**12), 10**12)}


def zigzag(number: int) -> bytes:
    """An int or long as Avro writes it."""
    number = number << 1 ^ number >> 63
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


class AvroRecords:
    """Makes encoded values of one schema. Raises `PlatformError` (KO005) for a schema it cannot make values of."""

    def __init__(self, schema_text: str, references: Sequence[str] = ()) -> None:
        self.text_length = TEXT_LENGTH
        self.texts = 0
        """How many strings and bytes the schema has: none means that the size cannot be chosen."""
        self._named: dict[str, dict[str, Any]] = {}
        self._spaces: dict[str, str] = {}
        self._writers: dict[str, Write] = {}
        self._begun: set[str] = set()
        try:
            for text in references:
                self._collect(json.loads(text), "")
            schema = json.loads(schema_text)
            self._collect(schema, "")
            self._write = self._compile(schema, "")
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise _unusable(str(error)) from error

    def one(self, random: Random) -> bytes:
        """One encoded value, without the registry's frame."""
        out = bytearray()
        try:
            self._write(random, out, 0)
        except RecursionError as error:
            raise _unusable("its types contain each other without an end") from error
        return bytes(out)

    def fit(self, size: int, seed: int) -> None:
        """Choose the length of texts so that values have `size` bytes on average, as nearly as can be."""
        low, high = 0, max(size, 1) * 2
        while low < high:
            middle = (low + high) // 2
            self.text_length = middle
            random = Random(seed)
            if sum(len(self.one(random)) for _ in range(64)) < size * 64:
                low = middle + 1
            else:
                high = middle
        self.text_length = low

    # ---- named types

    def _collect(self, schema: Any, space: str) -> None:
        if isinstance(schema, list):
            for branch in schema:
                self._collect(branch, space)
        if not isinstance(schema, dict):
            return
        kind = schema["type"]
        if kind in ("record", "error", "enum", "fixed"):
            name = _full_name(schema["name"], schema.get("namespace"), space)
            space = name.rpartition(".")[0]
            self._named[name] = schema
            self._spaces[name] = space
            for field in schema.get("fields", ()):
                self._collect(field["type"], space)
        elif kind in ("array", "map"):
            self._collect(schema["items" if kind == "array" else "values"], space)
        elif not isinstance(kind, str):
            self._collect(kind, space)

    def _resolve(self, schema: Any, space: str) -> tuple[Any, str, str | None]:
        """(definition, namespace inside it, full name if it has one)."""
        if isinstance(schema, dict) and isinstance(schema["type"], dict | list):
            return self._resolve(schema["type"], space)
        if isinstance(schema, str) and schema not in _PRIMITIVES:
            name = schema if schema in self._named else _full_name(schema, None, space)
            return self._named[name], self._spaces[name], name
        if isinstance(schema, dict) and "name" in schema and schema["type"] in ("record", "error", "enum", "fixed"):
            name = _full_name(schema["name"], schema.get("namespace"), space)
            return schema, self._spaces[name], name
        return schema, space, None

    # ---- writers

    def _compile(self, schema: Any, space: str) -> Write:
        schema, space, name = self._resolve(schema, space)
        if name is not None:
            if name not in self._begun:
                self._begun.add(name)
                self._writers[name] = self._compile_named(schema, space)
            # Looked up when it runs: a type that contains itself is not known yet when it is compiled.
            return lambda random, out, depth: self._writers[name](random, out, depth)
        if isinstance(schema, list):
            return self._union(schema, space)
        kind = schema if isinstance(schema, str) else schema["type"]
        if kind in ("array", "map"):
            return self._collection(kind, schema, space)
        return self._primitive(kind, {} if isinstance(schema, str) else schema)

    def _compile_named(self, schema: dict[str, Any], space: str) -> Write:
        match schema["type"]:
            case "enum":
                symbols = len(schema["symbols"])
                return lambda random, out, _: out.extend(zigzag(random.randrange(symbols)))
            case "fixed":
                return _fixed(schema)
            case _:
                return self._record(schema, space)

    def _record(self, schema: dict[str, Any], space: str) -> Write:
        fields = [(self._compile(field["type"], space), self._default(field, space)) for field in schema["fields"]]

        def write(random: Random, out: bytearray, depth: int) -> None:
            for make, default in fields:
                if default is not None and random.random() < _DEFAULT_SHARE:
                    out += default
                else:
                    make(random, out, depth + 1)

        return write

    def _default(self, field: dict[str, Any], space: str) -> bytes | None:
        if "default" not in field:
            return None
        out = bytearray()
        self._encode(field["type"], space, field["default"], out)
        return bytes(out)

    def _union(self, branches: list[Any], space: str) -> Write:
        writers = [self._compile(branch, space) for branch in branches]
        simple = [index for index, branch in enumerate(branches) if isinstance(branch, str) and branch in _PRIMITIVES]
        shortest = branches.index("null") if "null" in branches else (simple or [0])[0]

        def write(random: Random, out: bytearray, depth: int) -> None:
            index = shortest if depth > _DEEP else random.randrange(len(writers))
            out += zigzag(index)
            writers[index](random, out, depth)

        return write

    def _collection(self, kind: str, schema: dict[str, Any], space: str) -> Write:
        item = self._compile(schema["items" if kind == "array" else "values"], space)
        key = self._primitive("string", {}) if kind == "map" else None

        def write(random: Random, out: bytearray, depth: int) -> None:
            count = 0 if depth > _DEEP else random.randrange(4)
            if count:
                out += zigzag(count)
                for _ in range(count):
                    if key is not None:
                        key(random, out, depth)
                    item(random, out, depth)
            out.append(0)

        return write

    def _primitive(self, kind: str, schema: dict[str, Any]) -> Write:
        logical = schema.get("logicalType")
        match kind:
            case "null":
                return lambda random, out, _: None
            case "boolean":
                return lambda random, out, _: out.append(random.getrandbits(1))
            case "int" | "long":
                low, high = _INTEGERS.get(str(logical), _PLAIN[kind])
                return lambda random, out, _: out.extend(zigzag(random.randrange(low, high)))
            case "float":
                return lambda random, out, _: out.extend(struct.pack("<f", random.uniform(-1e6, 1e6)))
            case "double":
                return lambda random, out, _: out.extend(struct.pack("<d", random.uniform(-1e9, 1e9)))
            case "bytes" if logical == "decimal":
                return _decimal(int(schema["precision"]))
            case "string" if logical == "uuid":
                return lambda random, out, _: out.extend(
                    b"\x48" + str(UUID(int=random.getrandbits(128), version=4)).encode()
                )
            case "string" | "bytes":
                self.texts += 1
                return self._text if kind == "string" else self._bytes
            case _:
                raise ValueError(f"unknown type {kind}")

    def _text(self, random: Random, out: bytearray, _: int) -> None:
        length = self._length(random)
        out += zigzag(length)
        out += bytes(random.choices(_LETTERS, k=length))

    def _bytes(self, random: Random, out: bytearray, _: int) -> None:
        length = self._length(random)
        out += zigzag(length)
        out += random.randbytes(length)

    def _length(self, random: Random) -> int:
        return random.randint(self.text_length // 2, self.text_length + (self.text_length + 1) // 2)

    # ---- defaults, which JSON writes in a way of its own

    def _encode(self, schema: Any, space: str, value: Any, out: bytearray) -> None:
        schema, space, _ = self._resolve(schema, space)
        if isinstance(schema, list):
            # A union's default is of its first branch; since Avro 1.12 of any, so the first that fits.
            index = next(i for i, branch in enumerate(schema) if self._fits(branch, space, value))
            out += zigzag(index)
            self._encode(schema[index], space, value, out)
            return
        kind = schema if isinstance(schema, str) else schema["type"]
        match kind:
            case "null":
                pass
            case "boolean":
                out.append(bool(value))
            case "int" | "long":
                out += zigzag(int(value))
            case "float" | "double":
                out += struct.pack("<f" if kind == "float" else "<d", value)
            case "string" | "bytes":
                raw = str(value).encode("utf-8" if kind == "string" else "latin-1")
                out += zigzag(len(raw)) + raw
            case "fixed":
                out += str(value).encode("latin-1")
            case "enum":
                out += zigzag(schema["symbols"].index(value))
            case "array" | "map":
                self._encode_collection(schema, space, value, out)
            case _:
                for field in schema["fields"]:
                    inner = value[field["name"]] if field["name"] in value else field["default"]
                    self._encode(field["type"], space, inner, out)

    def _encode_collection(self, schema: dict[str, Any], space: str, value: Any, out: bytearray) -> None:
        if value:
            out += zigzag(len(value))
            for item in value:
                if schema["type"] == "map":
                    self._encode("string", space, item, out)
                    self._encode(schema["values"], space, value[item], out)
                else:
                    self._encode(schema["items"], space, item, out)
        out.append(0)

    def _fits(self, schema: Any, space: str, value: Any) -> bool:
        resolved, _, _ = self._resolve(schema, space)
        kind = resolved if isinstance(resolved, str) else resolved["type"]
        match value:
            case None:
                return bool(kind == "null")
            case bool():
                return bool(kind == "boolean")
            case int():
                return kind in ("int", "long", "float", "double")
            case float():
                return kind in ("float", "double")
            case str():
                return kind in ("string", "bytes", "fixed") or (kind == "enum" and value in resolved["symbols"])
            case list():
                return bool(kind == "array")
            case _:
                return kind in ("record", "error", "map")


def _fixed(schema: dict[str, Any]) -> Write:
    size = int(schema["size"])
    if schema.get("logicalType") == "duration" and size == 12:
        return lambda random, out, _: out.extend(
            struct.pack("<3I", random.randrange(24), random.randrange(31), random.randrange(_DAY_MS))
        )
    if schema.get("logicalType") == "decimal":
        bound = min(10 ** int(schema["precision"]), 1 << (8 * size - 1)) - 1
        return lambda random, out, _: out.extend(random.randint(-bound, bound).to_bytes(size, "big", signed=True))
    return lambda random, out, _: out.extend(random.randbytes(size))


def _decimal(precision: int) -> Write:
    bound = 10**precision - 1
    powers = list(accumulate([256] * 64, lambda left, right: left * right, initial=1))

    def write(random: Random, out: bytearray, _: int) -> None:
        number = random.randint(-bound, bound)
        size = next(length for length in range(1, len(powers)) if abs(2 * number) < powers[length])
        out.extend(zigzag(size) + number.to_bytes(size, "big", signed=True))

    return write


def _full_name(name: str, namespace: str | None, space: str) -> str:
    if "." in name:
        return name
    namespace = space if namespace is None else namespace
    return f"{namespace}.{name}" if namespace else name


_PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})


def _unusable(reason: str) -> PlatformError:
    return PlatformError.of(
        "KO005",
        "no records can be made from the registered schema",
        detail=reason,
        hint="use --payload bytes, or a file of samples",
    )
