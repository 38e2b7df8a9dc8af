"""Where values come from: the registered schema, random bytes, or a file of samples."""

from __future__ import annotations

import json
from pathlib import Path

from kafkaops.clients.registry import RegisteredSchema, SchemaRegistry, SchemaType
from kafkaops.errors import PlatformError, UsageError
from kafkaops.loadtest.payload import Payload, PayloadKind
from kafkaops.resources.kind import Session
from kafkaops.spec.loadtests import LoadTestLoad
from kafkaops.spec.model import SchemaBinding, SubjectNameStrategy

_LARGEST_FILE = 64_000_000
_FRAME_BYTES = 5
"""What the registry's frame takes of every value."""


def payload_of(session: Session, topic: str, wanted: LoadTestLoad, seed: int, root: Path) -> Payload:
    """What records of a topic hold. Raises KO004, KO005, KO007."""
    declared = session.loaded.spec.topics.get(topic)
    binding = declared.value if declared is not None else None
    kind = wanted.payload or (PayloadKind.AVRO if binding is not None else PayloadKind.BYTES)
    if kind == PayloadKind.BYTES:
        return Payload(PayloadKind.BYTES, seed, wanted.size)
    if kind == PayloadKind.AVRO:
        return _avro(session, topic, binding, wanted, seed)
    return Payload(PayloadKind.SAMPLES, seed, samples=_samples(root / kind))


def _samples(file: Path) -> tuple[bytes, ...]:
    """The lines of a file, without their ends; empty ones are left out."""
    try:
        if file.stat().st_size > _LARGEST_FILE:
            raise UsageError.of("KO007", f"{file} is larger than {_LARGEST_FILE:,} bytes", hint="a sample is enough")
        lines = tuple(line for line in file.read_bytes().splitlines() if line)
    except OSError as error:
        raise UsageError.of(
            "KO007",
            f"{file} cannot be read: {error.strerror}",
            hint="--payload takes avro, bytes, or a file with one sample a line",
        ) from error
    if not lines:
        raise UsageError.of("KO007", f"{file} holds no samples", hint="write one sample a line")
    return lines


def _avro(session: Session, topic: str, binding: SchemaBinding | None, wanted: LoadTestLoad, seed: int) -> Payload:
    if session.registry is None:
        raise UsageError.of(
            "KO004",
            f"environment {session.loaded.environment_name} has no schema registry",
            hint="declare schema_registry, or use --payload bytes",
        )
    subject = _subject(session, topic, binding)
    try:
        registered = session.registry.version(subject)
    except PlatformError as error:
        first = error.diagnostics[0]
        raise PlatformError.of(
            first.code, first.summary, detail=first.detail, hint="--payload bytes needs no registry"
        ) from error
    if registered is None:
        raise UsageError.of(
            "KO004",
            f"no schema is registered as {subject}",
            address=f"topic.{topic}",
            hint="kafkaops apply registers what the spec declares; --payload bytes needs no schema",
        )
    if registered.content.type is not SchemaType.AVRO:
        raise UsageError.of(
            "KO005",
            f"{subject} is {registered.content.type}, and only Avro records can be made up",
            address=f"topic.{topic}",
            hint="use --payload FILE with samples, or --payload bytes",
        )
    references = _references(session.registry, registered, {})
    payload = Payload(
        PayloadKind.AVRO, seed, wanted.size, registered.id, registered.content.text, tuple(references.values())
    )
    # Says now, and not in a worker, if no records can be made.
    if payload.mean_size() <= _FRAME_BYTES:
        raise PlatformError.of(
            "KO005",
            f"{subject} has no fields: every record would be empty",
            address=f"topic.{topic}",
            hint="use --payload bytes, or register a schema with fields",
        )
    return payload


def _subject(session: Session, topic: str, binding: SchemaBinding | None) -> str:
    if binding is None:
        return f"{topic}-value"
    if binding.subject is not None:
        return binding.subject
    strategy = binding.subject_name_strategy or SubjectNameStrategy.TOPIC
    if strategy is SubjectNameStrategy.TOPIC:
        return f"{topic}-value"
    schema = json.loads(session.loaded.schema_texts[binding.schema_file])
    name, namespace = schema["name"], schema.get("namespace")
    full = name if "." in name or not namespace else f"{namespace}.{name}"
    return full if strategy is SubjectNameStrategy.RECORD else f"{topic}-{full}"


def _references(
    registry: SchemaRegistry, schema: RegisteredSchema, found: dict[tuple[str, int], str]
) -> dict[tuple[str, int], str]:
    """The texts of everything that a schema refers to, the innermost first."""
    for reference in schema.content.references:
        key = (reference.subject, reference.version)
        if key in found:
            continue
        referred = registry.version(*key)
        if referred is None:
            raise PlatformError.of(
                "KO004",
                f"{schema.subject} refers to version {reference.version} of {reference.subject}, which is not there",
            )
        _references(registry, referred, found)
        found[key] = referred.content.text
    return found
