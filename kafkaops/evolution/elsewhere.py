"""What a pull request did to subjects in the environments that are not the one checked. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from kafkaops.evolution.baseline import Before
from kafkaops.evolution.declared import DeclaredSubject, FullName, declared_subjects
from kafkaops.evolution.earlier_spec import Bindings
from kafkaops.evolution.model import Finding, Rule
from kafkaops.evolution.movements import Movements

_OF_SETTINGS = frozenset({Rule.LEVEL_LOWERED, Rule.SUBJECT_CHANGED, Rule.STRATEGY_CHANGED, Rule.SCHEMA_DELETED})
"""What overrides can do; files are the same in every environment."""


def movements_elsewhere(
    environment: str,
    now: Bindings,
    full_name: FullName,
    before: Before,
    removed: Collection[str],
    here: Collection[tuple[str | None, str]],
) -> Iterator[Finding]:
    """The movements in environments other than this one, that were there before and override bindings then or now.

    Those that happened `here` as well, told by subject and message, are not told again.
    """
    was = before.bindings
    if was is None:
        return
    kept = now.environments.keys() & was.environments.keys() - {environment}
    for name in sorted(kept & (now.differing | was.differing)):
        declared_then = _declared(was, name, before.full_name)
        declared_now = _declared(now, name, full_name)
        for finding in Movements(declared_then, declared_now, removed).findings():
            if finding.rule in _OF_SETTINGS and (finding.subject, finding.message) not in here:
                yield replace(finding, message=f"in {name} {finding.message}")


def _declared(bindings: Bindings, environment: str, full_name: FullName) -> tuple[DeclaredSubject, ...]:
    spec = bindings.of(environment)
    return () if spec is None else declared_subjects(spec.spec, full_name, spec.places, spec.default)
