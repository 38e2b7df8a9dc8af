"""One spec from many files: `include` globs, connector files, and sections merged with their places."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from kafkaops.errors import Diagnostic, Place, SpecError
from kafkaops.spec.globs import files_matching
from kafkaops.spec.source import read_text
from kafkaops.spec.suggest import nearest
from kafkaops.spec.written import Members, Written
from kafkaops.spec.yaml_reader import read_yaml

NAMED_SECTIONS = ("topics", "services", "consumer_groups", "connectors", "environments", "loadtests")
"""Sections that map names to resources; the same name in two files is an error."""
MAIN_FILE_ONLY = ("project", "defaults", "limits")
_SINGULAR = {
    "topics": "topic",
    "services": "service",
    "consumer_groups": "consumer group",
    "connectors": "connector",
    "environments": "environment",
    "loadtests": "load test",
    "subjects": "subject",
}


@dataclass
class Assembled:
    """The raw spec of all files together, before environment and defaults."""

    main_file: Path
    root: Written
    files: tuple[Path, ...]
    diagnostics: tuple[Diagnostic, ...]


def assemble(main_file: Path) -> Assembled:
    """Read the main file and everything it includes. Raises `SpecError` only for the main file itself."""
    assembler = _Assembler(main_file)
    assembler.read_main()
    return Assembled(
        main_file,
        assembler.main.with_value(assembler.merged),
        tuple(assembler.files),
        tuple(assembler.diagnostics),
    )


@dataclass
class _Assembler:
    main_file: Path
    merged: Members = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    _seen: set[Path] = field(default_factory=set)

    def read_main(self) -> None:
        self._seen.add(self.main_file.resolve())
        self.files.append(self.main_file)
        self.main = read_yaml(self.main_file, read_text(self.main_file))
        if self.main.value is None:
            raise SpecError.of(
                "KO100",
                f"{self.main_file.name} is empty",
                place=self.main.place,
                hint="begin with `version: 1` and `project: NAME`",
            )
        if not isinstance(self.main.value, dict):
            raise SpecError.of(
                "KO112",
                f"a spec is a mapping of sections, not {self.main.kind()}",
                place=self.main.place,
                hint="begin with `version: 1` and `project: NAME`",
            )
        self._take(self.main, is_main=True)

    def _refuse(self, code: str, summary: str, place: Place | None, hint: str | None = None) -> None:
        self.diagnostics.append(Diagnostic(code, summary, place=place, hint=hint))

    def _read(self, file: Path, named_at: Place) -> Written | None:
        """An included file's mapping, or None after its problems were noted; each file is read once."""
        real = file.resolve()
        if real in self._seen:
            return None
        self._seen.add(real)
        self.files.append(file)
        try:
            written = read_yaml(file, read_text(file, named_at=named_at))
        except SpecError as error:
            self.diagnostics.extend(error.diagnostics)
            return None
        if written.value is None:
            return written.with_value({})
        if not isinstance(written.value, dict):
            self._refuse("KO112", f"the file is {written.kind()}, not a mapping", written.place)
            return None
        return written

    def _take(self, document: Written, *, is_main: bool) -> None:
        for name, section in document.members.items():
            if name == "include":
                continue
            if not is_main and name in MAIN_FILE_ONLY:
                self._refuse(
                    "KO108",
                    f"'{name}' has no effect in an included file",
                    section.key_place,
                    f"move it to {self.main_file.name}",
                )
            elif name == "version" and not is_main:
                self._check_version(section)
            elif name == "connectors":
                self._merge_named("connectors", self._connectors(section))
            elif name in NAMED_SECTIONS:
                self._merge_named(name, section)
            elif name == "schemas":
                self._merge_schemas(section)
            elif name == "removed":
                self._merge_list("removed", section)
            elif name in self.merged:
                self._twice(f"'{name}'", self.merged[name], section)
            else:
                self.merged[name] = section
        self._follow_includes(document)

    def _check_version(self, section: Written) -> None:
        if section.value != 1:
            self._refuse("KO113", "version must be 1", section.place)

    def _twice(self, what: str, first: Written, second: Written) -> None:
        self._refuse(
            "KO105",
            f"{what} is declared twice",
            second.key_place,
            f"the first is at {first.key_place}; remove one of them",
        )

    def _merge_named(self, name: str, section: Written) -> None:
        before = self.merged.get(name)
        if before is None:
            self.merged[name] = section.with_value({}) if section.value is None else section
            return
        if section.value is None:
            return
        if not isinstance(section.value, dict) or not isinstance(before.value, dict):
            wrong = before if isinstance(section.value, dict) else section
            self._refuse("KO112", f"{name} must be a mapping of names, not {wrong.kind()}", wrong.place)
            return
        together = dict(before.members)
        for key, member in section.members.items():
            if key in together:
                self._twice(f"{_SINGULAR[name]} '{key}'", together[key], member)
            else:
                together[key] = member
        self.merged[name] = before.with_value(together)

    def _merge_list(self, name: str, section: Written) -> None:
        before = self.merged.get(name)
        if before is None or section.value is None:
            self.merged.setdefault(name, section.with_value([]) if section.value is None else section)
        elif isinstance(section.value, list) and isinstance(before.value, list):
            self.merged[name] = before.with_value([*before.items, *section.items])
        else:
            wrong = before if isinstance(section.value, list) else section
            self._refuse("KO112", f"{name} must be a list, not {wrong.kind()}", wrong.place)

    def _merge_schemas(self, section: Written) -> None:
        before = self.merged.get("schemas")
        if before is None or not isinstance(section.value, dict) or not isinstance(before.value, dict):
            if before is None or before.value is None:
                self.merged["schemas"] = section.with_value({}) if section.value is None else section
            elif section.value is not None:
                self._refuse("KO112", f"schemas must be a mapping, not {section.kind()}", section.place)
            return
        together = dict(before.members)
        for key, member in section.members.items():
            first = together.get(key)
            if first is None:
                together[key] = member
            elif key in ("files", "suppressions") and isinstance(member.value, list) and isinstance(first.value, list):
                together[key] = first.with_value([*first.items, *member.items])
            elif key == "subjects" and isinstance(member.value, dict) and isinstance(first.value, dict):
                together[key] = first.with_value(self._together("subjects", first.members, member.members))
            else:
                self._twice(f"schemas.{key}", first, member)
        self.merged["schemas"] = before.with_value(together)

    def _together(self, name: str, first: Members, second: Members) -> Members:
        together = dict(first)
        for key, member in second.items():
            if key in together:
                self._twice(f"{_SINGULAR[name]} '{key}'", together[key], member)
            else:
                together[key] = member
        return together

    # ---- globs

    def _follow_includes(self, document: Written) -> None:
        include = document.members.get("include")
        if include is None:
            return
        for pattern in _patterns(include):
            for file in self._glob(pattern, "include"):
                included = self._read(file, pattern.place)
                if included is not None:
                    self._take(included, is_main=False)

    def _connectors(self, section: Written) -> Written:
        """Inline connectors as they are; globs replaced by the connectors in the files they match."""
        if not isinstance(section.value, str | list):
            return section
        connectors: Members = {}
        for pattern in _patterns(section):
            for file in self._glob(pattern, "connectors"):
                document = self._read(file, pattern.place)
                if document is not None:
                    self._connector_from(document, connectors)
        return section.with_value(connectors)

    def _connector_from(self, document: Written, connectors: Members) -> None:
        members = dict(document.members)
        name = members.pop("name", None)
        if name is None or not isinstance(name.value, str):
            summary = "the connector's name is missing" if name is None else "a connector's name is a text"
            hint = _misspelt(members) or f"write `name: {document.file.stem}`"
            self._refuse("KO160", summary, (name or document).place, hint)
            return
        connector = Written(members, document.file, document.line, document.column, name.key_line, name.key_column)
        if name.value in connectors:
            self._twice(f"connector '{name.value}'", connectors[name.value], connector)
        else:
            connectors[name.value] = connector

    def _glob(self, pattern: Written, what: str) -> list[Path]:
        """The files that a glob matches, relative to the file that holds it."""
        files, diagnostics = files_matching(pattern.file.parent, self.main_file.parent, pattern, what)
        self.diagnostics.extend(diagnostics)
        return files


def _patterns(section: Written) -> list[Written]:
    if section.value is None:
        return []
    return section.items if isinstance(section.value, list) else [section]


def _misspelt(members: Members) -> str | None:
    """The key that was probably meant to be `name`."""
    return next((f"did you mean 'name' by '{key}'?" for key in members if nearest(key, ("name",))), None)
