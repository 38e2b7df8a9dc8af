"""Linting all schemas of a project, and how its subjects are named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from kafkaops import compat
from kafkaops.compat import SchemaError, SchemaText
from kafkaops.errors import Severity
from kafkaops.evolution.check import from_root, subjects_of, suppressions_of
from kafkaops.evolution.declared import DeclaredSubject, Default, Language
from kafkaops.evolution.lint import DEFAULT_LEVELS, lint
from kafkaops.evolution.model import CheckResult, Finding, Spot, State, SubjectResult
from kafkaops.evolution.suppress import Suppressions
from kafkaops.evolution.texts import SchemaTexts
from kafkaops.evolution.unusable import read_schema, unusable
from kafkaops.spec.lint_rules import LintLevel, LintRule
from kafkaops.spec.loaded import LoadedSpec
from kafkaops.spec.model import SchemaLint, SubjectNameStrategy

_VERDICTS = ("clean", "not clean")
_LINT_RULES = frozenset(rule.value for rule in LintRule)


def lint_project(loaded: LoadedSpec, default: Default, today: date | None = None) -> CheckResult:
    """Lint every schema that the spec declares, each once, with the spec's severities and suppressions."""
    texts = SchemaTexts({Path(file).as_posix(): text for file, text in loaded.schema_texts.items()})
    subjects = subjects_of(loaded, texts, default)
    config = loaded.spec.schemas.lint
    entries = [entry for entry in suppressions_of(loaded) if entry.rule in _LINT_RULES]
    suppressions = Suppressions(entries, today or date.today())
    results = [_subject(subject, texts, config, loaded, suppressions) for subject in _each_file_once(subjects)]
    return CheckResult(
        project=loaded.spec.project,
        root=loaded.root,
        against="the lint rules",
        subjects=tuple(results),
        general=suppressions.about_themselves(),
        verdicts=_VERDICTS,
    )


def lint_files(files: Iterable[Path]) -> CheckResult:
    """Lint files without a spec. Raises `SpecError` (KO378) for what is no schema."""
    given = [read_schema(file) for file in files]
    results = []
    for text in given:
        others = [other for other in given if other is not text]
        try:
            schema = compat.parse(text, _needed(text, others))
        except SchemaError as error:
            raise unusable(error, Path(text.name)) from None
        findings = lint(schema, SchemaLint())
        results.append(
            SubjectResult(subject=Path(text.name).stem, file=text.name, state=_state(findings), findings=findings)
        )
    return CheckResult(
        project="schemas", root=Path.cwd(), against="the lint rules", subjects=tuple(results), verdicts=_VERDICTS
    )


def _needed(text: SchemaText, others: list[SchemaText]) -> tuple[SchemaText, ...]:
    texts = SchemaTexts({item.name: item.text for item in (text, *others)})
    return texts.references_of(text.name)


def _each_file_once(subjects: Iterable[DeclaredSubject]) -> list[DeclaredSubject]:
    found: dict[str, DeclaredSubject] = {}
    for subject in subjects:
        found.setdefault(subject.file, subject)
    return list(found.values())


def _subject(
    subject: DeclaredSubject, texts: SchemaTexts, config: SchemaLint, loaded: LoadedSpec, suppressions: Suppressions
) -> SubjectResult:
    if subject.language is not Language.AVRO:
        note = "only Avro is linted"
        return SubjectResult(subject=subject.name, file=subject.file, state=State.NOT_CHECKED, note=note)
    text = SchemaText(texts.texts[subject.file], subject.file)
    schema = compat.parse(text, texts.references_of(subject.file))
    found = (*lint(schema, config), *_naming(subject, texts, config, loaded))
    findings = suppressions.applied(replace(finding, subject=subject.name) for finding in found)
    return SubjectResult(subject=subject.name, file=subject.file, state=_state(findings), findings=findings)


def _state(findings: Iterable[Finding]) -> State:
    return State.BROKEN if any(finding.counts for finding in findings) else State.CLEAN


def _naming(subject: DeclaredSubject, texts: SchemaTexts, config: SchemaLint, loaded: LoadedSpec) -> Iterator[Finding]:
    """A subject given by hand that serializers with the declared strategy would not use."""
    level = (DEFAULT_LEVELS | config.rules)[LintRule.NAMING_STRATEGY]
    if level is LintLevel.OFF or not subject.topics:
        return
    wanted = _by_strategy(subject, texts.full_name(subject.file))
    if wanted is not None and subject.name not in wanted:
        place = loaded.places.of(*subject.path, "subject")
        spot = Spot(from_root(str(place.file), loaded.root), place.line, place.column) if place else None
        yield Finding(
            rule=LintRule.NAMING_STRATEGY.value,
            code="KO362",
            severity=Severity(level.value),
            message=f"{subject.strategy} gives the subject {wanted[0]}, and the spec says {subject.name}: serializers "
            "that go by the strategy register under the other name",
            fix=f"leave `subject` out, or set the strategy by which {subject.name} comes about",
            spot=spot,
        )


def _by_strategy(subject: DeclaredSubject, full_name: str | None) -> list[str] | None:
    part = "key" if subject.is_key else "value"
    match subject.strategy:
        case SubjectNameStrategy.TOPIC:
            return [f"{topic}-{part}" for topic in subject.topics]
        case SubjectNameStrategy.RECORD:
            return [full_name] if full_name else None
        case SubjectNameStrategy.TOPIC_RECORD:
            return [f"{topic}-{full_name}" for topic in subject.topics] if full_name else None
