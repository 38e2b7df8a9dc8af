"""Earlier versions from git: where a pull request left its target branch, and that branch's tip."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

from kafkaops.errors import Severity
from kafkaops.evolution.baseline import Before, Earlier, Facts, Project, Wanted, git_blob_name
from kafkaops.evolution.blob_texts import BlobTexts
from kafkaops.evolution.declared import DeclaredSubject, declared_subjects
from kafkaops.evolution.earlier_spec import Bindings, bindings_in
from kafkaops.evolution.former_place import former_place
from kafkaops.evolution.git import Branch, Repository
from kafkaops.evolution.history import AVRO_ENDING, BranchHistory
from kafkaops.evolution.model import Finding, Rule, Version
from kafkaops.evolution.shared import with_shared_types
from kafkaops.evolution.texts import SchemaTexts


@dataclass(frozen=True)
class _Point:
    """One state of the past."""

    label: str
    commit: str
    tree: Mapping[str, str]
    """Blobs by path from the project's root."""


class GitBaseline:
    """See `Baseline`."""

    def __init__(self, project: Project, ref: str | None) -> None:
        self._project = project
        self._repository = Repository(project.root)
        self._branch = self._repository.branch(ref) if ref else self._repository.main_branch()
        self._bases = self._repository.merge_bases(self._branch.commit)
        self._moved_from = former_place(project, self._repository, self._branch.commit)
        if self._moved_from is not None:
            self._repository = self._repository.at(self._moved_from.prefix)
        self._blobs = BlobTexts(self._repository)
        self._same: dict[str, str] = {}
        """The subjects whose schema is at one of the points to the letter, and which."""
        self._history: BranchHistory | None = None
        self._declared: dict[str, tuple[DeclaredSubject, ...] | None] = {}
        self.name = _name(self._branch, self._bases)

    @cached_property
    def _points(self) -> tuple[_Point, ...]:
        """The tip first."""
        tip = self._branch.commit
        found = [_Point(f"{self._branch.name} ({tip[:7]})", tip, self._repository.tree(tip))]
        for base in self._bases:
            if base != tip:
                label = f"merge base {base[:7]} with {self._branch.name}"
                found.append(_Point(label, base, self._repository.tree(base)))
        return tuple(found)

    # ---- what was declared

    def before(self) -> Before:
        """The spec at the merge base: what a pull request changed is measured from where it began."""
        point = self._points[-1]
        declared = self._declared_at(point)
        notes = []
        if self._bases == (self._branch.commit,) and self._repository.head() == self._branch.commit:
            notes.append(f"HEAD is the tip of {self._branch.name}: only what is not committed yet is checked")
        if self._moved_from is not None:
            was = self._moved_from
            name = f" as {was.name}" if was.name not in (None, self._project.name) else ""
            notes.append(f"the project lay in {was.folder}{name} at {point.label}, and is compared with what was there")
        if declared is None and self._main_file in point.tree:
            message = f"the spec at {point.label} cannot be read: moved bindings and lowered levels go unseen"
            found = Finding(rule=Rule.EARLIER_SPEC_UNREADABLE, code="KO364", message=message, severity=Severity.WARNING)
            return Before(None, (found,), tuple(notes))
        if declared is None:
            notes.append(f"there is no {self._main_file} at {point.label}: every schema counts by its file")
        return Before(declared, (), tuple(notes), self._bindings.get(point.commit), partial(self._full_name_at, point))

    @property
    def _main_file(self) -> str:
        return self._project.spec_file.name

    def _declared_at(self, point: _Point) -> tuple[DeclaredSubject, ...] | None:
        if point.commit not in self._declared:
            self._declared[point.commit] = self._read_declared(point)
        return self._declared[point.commit]

    def _read_declared(self, point: _Point) -> tuple[DeclaredSubject, ...] | None:
        bindings = self._bindings.get(point.commit)
        spec = bindings.of(self._project.environment) if bindings else None
        if spec is None:
            return None
        full_name = partial(self._full_name_at, point)  # read only if a naming strategy asks for it
        declared = declared_subjects(spec.spec, full_name, spec.places, spec.default)
        bound = {subject.file for subject in declared}
        if all(path in bound for path in point.tree if path.endswith(AVRO_ENDING)):
            return declared  # no file is left that could be shared, and none has to be read
        return with_shared_types(declared, self._texts_at(point), spec.default)

    def _full_name_at(self, point: _Point, file: str) -> str | None:
        return self._texts_at(point).full_name(file)

    @cached_property
    def _bindings(self) -> dict[str, Bindings | None]:
        return {point.commit: bindings_in(self._repository, point.tree, self._main_file) for point in self._points}

    def facts(self, subjects: Iterable[str]) -> Mapping[str, Facts]:
        """See `Baseline`: git knows of no registry."""
        return {}

    # ---- versions

    def prepare(self, wanted: Sequence[Wanted]) -> None:
        """See `Baseline`. Nothing is read of what is the same, by git's names of the files."""
        same = {each.subject.name: self._identical(each) for each in wanted}
        self._same = {name: label for name, label in same.items() if label is not None}
        changed = [each for each in wanted if each.subject.name not in self._same]
        if not any(_has_history(each) for each in changed):
            return
        tip = self._points[0]
        self._history = BranchHistory(self._repository, self._blobs, tip.commit, tip.tree, self._project.files)
        if any(each.candidate.references for each in changed):  # its versions took types from other files, too
            self._history.index()
            self._texts_at(tip)

    def earlier(self, wanted: Sequence[Wanted]) -> Iterator[Earlier]:
        """See `Baseline`."""
        changed = [each for each in wanted if each.subject.name not in self._same]
        needed = [blob for each in changed for blob in self._blobs_of(each)]
        fresh = [blob for blob in needed if blob not in self._blobs.of]
        self._blobs.read(fresh)
        for each in wanted:
            same = self._same.get(each.subject.name)
            yield self._earlier(each) if same is None else Earlier(identical=same)
        self._blobs.forget(fresh)

    def _identical(self, wanted: Wanted) -> str | None:
        references = wanted.candidate.references
        texts = [wanted.candidate.text.text, *(reference.text for reference in references)]
        for point in self._points:
            paths = [self._path_at(point, wanted.subject), *(reference.name for reference in references)]
            blobs = [point.tree.get(path, "") for path in paths]
            if all(map(_is_blob, texts, blobs)):
                return point.label
        return None

    def _blobs_of(self, wanted: Wanted) -> Iterator[str]:
        """The blobs that the versions of a subject are in."""
        for point in self._points:
            blob = point.tree.get(self._path_at(point, wanted.subject))
            if blob is not None and wanted.subject.file.endswith(AVRO_ENDING):
                yield blob
        if self._history is not None and _has_history(wanted):
            yield from self._history.blobs(self._path_at(self._points[0], wanted.subject))

    def _earlier(self, wanted: Wanted) -> Earlier:
        alone: dict[str, Version] = {}
        """The versions that take no type from another file, by their blobs."""
        at_points = list(self._at_points(wanted.subject, alone))
        past: list[Version] = []
        if self._history is not None and _has_history(wanted):
            path = self._path_at(self._points[0], wanted.subject)
            past = list(self._history.versions(path, known=alone, whole=wanted.level.transitive))
        if not wanted.level.transitive:
            states = tuple(_distinct(at_points))
            return Earlier(states, recent=len(states), former=tuple(past))
        versions = tuple(_distinct([*at_points, *past]))
        count = len(versions)
        note = f"{count} {'version' if count == 1 else 'versions'} in the history of {self._branch.name}"
        return Earlier(versions, note=note if _has_history(wanted) else "")

    def _at_points(self, subject: DeclaredSubject, alone: dict[str, Version]) -> Iterator[Version]:
        for point in self._points:
            path = self._path_at(point, subject)
            blob = point.tree.get(path)
            if blob is None or blob in alone or not path.endswith(AVRO_ENDING):
                continue
            version = Version(point.label, self._blobs.of[blob])
            standing = version.standing_alone()
            if standing is not None:
                alone[blob] = standing
            yield standing or self._with_others(version, point, path)

    def _with_others(self, version: Version, point: _Point, path: str) -> Version:
        """The version with the types that it took from other files at that point."""
        return replace(version, references=self._texts_at(point).references_of(path))

    def _texts_at(self, point: _Point) -> SchemaTexts:
        return self._texts[point.commit]

    @cached_property
    def _texts(self) -> dict[str, SchemaTexts]:
        """All Avro files of each point, read by one process."""
        trees = {
            point.commit: {path: blob for path, blob in point.tree.items() if path.endswith(AVRO_ENDING)}
            for point in self._points
        }
        self._blobs.read(blob for tree in trees.values() for blob in tree.values())
        known = self._blobs.of
        return {
            point.commit: SchemaTexts(
                {path: known[blob] for path, blob in trees[point.commit].items()},
                suffix=f" at {point.commit[:7]}",
                preferred=self._project.files,
            )
            for point in self._points
        }

    # ---- where a subject's file was

    def _path_at(self, point: _Point, subject: DeclaredSubject) -> str:
        """The file that the subject was bound to then, or the one of the same name."""
        bound = self._bound[point.commit]
        return bound.get(subject.path) or bound.get(subject.name) or subject.file

    @cached_property
    def _bound(self) -> dict[str, dict[str | tuple[str, ...], str]]:
        found: dict[str, dict[str | tuple[str, ...], str]] = {}
        for point in self._points:
            bound = found.setdefault(point.commit, {})
            for subject in self._declared_at(point) or ():
                bound[subject.path] = bound[subject.name] = subject.file
        return found


def _has_history(wanted: Wanted) -> bool:
    return wanted.level.checked and wanted.subject.file.endswith(AVRO_ENDING)


def _distinct(versions: Iterable[Version]) -> Iterator[Version]:
    """The versions without those that say what one before them says to the letter."""
    seen: set[tuple[str, ...]] = set()
    for version in versions:
        key = (version.text, *(reference.text for reference in version.references))
        if key not in seen:
            seen.add(key)
            yield version


def _is_blob(text: str, blob: str) -> bool:
    return bool(blob) and git_blob_name(text, "sha1" if len(blob) == 40 else "sha256") == blob


def _name(branch: Branch, bases: tuple[str, ...]) -> str:
    if bases == (branch.commit,):
        return f"git {branch.name} ({branch.commit[:7]})"
    listed = ", ".join(base[:7] for base in bases)
    return f"git {branch.name} (merge base {listed}, tip {branch.commit[:7]})"
