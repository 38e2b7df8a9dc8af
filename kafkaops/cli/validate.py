"""`kafkaops validate` and `kafkaops json-schema`: the spec in itself, without any cluster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kafkaops.cli.options import DataFormat
from kafkaops.cli.terminal import stderr, stdout, write_json
from kafkaops.errors import ExitCode, KafkaopsError, Severity

if TYPE_CHECKING:
    from kafkaops.spec.validation import Validation


def validate_command(file: Path, environment: str | None, format_: DataFormat) -> ExitCode:
    """Show everything that is wrong with the spec: findings to stderr, the verdict (or the JSON) to stdout."""
    from kafkaops.spec.validation import Finding, Validation, validate

    try:
        validation = validate(file, environment)
    except KafkaopsError as error:
        findings = tuple(Finding(item) for item in error.diagnostics)
        validation = Validation(file, None, (), findings, {})
    if format_ is DataFormat.JSON:
        write_json(_document(validation))
    else:
        _print(validation)
    return ExitCode.OK if validation.valid else ExitCode.USAGE


def _print(validation: Validation) -> None:
    from kafkaops.report.diagnostics import print_diagnostics
    from kafkaops.spec.validation import counted, explained

    print_diagnostics(map(explained, validation.findings), stderr())
    errors, warnings = validation.count(Severity.ERROR), validation.count(Severity.WARNING)
    noted = f" ({_number(warnings, 'warning')})" if warnings else ""
    if errors:
        stdout().print(f"{validation.file}: {_number(errors, 'error')}{noted}")
        return
    environments = f" in {', '.join(validation.environments)}" if validation.environments else ""
    stdout().print(f"{validation.file} is valid{environments}: {counted(validation.declared)}{noted}")


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _document(validation: Validation) -> dict[str, object]:
    from kafkaops.report.document import diagnostic_document

    return {
        "format_version": 1,
        "file": str(validation.file),
        "project": validation.project,
        "valid": validation.valid,
        "environments": list(validation.environments),
        "declared": dict(validation.declared),
        "diagnostics": [
            {**diagnostic_document(finding.diagnostic), "environments": list(finding.environments)}
            for finding in validation.findings
        ],
    }


def json_schema_command() -> None:
    """Print the JSON Schema of spec files."""
    from kafkaops.spec.json_schema import spec_schema

    write_json(spec_schema())
