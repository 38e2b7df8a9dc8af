"""`kafkaops schemas`: whether schemas can evolve, what changed, how they are written, what a registry has."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kafkaops.cli.options import DEFAULT_FILE, DataFormat, EnvOption, FileOption

app = typer.Typer(
    name="schemas",
    help="Check, compare, lint and pull schemas.",
    no_args_is_help=True,
)


class CheckFormat(StrEnum):
    """How a check is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    JUNIT = "junit"
    SARIF = "sarif"
    GITLAB = "gitlab"


FormatOption = Annotated[CheckFormat, typer.Option("--format", help="How to write the result to stdout.")]
ReportOption = Annotated[
    list[str] | None,
    typer.Option(
        "--report",
        metavar="FORMAT=FILE",
        help="Write it to a file as well, such as sarif=schemas.sarif; may be repeated.",
    ),
]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Show what is unchanged, too.")]
StrictOption = Annotated[
    bool, typer.Option("--strict-logical-types", help="Take a changed logical type for an error, not a warning.")
]
ReferenceOption = Annotated[
    list[Path] | None,
    typer.Option("--reference", metavar="FILE", help="A file with types that two given files use; may be repeated."),
]


@app.command(epilog="Example: kafkaops schemas check --against registry:production")
def check(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[OLD NEW]", help="Two files to compare, instead of the spec's schemas."),
    ] = None,
    file: FileOption = DEFAULT_FILE,
    env: EnvOption = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="WHERE",
            help="git[:REF], registry[:ENV] or a folder. Default: git, the branch that a pull request goes to.",
            show_default=False,
        ),
    ] = None,
    subject: Annotated[
        list[str] | None,
        typer.Option("--subject", metavar="PATTERN", help="Only these subjects, * for any text; may be repeated."),
    ] = None,
    level: Annotated[
        str | None, typer.Option("--level", metavar="LEVEL", help="The level for two given files (BACKWARD).")
    ] = None,
    reference: ReferenceOption = None,
    metadata: Annotated[
        list[str] | None,
        typer.Option(
            "--metadata",
            metavar="KEY=VALUE",
            help="Metadata that the schemas will be registered with, for compatibility groups; may be repeated.",
        ),
    ] = None,
    strict_logical_types: StrictOption = False,
    format: FormatOption = CheckFormat.TEXT,
    report: ReportOption = None,
    verbose: VerboseOption = False,
) -> None:
    """Tell whether every reader and writer goes on working with the schemas as they are now.

    Exits 0 if so, 3 if not, 2 when something cannot be read, 1 when the registry cannot be reached.
    """
    from kafkaops.cli.schemas_check import CheckRequest, check_command

    request = CheckRequest(
        files=tuple(files or ()),
        spec_file=file,
        environment=env,
        against=against,
        subjects=tuple(subject or ()),
        level=level,
        references=tuple(reference or ()),
        metadata=tuple(metadata or ()),
        strict_logical_types=strict_logical_types,
    )
    raise typer.Exit(check_command(request, format.value, tuple(report or ()), verbose=verbose))


@app.command(epilog="Example: kafkaops schemas lint --format sarif > lint.sarif")
def lint(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILES]", help="Files to lint, instead of the spec's schemas."),
    ] = None,
    file: FileOption = DEFAULT_FILE,
    env: EnvOption = None,
    format: FormatOption = CheckFormat.TEXT,
    report: ReportOption = None,
    verbose: VerboseOption = False,
) -> None:
    """Tell how schemas could be written better: docs, names, defaults, logical types.

    The spec's `schemas: lint:` sets the severity of each rule. Exits 3 for errors, 0 for anything less.
    """
    from kafkaops.cli.schemas_check import lint_command

    raise typer.Exit(lint_command(tuple(files or ()), file, env, format.value, tuple(report or ()), verbose=verbose))


@app.command(epilog="Example: kafkaops schemas diff git:main:schemas/order-event.avsc schemas/order-event.avsc")
def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="A file, git:REF:FILE or registry:SUBJECT[@VERSION].")],
    after: Annotated[str, typer.Argument(metavar="B", help="The same, for what it is compared with.")],
    file: FileOption = DEFAULT_FILE,
    env: EnvOption = None,
    reference: ReferenceOption = None,
    strict_logical_types: StrictOption = False,
    format: Annotated[DataFormat, typer.Option("--format", help="How to write the result.")] = DataFormat.TEXT,
) -> None:
    """Say what changed from A to B, and who can still read whom."""
    from kafkaops.cli.schemas_diff import diff_command

    diff_command(before, after, file, env, tuple(reference or ()), format, strict_logical_types=strict_logical_types)


@app.command(epilog="Example: kafkaops schemas pull 'order-*' --env production --into schemas")
def pull(
    patterns: Annotated[
        list[str] | None, typer.Argument(metavar="[SUBJECTS]", help="Subjects, * for any text. Default: all.")
    ] = None,
    into: Annotated[Path, typer.Option("--into", metavar="FOLDER", help="Where to write.")] = Path("schemas"),
    all_versions: Annotated[
        bool, typer.Option("--all-versions", help="Every version, as SUBJECT/1.avsc, SUBJECT/2.avsc, …")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over files that say something else.")] = False,
    file: FileOption = DEFAULT_FILE,
    env: EnvOption = None,
) -> None:
    """Write the registry's subjects into files, with the subjects that they refer to."""
    from kafkaops.cli.schemas_pull import pull_command

    pull_command(tuple(patterns or ()), into, file, env, all_versions=all_versions, force=force)
