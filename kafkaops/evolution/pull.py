"""A registry's subjects as files: by pattern, with what they refer to, one version or all."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from kafkaops.clients.fan_out import fan_out
from kafkaops.clients.registry import RegisteredSchema, SchemaRegistry, SchemaType
from kafkaops.errors import Diagnostic, UsageError
from kafkaops.evolution.names import file_stem
from kafkaops.spec.suggest import did_you_mean

_ENDINGS = {SchemaType.AVRO: ".avsc", SchemaType.JSON: ".json", SchemaType.PROTOBUF: ".proto"}
_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Pulled:
    """One version of a subject and the file that it goes to."""

    registered: RegisteredSchema
    file: Path
    text: str


def pull(
    registry: SchemaRegistry, patterns: Iterable[str], folder: Path, *, every_version: bool = False
) -> tuple[Pulled, ...]:
    """What is to be written, subjects in order, those that they refer to included.

    Raises `PlatformError` for what the registry answers, `UsageError` KO382 when no subject matches a pattern.
    """
    names = registry.subjects()
    wanted = _matching(names, tuple(patterns) or ("*",))
    found: dict[tuple[str, int], RegisteredSchema] = {}
    while wanted:
        read = fan_out(
            registry.every_version if every_version else lambda name: _latest(registry, name), sorted(wanted)
        )
        found.update({(item.subject, item.version): item for items in read for item in items})
        referred = {reference.subject for item in found.values() for reference in item.content.references}
        wanted = referred - {subject for subject, _ in found}
    items = [found[key] for key in sorted(found)]
    return tuple(_pulled(item, folder, every_version) for item in items)


def _latest(registry: SchemaRegistry, subject: str) -> tuple[RegisteredSchema, ...]:
    found = registry.version(subject)
    return (found,) if found is not None else ()


def _matching(names: Collection[str], patterns: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    for pattern in patterns:
        matching = {name for name in names if fnmatchcase(name, pattern)}
        if not matching and pattern != "*":
            hint = did_you_mean(pattern, names) or f"the registry has {len(names):,} subjects"
            raise UsageError.of("KO382", f"no subject matches {pattern}", hint=hint)
        found |= matching
    return found


def _pulled(item: RegisteredSchema, folder: Path, every_version: bool) -> Pulled:
    stem, ending = file_stem(item.subject), _ENDINGS[item.content.type]
    file = folder / stem / f"{item.version}{ending}" if every_version else folder / f"{stem}{ending}"
    return Pulled(item, file, readable(item.content.text, item.content.type))


def readable(text: str, language: SchemaType) -> str:
    """The text as one reads it: JSON that came in one line is laid out; anything else stays as it is."""
    ending = "" if text.endswith("\n") else "\n"
    if language is SchemaType.PROTOBUF or "\n" in text.strip():
        return text + ending
    try:
        return _laid_out(json.loads(text), 0) + "\n"
    except (ValueError, RecursionError):
        return text + ending


def _laid_out(value: object, indent: int) -> str:
    """JSON with short objects and arrays on one line, as schemas are written by hand."""
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value or (len(line) + indent <= _WIDTH and not _is_long(value)):
        return line
    inner = " " * (indent + 2)
    if isinstance(value, dict):
        parts = [
            f"{inner}{json.dumps(key, ensure_ascii=False)}: {_laid_out(item, indent + 2)}"
            for key, item in value.items()
        ]
        return "{\n" + ",\n".join(parts) + f"\n{' ' * indent}}}"
    return "[\n" + ",\n".join(inner + _laid_out(item, indent + 2) for item in value) + f"\n{' ' * indent}]"


def _is_long(value: dict[str, object] | list[object]) -> bool:
    """A record and a list of fields are never one line."""
    if isinstance(value, dict):
        return "fields" in value
    return any(isinstance(item, dict) and "name" in item for item in value)


def write(pulled: Iterable[Pulled], *, force: bool) -> tuple[Path, ...]:
    """Write the files and return those that changed; all or, when something is in the way, none.

    Raises `UsageError` KO381 for files with other content, unless `force`.
    """
    changed = [item for item in pulled if _content(item.file) != item.text]
    in_the_way = [item for item in changed if item.file.exists()]
    if in_the_way and not force:
        raise UsageError(
            Diagnostic(
                "KO381",
                f"{item.file} is there and says something else than {item.registered.subject} "
                f"version {item.registered.version}",
                hint="give another --into, or --force to write over it",
            )
            for item in in_the_way
        )
    for item in changed:
        try:
            item.file.parent.mkdir(parents=True, exist_ok=True)
            item.file.write_text(item.text, encoding="utf-8")
        except OSError as error:
            raise UsageError.of("KO381", f"{item.file} cannot be written: {error.strerror or error}") from None
    return tuple(item.file for item in changed)


def _content(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
