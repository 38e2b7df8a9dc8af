"""Shared types: files that no topic and no subject binds, and that others take types from. Pure.

A registry wants each as a subject of its own, which is named after the type.
"""

from __future__ import annotations

from collections.abc import Sequence

from kafkaops.evolution.declared import DeclaredSubject, Default
from kafkaops.evolution.texts import SchemaTexts

_PATH = ("schemas", "types")


def with_shared_types(
    declared: Sequence[DeclaredSubject], texts: SchemaTexts, default: Default
) -> tuple[DeclaredSubject, ...]:
    """The declared subjects, and those of shared types that nothing binds."""
    bound = {subject.file for subject in declared}
    shared: dict[str, DeclaredSubject] = {}
    for subject in declared:
        for file in texts.needed_by(subject.file):
            if file not in bound and file not in shared:
                name = texts.full_name(file) or file
                shared[file] = DeclaredSubject(
                    name=name,
                    file=file,
                    path=(*_PATH, name),
                    level=default.level,
                    level_is_default=default.level is not None,
                    level_place=default.place,
                )
    return (*declared, *shared.values())


def is_shared_type(subject: DeclaredSubject) -> bool:
    """Whether a subject is there only because others take its type."""
    return subject.path[:2] == _PATH
