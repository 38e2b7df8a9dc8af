"""Environments: which one is meant, and its overrides merged into the spec (RFC 7396)."""

from __future__ import annotations

from collections.abc import Mapping

from kafkaops.errors import Diagnostic, SpecError
from kafkaops.spec.defaults import DEFAULTED
from kafkaops.spec.suggest import did_you_mean, nearest
from kafkaops.spec.written import Members, Written

DEFAULT_ENVIRONMENT = "dev"
OVERRIDABLE = (
    "defaults",
    "topics",
    "schemas",
    "services",
    "consumer_groups",
    "connectors",
    "removed",
    "limits",
    "loadtests",
    "placement",
)
"""Sections that an environment may override."""
_KEEP_NULLS_BELOW = "config"
"""In a config, null does more than remove: it also keeps the default from coming back."""


def choose(environments: Written | None, wanted: str | None) -> str:
    """The environment's name: the one wanted, `dev`, or the only one. Raises `SpecError`."""
    names = list(environments.members) if environments else []
    place = environments.place if environments else None
    if wanted is None:
        if DEFAULT_ENVIRONMENT in names:
            return DEFAULT_ENVIRONMENT
        if len(names) == 1:
            return names[0]
        if not names:
            raise SpecError.of(
                "KO106",
                "the spec declares no environments",
                place=place,
                hint="say where the topology lives: `environments: {dev: {dev_cluster: default}}`",
            )
        raise SpecError.of(
            "KO106", "no environment was chosen", place=place, hint=f"choose with --env: {', '.join(names)}"
        )
    if wanted not in names:
        listed = f"the spec has {', '.join(names)}" if names else "the spec declares none"
        suggestion = did_you_mean(wanted, names)
        raise SpecError.of(
            "KO106",
            f"unknown environment '{wanted}'",
            place=place,
            hint=f"{listed}; {suggestion}" if suggestion else listed,
        )
    return wanted


def override(root: Written, name: str) -> tuple[Written, list[Diagnostic]]:
    """The spec with one environment's overrides merged in, and what is doubtful about them."""
    environment = root.members["environments"].members[name]
    overrides = environment.members.get("overrides")
    if overrides is None or not isinstance(overrides.value, dict):
        return root, []
    diagnostics: list[Diagnostic] = []
    patch: Members = {}
    for section, written in overrides.members.items():
        if section in OVERRIDABLE:
            doubtful = _doubtful(section, root.members.get(section), written)
            patch[section] = _as_meant(written, doubtful)
            diagnostics.extend(_doubt(name, section, written, *doubt) for doubt in doubtful.items())
        else:
            diagnostics.append(_not_overridable(section, written))
    merged = _merge(root, overrides.with_value(patch))
    return _without_defaults(merged, patch), diagnostics


def _without_defaults(root: Written, patch: Members) -> Written:
    """Null for a field of a resource removes it for good: its default must not come back."""
    defaults = root.members.get("defaults")
    members = dict(root.members)
    for section in DEFAULTED:
        patched, merged = patch.get(section), members.get(section)
        supplied = defaults.members.get(section) if defaults else None
        if patched is None or merged is None or supplied is None:
            continue
        resources = dict(merged.members)
        for name, resource in patched.members.items():
            nulls = {key: member for key, member in resource.members.items() if member.value is None}
            nulls = {key: member for key, member in nulls.items() if key in supplied.members}
            if nulls and name in resources:
                resources[name] = resources[name].with_value({**resources[name].members, **nulls})
        members[section] = merged.with_value(resources)
    return root.with_value(members)


def _not_overridable(section: str, written: Written) -> Diagnostic:
    suggestion = did_you_mean(section, OVERRIDABLE)
    return Diagnostic(
        "KO110",
        f"'{section}' cannot be overridden by an environment",
        place=written.key_place,
        hint=suggestion or f"what can: {', '.join(OVERRIDABLE)}",
    )


def _doubtful(section: str, base: Written | None, patch: Written) -> dict[str, str | None]:
    """Names that only the override knows, and what was meant: misspelt when one much like them is declared."""
    if section in ("defaults", "schemas", "removed", "limits") or base is None:
        return {}
    unknown = {name: nearest(name, base.members) for name in patch.members if name not in base.members}
    return {name: meant for name, meant in unknown.items() if meant or patch.members[name].value is None}


def _doubt(environment: str, section: str, patch: Written, name: str, meant: str | None) -> Diagnostic:
    return Diagnostic(
        "KO107",
        f"{section}.{name} is overridden in {environment} but declared nowhere",
        place=patch.members[name].key_place,
        hint=f"did you mean '{meant}'?" if meant else None,
    )


def _as_meant(patch: Written, doubtful: Mapping[str, str | None]) -> Written:
    """The patch under the names that were meant: a slip of the pen is one error, and what else is wrong is found.

    Where the override has the right name as well, the misspelt one is left out.
    """
    if not doubtful:
        return patch
    members = {name: member for name, member in patch.members.items() if name not in doubtful}
    for name, meant in doubtful.items():
        if meant and patch.members[name].value is not None:
            members.setdefault(meant, patch.members[name])
    return patch.with_value(members)


def _merge(target: Written, patch: Written, *, keep_nulls: bool = False) -> Written:
    """RFC 7396: members replace members, null removes. The patch's places win."""
    if not isinstance(patch.value, dict):
        return patch
    merged = dict(target.members)
    for key, member in patch.members.items():
        if member.value is None and not keep_nulls:
            merged.pop(key, None)
        elif key in merged:
            merged[key] = _merge(merged[key], member, keep_nulls=key == _KEEP_NULLS_BELOW)
        else:
            merged[key] = _without_nulls(member, keep_nulls=key == _KEEP_NULLS_BELOW)
    if isinstance(target.value, dict):
        return target.with_value(merged)
    return patch.with_value(merged)


def _without_nulls(written: Written, *, keep_nulls: bool) -> Written:
    if not isinstance(written.value, dict):
        return written
    return written.with_value(
        {
            key: _without_nulls(member, keep_nulls=key == _KEEP_NULLS_BELOW)
            for key, member in written.members.items()
            if keep_nulls or member.value is not None
        }
    )
