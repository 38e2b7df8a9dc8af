"""A schema check from beginning to end: what is declared, what was there, the verdict on each subject."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, partial
from pathlib import Path

from kafkaops.compat import SchemaText
from kafkaops.evolution.affected import Readers
from kafkaops.evolution.baseline import Baseline, Before, DirectReference, Facts, Wanted
from kafkaops.evolution.declared import DeclaredSubject, Default, declared_subjects
from kafkaops.evolution.earlier_spec import Bindings
from kafkaops.evolution.elsewhere import movements_elsewhere
from kafkaops.evolution.judge import Judgement
from kafkaops.evolution.levels import effective_level, upgrade_order
from kafkaops.evolution.model import Candidate, CheckResult, Finding, RegistryVerdict, State, SubjectResult
from kafkaops.evolution.movements import Movements
from kafkaops.evolution.shared import with_shared_types
from kafkaops.evolution.subject_verdict import verdict_on
from kafkaops.evolution.suppress import Suppression, Suppressions
from kafkaops.evolution.texts import SchemaTexts, remember_outlines
from kafkaops.parallel import in_parts
from kafkaops.spec.lint_rules import LintRule
from kafkaops.spec.loaded import LoadedSpec


@dataclass(frozen=True, slots=True)
class Options:
    """What a user may ask for."""

    strict_logical_types: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)
    """The metadata that the schemas will be registered with, for compatibility groups."""
    today: date = field(default_factory=date.today)


def check_project(
    loaded: LoadedSpec, bindings: Bindings, baseline: Baseline, options: Options | None = None
) -> CheckResult:
    """Check every subject of a project against a baseline. Raises what the baseline raises.

    `bindings` are the same spec's, in each of its environments.
    """
    chosen = options or Options()
    checking = _Checking(loaded, bindings, baseline, chosen)
    results, general = checking.run()
    entries = [entry for entry in suppressions_of(loaded) if entry.rule not in set(LintRule)]
    suppressions = Suppressions(entries, chosen.today)
    subjects = tuple(replace(result, findings=suppressions.applied(result.findings)) for result in results)
    applied = suppressions.applied(general)
    return CheckResult(
        project=loaded.spec.project,
        root=loaded.root,
        against=baseline.name,
        subjects=tuple(replace(subject, state=_state(subject)) for subject in subjects),
        general=(*applied, *suppressions.about_themselves()),
        notes=checking.notes,
    )


def suppressions_of(loaded: LoadedSpec) -> tuple[Suppression, ...]:
    """The spec's suppressions, with their places."""
    return tuple(
        Suppression(
            entry.subject,
            entry.rule,
            entry.reason,
            entry.until,
            entry.path,
            loaded.places.of("schemas", "suppressions", index),
        )
        for index, entry in enumerate(loaded.spec.schemas.suppressions)
    )


def subjects_of(loaded: LoadedSpec, texts: SchemaTexts, default: Default) -> tuple[DeclaredSubject, ...]:
    """The subjects of a project: those that it declares, and those of shared types."""
    return with_shared_types(declared_subjects(loaded.spec, texts.full_name, loaded.places, default), texts, default)


def _owners(subjects: Iterable[DeclaredSubject]) -> dict[str, str]:
    """The subject by which others refer to a file: one that is declared for it before a topic's."""
    found: dict[str, str] = {}
    for subject in sorted(subjects, key=lambda each: bool(each.topics)):
        found.setdefault(subject.file, subject.name)
    return found


def _state(subject: SubjectResult) -> State:
    """A subject all of whose errors are suppressed passes."""
    suppressed = subject.state is State.INCOMPATIBLE and subject.ok
    return State.COMPATIBLE if suppressed else subject.state


class _Checking:
    """One check, step by step."""

    def __init__(self, loaded: LoadedSpec, bindings: Bindings, baseline: Baseline, options: Options) -> None:
        self._loaded = loaded
        self._bindings = bindings
        self._default = bindings.default(loaded.environment_name)
        self._baseline = baseline
        self._options = options
        self._texts = SchemaTexts({_posix(file): text for file, text in loaded.schema_texts.items()})
        remember_outlines(loaded.schema_texts, loaded.schema_outlines)
        self._subjects = subjects_of(loaded, self._texts, self._default)
        self._subject_of = _owners(self._subjects)
        self._readers = Readers(loaded.spec)
        self.notes: tuple[str, ...] = ()

    def run(self) -> tuple[list[SubjectResult], list[Finding]]:
        """The results by subject, and the findings of none."""
        before = self._baseline.before()
        self.notes = before.notes
        facts = self._baseline.facts([subject.name for subject in self._subjects])
        wanted = [self._wanted(subject, facts.get(subject.name, Facts())) for subject in self._subjects]
        self._baseline.prepare(wanted)
        verdicts = in_parts(partial(_verdicts, self._baseline, self._options.strict_logical_types), wanted)
        results = [self._result(each, *verdict) for each, verdict in zip(wanted, verdicts, strict=True)]
        return self._with_movements(results, before)

    def _wanted(self, subject: DeclaredSubject, facts: Facts) -> Wanted:
        declared = None if subject.level_is_default else subject.level
        level = effective_level(declared, facts.level, self._default.level, facts.global_level)
        text = SchemaText(self._texts.texts.get(subject.file, ""), subject.file)
        candidate = Candidate(text, self._texts.references_of(subject.file), self._options.metadata)
        return Wanted(subject, candidate, level, tuple(self._direct(subject.file)))

    def _direct(self, file: str) -> Iterator[DirectReference]:
        """The references that a registry wants named: one for each file that types are taken from."""
        for other, name in self._texts.direct_needs(file).items():
            subject = self._subject_of.get(other)
            if subject is not None:
                yield DirectReference(name, subject, self._texts.texts[other])

    def _result(self, wanted: Wanted, judgement: Judgement, registry: RegistryVerdict | None) -> SubjectResult:
        subject = wanted.subject
        findings = (replace(finding, subject=subject.name) for finding in judgement.findings)
        return SubjectResult(
            subject=subject.name,
            file=subject.file,
            state=judgement.state,
            level=wanted.level,
            compared=judgement.compared,
            note=judgement.note,
            affected=self._readers.of(self._topics(subject)),
            order=upgrade_order(wanted.level.value),
            registry=registry,
            findings=tuple(findings),
        )

    def _topics(self, subject: DeclaredSubject) -> tuple[str, ...]:
        """The topics whose records carry a subject, as the whole or inside."""
        if subject.topics:
            return subject.topics
        return tuple(self._topics_through.get(subject.file, ()))

    @cached_property
    def _topics_through(self) -> dict[str, dict[str, None]]:
        """For each file that others take types from: the topics of those others."""
        found: dict[str, dict[str, None]] = {}
        for subject in self._subjects:
            for file in self._texts.needed_by(subject.file) if subject.topics else ():
                found.setdefault(file, {}).update(dict.fromkeys(subject.topics))
        return found

    def _with_movements(
        self, results: list[SubjectResult], before: Before
    ) -> tuple[list[SubjectResult], list[Finding]]:
        removed = {removal.address.partition(".")[2] for removal in self._loaded.spec.removed}
        moved = Movements(before.declared or (), self._subjects, removed).findings()
        by_subject: dict[str, list[Finding]] = {}
        for finding in moved:
            by_subject.setdefault(finding.subject or "", []).append(self._placed(finding))
        known = {result.subject for result in results}
        general = list(before.findings)
        for finding in self._elsewhere(before, removed, by_subject):
            mine = by_subject.setdefault(finding.subject or "", []) if finding.subject in known else general
            mine.append(finding)
        found = [
            replace(result, findings=(*by_subject.get(result.subject, ()), *result.findings)) for result in results
        ]
        was = {subject.name: subject for subject in before.declared or ()}
        found.extend(self._gone(was[name], findings) for name, findings in by_subject.items() if name not in known)
        return found, general

    def _elsewhere(
        self, before: Before, removed: set[str], here: Mapping[str, Sequence[Finding]]
    ) -> tuple[Finding, ...]:
        """What happened in other environments and not in this one."""
        told = {(name, each.message) for name, findings in here.items() for each in findings}
        found = movements_elsewhere(
            self._loaded.environment_name, self._bindings, self._texts.full_name, before, removed, told
        )
        return tuple(map(self._placed, found))

    def _gone(self, was: DeclaredSubject, findings: list[Finding]) -> SubjectResult:
        return SubjectResult(
            subject=was.name,
            file=was.file,
            state=State.REMOVED,
            affected=self._readers.of(was.topics),
            findings=tuple(findings),
        )

    def _placed(self, finding: Finding) -> Finding:
        """The finding with its file named from the project's root."""
        if finding.spot is None:
            return finding
        return replace(finding, spot=replace(finding.spot, file=from_root(finding.spot.file, self._loaded.root)))


def _verdicts(
    baseline: Baseline, strict: bool, wanted: Sequence[Wanted]
) -> list[tuple[Judgement, RegistryVerdict | None]]:
    """The verdicts on some subjects: kafkaops' own, all that is to be said of it included, and the registry's."""
    found = []
    for each, before in zip(wanted, baseline.earlier(wanted), strict=True):
        judgement = verdict_on((each, before), strict=strict)
        note = "; ".join(filter(None, (judgement.note, before.note)))
        found.append((replace(judgement, note=note), before.registry))
    return found


def from_root(file: str, root: Path) -> str:
    """A file's name from the project's root, where it is below it."""
    path = Path(file)
    if not path.is_absolute() and not (root / path).exists():
        path = path.absolute()
    return path.relative_to(root).as_posix() if path.is_absolute() and path.is_relative_to(root) else path.as_posix()


def _posix(file: str) -> str:
    return Path(file).as_posix()
