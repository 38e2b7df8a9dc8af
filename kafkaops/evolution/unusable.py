"""Files named on the command line: read, or refused with their place."""

from __future__ import annotations

from pathlib import Path

from kafkaops.compat import MAX_CHARACTERS, SchemaError, SchemaText
from kafkaops.errors import Diagnostic, Place, SpecError
from kafkaops.spec.source import read_text


def read_schema(file: Path) -> SchemaText:
    """A schema file's text, named as the user named it. Raises `SpecError` (KO378)."""
    text = read_text(file, code="KO378")
    if len(text) > MAX_CHARACTERS:
        # Without a place: showing a line of that size would take longer than reading it.
        summary = f"{file} has {len(text):,} characters, and at most {MAX_CHARACTERS:,} are read"
        raise SpecError.of("KO378", summary, hint="the registry's record of it would not fit into Kafka either")
    return SchemaText(text, str(file))


def unusable(error: SchemaError, file: Path) -> SpecError:
    """What is wrong with a schema that was given, each problem with its place (KO378)."""
    return SpecError(
        Diagnostic(
            "KO378",
            f"{file} is not a usable schema: {problem.message}",
            place=Place(Path(problem.location.name or file), problem.location.line, problem.location.column),
            hint=problem.fix or None,
        )
        for problem in error.problems
    )
