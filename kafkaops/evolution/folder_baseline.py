"""Earlier versions from a folder: a copy of the project, its schemas alone, or what `schemas pull` wrote.

For each subject the first of these that is there:
`SUBJECT/1.avsc`, `SUBJECT/2.avsc`, … (all versions, by number), `SUBJECT.avsc`, the path that the spec binds, and
the file's name alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath

from kafkaops.errors import Severity, SpecError, UsageError
from kafkaops.evolution.baseline import Before, Earlier, Facts, Project, Wanted
from kafkaops.evolution.blob_texts import decoded
from kafkaops.evolution.declared import DeclaredSubject, declared_subjects
from kafkaops.evolution.earlier_spec import Bindings, read_bindings
from kafkaops.evolution.model import Finding, Rule, Version
from kafkaops.evolution.names import file_stem
from kafkaops.evolution.shared import with_shared_types
from kafkaops.evolution.texts import SchemaTexts, read_outlines


class FolderBaseline:
    """See `Baseline`."""

    def __init__(self, project: Project, folder: Path) -> None:
        if not folder.is_dir():
            raise UsageError.of(
                "KO379",
                f"--against {folder}: there is no such folder",
                hint="write git[:REF], registry[:ENV] or a folder with earlier schemas",
            )
        self._project = project
        self._folder = folder
        self.name = f"the folder {folder}"

    def before(self) -> Before:
        """The folder's own spec, if it has one."""
        main_file = self._folder / self._project.spec_file.name
        if not main_file.is_file():
            if not self._texts.texts:
                raise UsageError.of("KO379", f"--against {self._folder}: there are no .avsc files in it")
            return Before(None, notes=(f"{self._folder} has no {main_file.name}: moved bindings go unseen",))
        bindings = self._bindings(main_file)
        spec = bindings.of(self._project.environment) if bindings else None
        if spec is None:
            message = f"{main_file} cannot be read: moved bindings and lowered levels go unseen"
            found = Finding(rule=Rule.EARLIER_SPEC_UNREADABLE, code="KO364", message=message, severity=Severity.WARNING)
            return Before(None, (found,))
        declared = declared_subjects(spec.spec, self._texts.full_name, spec.places, spec.default)
        declared = with_shared_types(declared, self._texts, spec.default)
        return Before(declared, bindings=bindings, full_name=self._texts.full_name)

    @staticmethod
    def _bindings(main_file: Path) -> Bindings | None:
        try:
            return read_bindings(main_file)
        except SpecError:
            return None

    def facts(self, subjects: Iterable[str]) -> Mapping[str, Facts]:
        """See `Baseline`: a folder knows of no registry."""
        return {}

    def prepare(self, wanted: Sequence[Wanted]) -> None:
        """See `Baseline`: all files are read at once."""
        if wanted:
            read_outlines(self._texts.texts.values())

    def earlier(self, wanted: Sequence[Wanted]) -> Iterator[Earlier]:
        """See `Baseline`."""
        return (Earlier(tuple(map(self._version, self._files(each.subject)))) for each in wanted)

    def _version(self, file: str) -> Version:
        text, references = self._texts.texts[file], self._texts.references_of(file)
        return Version(f"{self._folder.name}/{file}", text, references, registered=True)

    def _files(self, subject: DeclaredSubject) -> list[str]:
        """The newest first."""
        stem = file_stem(subject.name)
        if numbered := self._numbered.get(stem):
            return [numbered[number] for number in sorted(numbered, reverse=True)]
        former = self._bound.get(subject.path) or self._bound.get(subject.name)
        for name in filter(None, (f"{stem}.avsc", former, subject.file)):
            if name in self._texts.texts:
                return [name]
        alike = self._by_name.get(PurePosixPath(subject.file).name, ())
        return list(alike) if len(alike) == 1 else []

    @cached_property
    def _texts(self) -> SchemaTexts:
        files = sorted(file for file in self._folder.rglob("*.avsc") if file.is_file())
        try:
            texts = {file.relative_to(self._folder).as_posix(): decoded(file.read_bytes()) for file in files}
        except OSError as error:
            raise UsageError.of("KO379", f"{error.filename} cannot be read: {error.strerror}") from None
        return SchemaTexts(texts, suffix=f" in {self._folder.name}", preferred=self._newest(texts))

    @staticmethod
    def _newest(texts: Iterable[str]) -> frozenset[str]:
        """Files that no later number replaces: shared types are taken from these."""
        newest: dict[str, str] = {}
        for file in texts:
            path = PurePosixPath(file)
            if path.stem.isdecimal():
                folder = str(path.parent)
                known = newest.get(folder)
                if known is None or int(PurePosixPath(known).stem) < int(path.stem):
                    newest[folder] = file
        return frozenset(newest.values())

    @cached_property
    def _numbered(self) -> dict[str, dict[int, str]]:
        found: dict[str, dict[int, str]] = {}
        for file in self._texts.texts:
            path = PurePosixPath(file)
            if path.stem.isdecimal():
                found.setdefault(path.parent.name, {})[int(path.stem)] = file
        return found

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for file in self._texts.texts:
            found.setdefault(PurePosixPath(file).name, []).append(file)
        return found

    @cached_property
    def _bound(self) -> dict[str | tuple[str, ...], str]:
        found: dict[str | tuple[str, ...], str] = {}
        for subject in self.before().declared or ():
            found[subject.path] = found[subject.name] = subject.file
        return found
