"""`kafkaops schemas check`: from options to a verdict."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from kafkaops.cli.streams import write_text
from kafkaops.errors import ExitCode, UsageError
from kafkaops.writable import check_file

if TYPE_CHECKING:
    from kafkaops.evolution.baseline import Baseline, Project
    from kafkaops.evolution.earlier_spec import Bindings
    from kafkaops.evolution.model import CheckResult
    from kafkaops.spec.loaded import LoadedSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRequest:
    """The options, as given."""

    files: tuple[Path, ...] = ()
    spec_file: Path
    environment: str | None = None
    against: str | None = None
    subjects: tuple[str, ...] = ()
    level: str | None = None
    references: tuple[Path, ...] = ()
    metadata: tuple[str, ...] = ()
    strict_logical_types: bool = False


def check_command(request: CheckRequest, format_: str, reports: tuple[str, ...], *, verbose: bool) -> ExitCode:
    """Check, show, write reports."""
    wanted = [_parse_report(text) for text in reports]
    _refuse_wrong_usage(request)
    with _no_garbage_collection():
        result = _two_files(request) if request.files else _project(request)
    if request.subjects:
        result = _only(result, request.subjects)
    return _show(result, format_, wanted, verbose=verbose)


def lint_command(
    files: tuple[Path, ...],
    spec_file: Path,
    environment: str | None,
    format_: str,
    reports: tuple[str, ...],
    *,
    verbose: bool,
) -> ExitCode:
    """Lint, show, write reports."""
    from kafkaops.evolution.lint_project import lint_files, lint_project

    wanted = [_parse_report(text) for text in reports]
    if files:
        return _show(lint_files(files), format_, wanted, verbose=verbose)
    loaded, bindings = _loaded(spec_file, environment)
    result = lint_project(loaded, bindings.default(loaded.environment_name))
    return _show(result, format_, wanted, verbose=verbose)


def _show(result: CheckResult, format_: str, reports: list[tuple[str, Path]], *, verbose: bool) -> ExitCode:
    write_text(rendered(result, format_, colour=colourful(), verbose=verbose))
    for name, file in reports:
        _write(file, rendered(result, name, colour=False, verbose=verbose))
    return result.exit_code


def rendered(result: CheckResult, format_: str, *, colour: bool, verbose: bool) -> str:
    """The result in one of the formats."""
    match format_:
        case "json":
            from kafkaops.report.check_document import check_document
            from kafkaops.report.json_text import json_text

            return json_text(check_document(result))
        case "markdown":
            from kafkaops.report.check_markdown import check_markdown

            return check_markdown(result)
        case "junit":
            from kafkaops.report.junit import check_junit

            return check_junit(result)
        case "sarif":
            from kafkaops.report.sarif import check_sarif

            return check_sarif(result)
        case "gitlab":
            from kafkaops.report.gitlab import check_gitlab

            return check_gitlab(result)
        case _:
            from kafkaops.report.check_text import check_text

            return check_text(result, colour=colour, verbose=verbose)


def _refuse_wrong_usage(request: CheckRequest) -> None:
    """Say what is not meant together before anything is read."""
    _metadata(request.metadata)
    unused = [
        name
        for name, value in (
            ("--against", request.files and request.against),
            ("--subject", request.files and request.subjects),
            ("--level", not request.files and request.level),
            ("--reference", not request.files and request.references),
        )
        if value
    ]
    if unused:
        how = "with two files" if request.files else "without two files to compare"
        raise UsageError.of("KO924", f"{', '.join(unused)} means nothing {how}")


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Looking for garbage among many parsed schemas takes a sixth of a check, and there is next to none."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


FORMATS = ("text", "json", "markdown", "junit", "sarif", "gitlab")


def _parse_report(text: str) -> tuple[str, Path]:
    name, _, file = text.partition("=")
    if name not in FORMATS or not file:
        raise UsageError.of("KO920", f"--report {text}: write FORMAT=FILE", hint=f"formats: {', '.join(FORMATS)}")
    check_file("KO921", Path(file), in_place=True)
    return name, Path(file)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise UsageError.of("KO921", f"{file} cannot be written: {error.strerror or error}") from None


def colourful() -> bool:
    """Whether stdout is a terminal that wants colour."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _only(result: CheckResult, patterns: tuple[str, ...]) -> CheckResult:
    from kafkaops.spec.suggest import did_you_mean

    kept = tuple(each for each in result.subjects if any(fnmatchcase(each.subject, pattern) for pattern in patterns))
    if not kept:
        names = [each.subject for each in result.subjects]
        raise UsageError.of("KO382", f"no subject matches {', '.join(patterns)}", hint=did_you_mean(patterns[0], names))
    return replace(result, subjects=kept)


def _project(request: CheckRequest) -> CheckResult:
    from kafkaops.evolution.baseline import Project
    from kafkaops.evolution.check import Options, check_project

    kind, _, name = (request.against or "git").partition(":")
    environment = (name or request.environment) if kind == "registry" else request.environment
    loaded, bindings = _loaded(request.spec_file, environment)
    project = Project(
        loaded.root,
        request.spec_file,
        loaded.schema_texts,
        loaded.environment_name,
        loaded.spec.project,
        frozenset(loaded.spec.topics),
    )
    options = Options(request.strict_logical_types, _metadata(request.metadata))
    with _baseline(request.against or "git", project, loaded) as baseline:
        return check_project(loaded, bindings, baseline, options)


def _loaded(spec_file: Path, environment: str | None) -> tuple[LoadedSpec, Bindings]:
    """The spec for one environment, and what it binds in each, of files that are read once."""
    from kafkaops.evolution.earlier_spec import Bindings
    from kafkaops.spec.assemble import assemble
    from kafkaops.spec.load import load_assembled

    assembled = assemble(spec_file)
    return load_assembled(assembled, environment), Bindings(assembled.root)


@contextmanager
def _baseline(against: str, project: Project, loaded: LoadedSpec) -> Iterator[Baseline]:
    kind, _, name = against.partition(":")
    match kind:
        case "git":
            from kafkaops.evolution.git_baseline import GitBaseline

            yield GitBaseline(project, name or None)
        case "registry":
            from kafkaops.cli.registry import open_registry
            from kafkaops.evolution.registry_baseline import RegistryBaseline

            with open_registry(loaded) as registry:
                yield RegistryBaseline(registry, loaded.environment_name)
        case _:
            from kafkaops.evolution.folder_baseline import FolderBaseline

            yield FolderBaseline(project, Path(against))


def _metadata(texts: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not (key and equals):
            raise UsageError.of("KO922", f"--metadata {text}: write KEY=VALUE")
        found[key] = value
    return found


def _two_files(request: CheckRequest) -> CheckResult:
    from kafkaops.evolution.two_files import check_two_files

    if len(request.files) != 2:
        raise UsageError.of(
            "KO923",
            f"{len(request.files)} files were given, and two are compared: the earlier one, then the new one",
            hint="without files the spec's schemas are checked",
        )
    return check_two_files(
        *request.files, request.level, request.references, strict_logical_types=request.strict_logical_types
    )
