"""The schema files that a spec names: found, read, and checked one by one and together."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from kafkaops.compat import Outline, Problem, Schema, SchemaError, SchemaText, parse_alone
from kafkaops.errors import Diagnostic, Place, SpecError
from kafkaops.parallel import in_parallel
from kafkaops.spec.checks.context import Context
from kafkaops.spec.globs import files_matching
from kafkaops.spec.schema_types import SharedTypes, diagnostic_of
from kafkaops.spec.schema_uses import SchemaUse, check_subjects, schema_uses
from kafkaops.spec.source import place_of_offset, read_text
from kafkaops.spec.suggest import nearest

AVRO, JSON_SCHEMA, PROTOBUF = ".avsc", ".json", ".proto"
ENDINGS = (AVRO, JSON_SCHEMA, PROTOBUF)


@dataclass(frozen=True, slots=True)
class SchemaFiles:
    """The schema files in use, by the names the spec gives them, and what is wrong with them."""

    texts: dict[str, str]
    outlines: dict[str, Outline]
    """Of the Avro files, what they say of names."""
    diagnostics: list[Diagnostic]


def read_schema_files(root: Path, context: Context) -> SchemaFiles:
    """Read all schema files in use, and check them one by one and together.

    In use is what a topic or a subject binds, and what a file in use takes types from. `root` is the
    folder of the spec's main file.
    """
    reader = _Reader(root, context)
    uses = list(schema_uses(context))
    listed = reader.listed()
    reader.read([*uses, *(SchemaUse(name, place) for name, place in listed.items())])
    shared = SharedTypes(root, reader.texts, reader.outlines, reader.problems)
    used = shared.in_use(use.file for use in uses if use.file in reader.texts)
    diagnostics = [*reader.diagnostics, *shared.problems(), *check_subjects(context, uses, reader.outlines)]
    diagnostics.extend(
        _unused(name, place) for name, place in listed.items() if name in reader.texts and name not in used
    )
    texts = {name: text for name, text in reader.texts.items() if name in used}
    return SchemaFiles(texts, reader.outlines, diagnostics)


def _unused(name: str, place: Place | None) -> Diagnostic:
    return Diagnostic(
        "KO141",
        f"nothing uses the schema file {name}",
        place=place,
        hint="bind it under a topic's `value:` or `key:`, or under `schemas.subjects:`, or delete it",
    )


@dataclass(frozen=True, slots=True)
class _Read:
    """What came of reading one file."""

    text: str | None = None
    """None where the file cannot be used."""
    outline: Outline | None = None
    """Of an Avro file."""
    problems: tuple[Problem, ...] | None = None
    """What is wrong with it where it is known to be usable by itself."""
    diagnostics: tuple[Diagnostic, ...] = ()
    is_missing: bool = False


@dataclass
class _Reader:
    root: Path
    context: Context
    texts: dict[str, str] = field(default_factory=dict)
    outlines: dict[str, Outline] = field(default_factory=dict)
    problems: dict[str, tuple[Problem, ...]] = field(default_factory=dict)
    """What is wrong with files that are known to be usable by themselves."""
    diagnostics: list[Diagnostic] = field(default_factory=list)
    _below_root: dict[Path, bool] = field(default_factory=dict)

    @cached_property
    def _real_root(self) -> Path:
        """The folder without symbolic links on the way."""
        return self.root.resolve()

    def listed(self) -> dict[str, Place | None]:
        """The files that `schemas.files` lists, with the glob that found each first."""
        patterns = self.context.root.at(("schemas", "files"))
        found: dict[str, Place | None] = {}
        for pattern in patterns.items if patterns else ():
            files, diagnostics = files_matching(self.root, self.root, pattern, "schemas.files")
            self.diagnostics.extend(diagnostics)
            for file in files:
                found.setdefault(file.relative_to(self.root).as_posix(), pattern.place)
        return found

    def read(self, uses: Iterable[SchemaUse]) -> None:
        """Read each file once; what is wrong with it is noted where it is named first, or where it stands in it."""
        first: dict[str, SchemaUse] = {}
        for use in uses:
            first.setdefault(use.file, use)
        for use, read in zip(first.values(), in_parallel(self._read, [*first.values()]), strict=True):
            self.diagnostics.extend([self._missing(use)] if read.is_missing else read.diagnostics)
            if read.text is not None:
                self.texts[use.file] = read.text
            if read.outline is not None:
                self.outlines[use.file] = read.outline
            if read.problems is not None:
                self.problems[use.file] = read.problems

    def _read(self, use: SchemaUse) -> _Read:
        path = self.root / use.file
        problem = self._misplaced(use, path)
        if problem is not None:
            return _Read(diagnostics=(problem,))
        if not path.is_file():
            return _Read(is_missing=True)
        try:
            text = read_text(path, code="KO142", named_at=use.place)
            return _understood(path, use.file, text)
        except SpecError as error:
            return _Read(diagnostics=error.diagnostics)

    def _misplaced(self, use: SchemaUse, path: Path) -> Diagnostic | None:
        name = PurePosixPath(use.file)
        if name.is_absolute() or ".." in name.parts or not self._is_below_root(path):
            summary = f"the schema file {name} lies outside the project"
            return Diagnostic("KO113", summary, address=use.address, place=use.place)
        if name.suffix not in ENDINGS:
            summary = f"{name} is not a schema file: its name ends in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}"
            return Diagnostic("KO113", summary, address=use.address, place=use.place)
        return None

    def _missing(self, use: SchemaUse) -> Diagnostic:
        summary = f"the schema file {use.file} does not exist"
        return Diagnostic("KO140", summary, address=use.address, place=use.place, hint=self._nearest(use.file))

    def _is_below_root(self, file: Path) -> bool:
        """Whether a file lies below the root whatever symbolic links say. Each folder is looked at once."""
        folder = file.parent
        if folder not in self._below_root:
            self._below_root[folder] = folder.resolve().is_relative_to(self._real_root)
        if file.is_symlink():
            return file.resolve().is_relative_to(self._real_root)
        return self._below_root[folder]

    def _nearest(self, name: str) -> str | None:
        """A file of nearly that name: beside where it should be, or among those that are listed."""
        folder = PurePosixPath(name).parent
        try:
            beside = sorted((folder / item.name).as_posix() for item in (self.root / folder).iterdir())
        except OSError:
            beside = []
        candidates = [file for file in (*beside, *self.texts) if file.endswith(ENDINGS)]
        by_name = {PurePosixPath(file).name: file for file in reversed(candidates)}
        found = nearest(PurePosixPath(name).name, by_name)
        return f"did you mean '{by_name[found]}'?" if found else None


def _understood(path: Path, name: str, text: str) -> _Read:
    """A text with what an Avro file says of its names. JSON Schema must be JSON; Protobuf the registry judges.

    Raises `SpecError` KO142.
    """
    if name.endswith(AVRO):
        try:
            seen = parse_alone(SchemaText(text, name))
        except SchemaError as error:
            raise SpecError(diagnostic_of(path, problem) for problem in error.problems) from None
        return _Read(text, seen.outline, seen.problems) if isinstance(seen, Schema) else _Read(text, seen)
    if name.endswith(JSON_SCHEMA):
        _check_json(path, text)
    return _Read(text)


def _check_json(path: Path, text: str) -> None:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        place = place_of_offset(path, text, error.pos)
        message = error.msg[:1].lower() + error.msg[1:]
        raise SpecError.of("KO142", f"{path.name} is not JSON: {message}", place=place) from None
    except (RecursionError, ValueError):
        raise SpecError.of(
            "KO142", f"{path.name} is nested too deep, or holds a number too long", place=Place(path, 1, 1)
        ) from None
