"""What a spec's parts say of each other: cross-checks, each a pure function of the whole spec."""

from __future__ import annotations

from collections.abc import Iterator

from kafkaops.errors import Diagnostic
from kafkaops.spec.checks import connectors, environments, groups, names, references, removals, topics
from kafkaops.spec.checks.context import Context

CHECKS = (
    topics.check,
    names.check,
    groups.check,
    connectors.check,
    removals.check,
    environments.check,
    references.check,
)


def cross_check(context: Context) -> Iterator[Diagnostic]:
    """Everything that every check finds."""
    for check in CHECKS:
        yield from check(context)
