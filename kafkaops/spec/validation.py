"""A spec validated in itself: for one environment, or for each that it declares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from kafkaops.errors import Diagnostic, Severity
from kafkaops.spec.load import Built, build_all


@dataclass(frozen=True, slots=True)
class Finding:
    """A diagnostic and the environments in which it holds; none are named when it holds in all."""

    diagnostic: Diagnostic
    environments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Validation:
    """What `kafkaops validate` says."""

    file: Path
    project: str | None
    environments: tuple[str, ...]
    """Those that were looked at."""
    findings: tuple[Finding, ...]
    declared: Mapping[str, int]
    """How many of each kind the spec declares, in the first environment that holds together."""

    @property
    def valid(self) -> bool:
        """True without errors; warnings do not count."""
        return not self.count(Severity.ERROR)

    def count(self, severity: Severity) -> int:
        """How many findings there are of a severity."""
        return sum(finding.diagnostic.severity is severity for finding in self.findings)


def validate(path: Path, environment: str | None) -> Validation:
    """Everything that is wrong with a spec, without any cluster.

    Without an environment named, the spec is looked at as it stands and as each environment has it. Raises
    `SpecError` when its main file cannot be read at all.
    """
    built = build_all(path, environment)
    names = tuple(each.environment_name for each in built if each.environment_name)
    usable = next((each.loaded for each in reversed(built) if each.loaded), None)
    declared: Mapping[str, int] = {}
    if usable is not None:
        spec = usable.spec
        declared = {
            "topics": len(spec.topics),
            "schemas": len(usable.schema_texts),
            "consumer_groups": len(spec.consumer_groups),
            "connectors": len(spec.connectors),
            "services": len(spec.services),
        }
    project = usable.spec.project if usable else None
    return Validation(path, project, names, tuple(_findings(built)), declared)


def _findings(built: Iterable[Built]) -> Iterable[Finding]:
    """The same finding in several environments is one; what an environment supplies is not missing."""
    all_built = tuple(built)
    names = [each.environment_name for each in all_built if each.environment_name]
    seen: dict[Diagnostic, list[str | None]] = {}
    for each in all_built:
        for item in each.diagnostics:
            seen.setdefault(item, []).append(each.environment_name)
    for item, where in seen.items():
        # An environment may supply what the spec as such lacks: then nothing is missing.
        given = [name for name in where if name] if item.code == "KO111" and names else where
        if given:
            in_all = None in given or len(given) == len(names)
            yield Finding(item, () if in_all else tuple(name for name in given if name))


def explained(finding: Finding) -> Diagnostic:
    """The diagnostic, with the environments in its detail where it does not hold in all."""
    item = finding.diagnostic
    if not finding.environments:
        return item
    note = f"in {' and '.join(finding.environments)}"
    return replace(item, detail=f"{item.detail}\n{note}" if item.detail else note)


def counted(declared: Mapping[str, int]) -> str:
    """`8 topics, 9 schemas, 2 consumer groups`: what there is, without what there is none of."""
    counts = Counter(declared)
    names = ((number, kind.replace("_", " ")) for kind, number in counts.items() if number)
    listed = ", ".join(f"{number:,} {kind if number != 1 else kind.removesuffix('s')}" for number, kind in names)
    return listed or "nothing"
