"""`kafkaops schemas`: whether schemas can evolve, what changed, how they are written, what a registry has."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kafkaops.cli.options import DEFAULT_FILE, EnvOption, FileOption

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
