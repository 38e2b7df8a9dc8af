"""The verdict on one schema: the candidate against the earlier versions that its level asks for. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from kafkaops import compat
from kafkaops.compat import Incompatibility, Location, Schema, SchemaError, Side
from kafkaops.compat.model import Record
from kafkaops.errors import Severity
from kafkaops.evolution.levels import Level
from kafkaops.evolution.model import Candidate, Finding, Rule, Spot, State, Version


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came of comparing one schema."""

    state: State
    findings: tuple[Finding, ...] = ()
    compared: tuple[str, ...] = ()
    """Labels, the newest first."""
    note: str = ""


def judge(
    candidate: Candidate,
    versions: Sequence[Version],
    level: Level,
    *,
    former: Sequence[Version] = (),
    recent: int = 1,
    is_key: bool = False,
    group: str | None = None,
    strict_logical_types: bool = False,
) -> Judgement:
    """Compare a schema with earlier versions (the newest first) as its level has it.

    A level that is not transitive asks for the `recent` ones of them: the newest, or in git the states it stands for.
    `former` are older versions than the level asks for: they count only if the schema is one of them again.
    `group` names the metadata property by which a registry's compatibility group tells versions apart.
    Raises `SchemaError` when the candidate itself is no schema.
    """
    new = compat.parse(candidate.text, candidate.references)
    if not versions:
        return Judgement(State.NEW)
    existing = versions[:1] if is_key else versions  # a key that is what an older version said parts from the newest
    if label := _same_text(candidate, existing):
        return Judgement(State.IDENTICAL, compared=(label,))
    counted = [version for version in versions if group is None or _in_group(candidate, version, group)]
    wanted = counted if level.transitive else counted[:recent] if level.checked else []
    old, findings = _parsed(wanted)
    found = list(_compared(new, old, level, strict_logical_types))
    if found or is_key:
        differing = {version.label for version, _ in found}
        others = [each for each in existing if each.label not in differing]
        if label := _same_meaning(new, others):
            return Judgement(State.IDENTICAL, compared=(label,))
        if not is_key and (label := _same_text(candidate, former) or _same_meaning(new, former)):
            return Judgement(State.IDENTICAL, compared=(label,), note=f"what it was at {label} already")
    if label := _same_json(new, old[:1] if is_key else old) or (None if found else _says_the_same(new, old[:1])):
        return Judgement(State.IDENTICAL, compared=(label,))
    if is_key:
        findings.append(_key_finding(candidate, new, versions[0]))
    findings.extend(_merged(found))
    compared = tuple(version.label for version, _ in old)
    if not level.checked:
        return Judgement(State.NOT_CHECKED, tuple(findings), note="level NONE: not checked")
    state = State.INCOMPATIBLE if any(item.severity is Severity.ERROR for item in findings) else State.COMPATIBLE
    return Judgement(state, tuple(findings), compared, _group_note(group, candidate, counted))


def _same_text(candidate: Candidate, versions: Iterable[Version]) -> str | None:
    texts = sorted(reference.text for reference in candidate.references)
    for version in versions:
        if version.text == candidate.text.text and sorted(item.text for item in version.references) == texts:
            return version.label
    return None


def _same_json(new: Schema, old: Iterable[tuple[Version, Schema]]) -> str | None:
    """The version that differs in layout alone, which is told without looking for the meaning."""
    documents = [text.holder for text in new.texts]
    return next((version.label for version, parsed in old if [text.holder for text in parsed.texts] == documents), None)


def _same_meaning(new: Schema, versions: Iterable[Version]) -> str | None:
    """The version that says the same in other words or another layout."""

    def parsed() -> Iterator[tuple[Version, Schema]]:
        for version in versions:
            with suppress(SchemaError):  # reported by whoever compares with it
                yield version, version.schema()

    return _says_the_same(new, parsed())


def _says_the_same(new: Schema, old: Iterable[tuple[Version, Schema]]) -> str | None:
    wanted: str | None = None
    for version, parsed in old:
        if _alike(new, parsed):
            wanted = wanted or compat.meaning(new, inline_references=True)
            if compat.meaning(parsed, inline_references=True) == wanted:
                return version.label
    return None


def _alike(one: Schema, other: Schema) -> bool:
    """Whether two schemas may mean the same, by what is quickly seen: the names, docs and defaults of a record."""
    if isinstance(one.root, Record) and isinstance(other.root, Record):
        first, second = one.root, other.root
        if first.full != second.full or first.json.get("doc") != second.json.get("doc"):
            return False
        return [_seen(field) for field in first.fields] == [_seen(field) for field in second.fields]
    return True


def _seen(field: Mapping[str, object]) -> tuple[object, ...]:
    return field["name"], field.get("doc"), field.get("default")


def _in_group(candidate: Candidate, version: Version, group: str) -> bool:
    """Confluent compares versions of one group only; having no value is a group of its own."""
    return candidate.metadata.get(group) == version.metadata.get(group)


def _group_note(group: str | None, candidate: Candidate, counted: Sequence[Version]) -> str:
    if group is None:
        return ""
    value = candidate.metadata.get(group)
    count = f"{len(counted)} {'version' if len(counted) == 1 else 'versions'}"
    return f"compatibility group {group}: {value or 'no value'}, {count}"


def _parsed(versions: Iterable[Version]) -> tuple[list[tuple[Version, Schema]], list[Finding]]:
    parsed: list[tuple[Version, Schema]] = []
    findings: list[Finding] = []
    for version in versions:
        try:
            parsed.append((version, version.schema()))
        except SchemaError as error:
            findings.append(_unusable(version, error))
    return parsed, findings


def _unusable(version: Version, error: SchemaError) -> Finding:
    """A registered version that cannot be read leaves the question open; in git it was never in use."""
    problem = error.problems[0]
    return Finding(
        rule=Rule.UNUSABLE_VERSION,
        code="KO363",
        severity=Severity.ERROR if version.registered else Severity.WARNING,
        message=f"{version.name} is not a usable schema and was not compared with: {problem.message}",
        fix="compare with the registry to be sure" if not version.registered else "look at it in the registry",
        against=(version.label,),
    )


def _compared(
    new: Schema, old: Iterable[tuple[Version, Schema]], level: Level, strict: bool
) -> Iterator[tuple[Version, Incompatibility]]:
    for version, earlier in old:
        if level.backward:
            for item in compat.check(new, earlier, strict_logical_types=strict, new=Side.READER):
                yield version, item
        if level.forward:
            for item in compat.check(earlier, new, strict_logical_types=strict, new=Side.WRITER):
                yield version, item


def _merged(found: Iterable[tuple[Version, Incompatibility]]) -> Iterator[Finding]:
    """One finding for what is the same against several versions, in the words of the newest of them."""
    merged: dict[tuple[object, ...], Finding] = {}
    for version, item in found:
        spot = spot_of(item.location)
        key = (item.kind, item.severity, item.new, spot, item.message.replace(version.name, ""))
        known = merged.get(key)
        merged[key] = (
            replace(known, against=(*known.against, version.label)) if known else _finding(version, item, spot)
        )
    yield from sorted(merged.values(), key=lambda item: (item.spot.file, item.spot.line) if item.spot else ("", 0))


def _finding(version: Version, item: Incompatibility, spot: Spot) -> Finding:
    return Finding(
        rule=item.kind.value,
        code="KO350",
        severity=Severity(item.severity.value),
        message=item.message,
        fix=item.fix,
        spot=spot,
        against=(version.label,),
        breaks="consumers with the new schema" if item.new is Side.READER else "consumers with the earlier schema",
    )


def _key_finding(candidate: Candidate, new: Schema, newest: Version) -> Finding:
    return Finding(
        rule=Rule.KEY_CHANGED,
        code="KO356",
        message="the schema of the topic's keys was changed: the bytes of a key decide its partition, and they begin "
        f"with the schema's id, so that records of one key part from those written with {newest.name}",
        fix="keep the key's schema as it is; a new key is a new topic",
        spot=spot_of(new.at(())),
        against=(newest.label,),
    )


def spot_of(location: Location) -> Spot:
    """A location of the checker's as reports show it."""
    return Spot(location.name, location.line, location.column, location.length, location.pointer)
