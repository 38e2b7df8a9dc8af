"""Whatever a registry holds: after the plan, nothing is left to do."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from kafkaops.clients.registry import Reference
from kafkaops.resources.schemas.model import RestoreVersion
from tests.resources.schemas.values import Held, a_field, a_record, topic, wanted

NAMES = ("a", "b", "c")
LEVELS = st.sampled_from(["BACKWARD", "FULL_TRANSITIVE", "NONE"])
_shapes = st.lists(st.sampled_from(NAMES), unique=True, min_size=1).map(tuple)


def shaped(name: str, fields: tuple[str, ...], kind: str | None = None) -> dict[str, object]:
    """A record of string fields, and perhaps one of another type."""
    others = [a_field("at", kind)] if kind else []
    return a_record(name, *(a_field(field, default="") for field in fields), *others, namespace="x")


@st.composite
def registries(draw: st.DrawFn) -> Held:
    """A registry with a history: earlier versions, references to some of them, levels."""
    held = Held(global_level=draw(LEVELS))
    for shape in draw(st.lists(_shapes, max_size=3)):
        held.register("x.Shared", shaped("Shared", shape))
    shared = held.versions.get("x.Shared", [])
    for subject in ("one-value", "two-value"):
        for shape in draw(st.lists(_shapes, max_size=3)):
            refers = bool(shared) and draw(st.booleans())
            version = draw(st.sampled_from(shared)).version if refers else 0
            references = (Reference("x.Shared", "x.Shared", version),) if refers else ()
            held.register(subject, shaped("R", shape, "x.Shared" if refers else None), references)
        if draw(st.booleans()):
            held.levels[subject] = draw(LEVELS)
    return held


@st.composite
def specs(draw: st.DrawFn) -> tuple[dict[str, object], dict[str, object]]:
    """Two topics, each with a schema that may use the shared type, which may have a declared subject."""
    files: dict[str, object] = {"shared.avsc": shaped("Shared", draw(_shapes))}
    topics = {}
    for name in ("one", "two"):
        kind = "x.Shared" if draw(st.booleans()) else None
        files[f"{name}.avsc"] = shaped("R", draw(_shapes), kind)
        level = draw(st.none() | LEVELS)
        binding = {"schema": f"{name}.avsc", **({"compatibility": level} if level else {})}
        topics[name] = topic(value=binding)
    sections: dict[str, object] = {"topics": topics}
    schemas: dict[str, object] = {}
    if draw(st.booleans()):
        schemas["subjects"] = {"x.Shared": {"schema": "shared.avsc"}}
    if draw(st.booleans()):
        schemas["global_compatibility"] = draw(LEVELS)
    return {**sections, "schemas": schemas}, files


def restores_what_is_referred_to(held: Held, operation: object) -> bool:
    """What a registry refuses, and the plan blocks when it asks (KO313)."""
    return isinstance(operation, RestoreVersion) and any(
        reference.subject == operation.subject and reference.version == operation.version
        for versions in held.versions.values()
        for registered in versions
        for reference in registered.content.references
    )


@given(registries(), specs())
def test_a_plan_leaves_nothing_to_do(held: Held, spec: tuple[dict[str, object], dict[str, object]]) -> None:
    want = wanted(*spec)
    found = held.diff(want)
    operations = [operation for change in found.changes for operation in change.operations]
    assume(not any(restores_what_is_referred_to(held, operation) for operation in operations))
    held.do(found.changes)
    again = held.diff(want)
    assert again.changes == ()
    assert again.in_sync == len(want.subjects) + (want.global_level is not None)


@given(specs())
def test_applying_to_an_empty_registry_converges(spec: tuple[dict[str, object], dict[str, object]]) -> None:
    held, want = Held(), wanted(*spec)
    held.do(held.diff(want).changes)
    assert held.diff(want).changes == ()


@given(registries(), specs())
def test_diff_is_a_function_of_its_arguments(held: Held, spec: tuple[dict[str, object], dict[str, object]]) -> None:
    assert held.diff(wanted(*spec)) == held.diff(wanted(*spec))
