"""`kafkaops schemas diff`: from two names to two schemas, and what is between them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from kafkaops.cli.options import DataFormat
from kafkaops.cli.schemas_check import colourful
from kafkaops.cli.streams import write_text
from kafkaops.compat import Schema, SchemaError, SchemaText, parse
from kafkaops.errors import UsageError


def diff_command(
    before: str,
    after: str,
    spec_file: Path,
    environment: str | None,
    references: tuple[Path, ...],
    format_: DataFormat,
    *,
    strict_logical_types: bool,
) -> None:
    """Read both, compare, show."""
    from kafkaops.evolution.compared import compare
    from kafkaops.evolution.unusable import read_schema
    from kafkaops.report.difference_text import difference_document, difference_text

    shared = [read_schema(file) for file in references]
    sides = [_schema(name, spec_file, environment, shared) for name in (before, after)]
    compared = compare(*sides, strict_logical_types=strict_logical_types)
    if format_ is DataFormat.JSON:
        from kafkaops.cli.terminal import write_json

        write_json(difference_document(compared))
    else:
        write_text(difference_text(compared, colour=colourful()))


def _schema(name: str, spec_file: Path, environment: str | None, shared: Iterable[SchemaText]) -> Schema:
    from kafkaops.evolution.unusable import unusable

    kind, _, rest = name.partition(":")
    if kind == "registry" and rest:
        text, references = _registered(rest, spec_file, environment)
    elif kind == "git" and rest:
        text, references = _stored(rest)
    else:
        text, references = _file(Path(name), shared)
    try:
        return parse(text, (*references, *shared), lenient=True)
    except SchemaError as error:
        raise unusable(error, Path(name)) from None


def _file(file: Path, shared: Iterable[SchemaText]) -> tuple[SchemaText, tuple[SchemaText, ...]]:
    """A file, and what it needs of the Avro files around it."""
    from kafkaops.evolution.texts import SchemaTexts
    from kafkaops.evolution.unusable import read_schema

    text = read_schema(file)
    texts = SchemaTexts({str(file): text.text})
    if list(shared) or not texts.names_needed(str(file)):
        return text, ()
    around = {str(other): read_schema(other).text for other in sorted(file.parent.rglob("*.avsc"))}
    return text, SchemaTexts({**around, str(file): text.text}).references_of(str(file))


def _stored(rest: str) -> tuple[SchemaText, tuple[SchemaText, ...]]:
    """`REF:FILE`, the file as git has it, and what it needs of the Avro files beside it then."""
    from kafkaops.evolution.blob_texts import decoded
    from kafkaops.evolution.git import Repository
    from kafkaops.evolution.history import AVRO_ENDING
    from kafkaops.evolution.texts import SchemaTexts

    ref, _, path = rest.rpartition(":")
    if not ref:
        raise UsageError.of("KO383", f"git:{rest}: write git:REF:FILE")
    repository = Repository(Path.cwd())
    branch = repository.branch(ref)
    tree = {name: blob for name, blob in repository.tree(branch.commit).items() if name.endswith(AVRO_ENDING)}
    file = os.path.normpath(path)
    if file not in tree:
        raise UsageError.of("KO383", f"git {ref} has no Avro schema {path}")
    blobs = repository.blobs(tree.values())
    texts = SchemaTexts(
        {name: decoded(blobs[blob]) for name, blob in tree.items()}, suffix=f" at {ref}", preferred=[file]
    )
    return SchemaText(texts.texts[file], f"{file} at {ref}"), texts.references_of(file)


def _registered(rest: str, spec_file: Path, environment: str | None) -> tuple[SchemaText, tuple[SchemaText, ...]]:
    """`SUBJECT[@VERSION]`, with the references that it was registered with."""
    from kafkaops.cli.registry import open_registry
    from kafkaops.evolution.registry_baseline import registered_version
    from kafkaops.spec.load import load

    subject, at, number = rest.rpartition("@")
    if not at or not number.isdecimal():
        subject, number = rest, ""
    with open_registry(load(spec_file, environment)) as registry:
        found = registered_version(registry, subject, int(number) if number else None)
    return SchemaText(found.text, f"{subject} {found.label}"), found.references
