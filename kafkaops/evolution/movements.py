"""What else a pull request did to subjects: deleted, renamed, lowered, bound elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kafkaops.errors import Place, Severity
from kafkaops.evolution.declared import DeclaredSubject, Language
from kafkaops.evolution.levels import is_lowered
from kafkaops.evolution.model import Finding, Rule, Spot
from kafkaops.evolution.shared import is_shared_type


class Movements:
    """The subjects of two specs, matched by where they are bound and by their names."""

    def __init__(
        self, before: Sequence[DeclaredSubject], now: Sequence[DeclaredSubject], removed: Iterable[str]
    ) -> None:
        self._now_by_path = {subject.path: subject for subject in now}
        self._now_by_name = {subject.name: subject for subject in now}
        self._now_by_file = {subject.file: subject for subject in now}
        self._before = before
        self._removed = frozenset(removed)
        """Subjects that the spec's `removed:` names."""

    def findings(self) -> Iterator[Finding]:
        """Every movement, in the order of the earlier spec."""
        for was in self._before:
            by_name = self._now_by_name.get(was.name)
            by_path = self._now_by_path.get(was.path) or (
                self._now_by_file.get(was.file) if is_shared_type(was) else None
            )
            if by_name is not None:
                yield from _kept(was, by_name)
            elif by_path is not None:
                yield from _moved(was, by_path)
            elif was.name not in self._removed:
                yield _gone(was)


def language_changed(subject: str, was: Language, now: Language, spot: Spot) -> Finding:
    """A subject whose versions are of another language: no registry compares the two."""
    return Finding(
        rule=Rule.LANGUAGE_CHANGED,
        code="KO365",
        subject=subject,
        message=f"the versions of {subject} are {was}, and its schema is now {now}: nothing reads one as the other",
        fix="give the new language a subject, and so a topic, of its own",
        spot=spot,
    )


def _kept(was: DeclaredSubject, now: DeclaredSubject) -> Iterator[Finding]:
    if was.language is not now.language:
        yield language_changed(now.name, was.language, now.language, _spot(now.place, now.file))
    elif was.file != now.file:
        yield Finding(
            rule=Rule.SCHEMA_RENAMED,
            code="KO352",
            severity=Severity.WARNING,
            subject=now.name,
            message=f"{was.file} became {now.file}; the subject stays, and so do its versions",
            fix="nothing to do if it is the same schema: the two were compared",
            spot=_spot(now.place, now.file),
        )
    if was.level is not None and now.level is not None and is_lowered(was.level, now.level):
        yield _lowered(was, now, f"from {was.level} to {now.level}")
    elif was.level is not None and now.level is None:
        yield _lowered(was, now, f"from {was.level} to whatever the registry has")
    if was.strategy is not now.strategy:
        yield _strategy(was, now)


def _moved(was: DeclaredSubject, now: DeclaredSubject) -> Iterator[Finding]:
    if was.strategy is not now.strategy:
        yield _strategy(was, now)
    yield Finding(
        rule=Rule.SUBJECT_CHANGED,
        code="KO354",
        subject=now.name,
        message=f"the subject of {_what(now)} was {was.name} and is now {now.name}: a new subject has no versions, "
        "and a registry compares its first with nothing",
        fix=f"keep {was.name}; the schemas were compared all the same",
        spot=_spot(now.place, now.file),
    )


def _gone(was: DeclaredSubject) -> Finding:
    return Finding(
        rule=Rule.SCHEMA_DELETED,
        code="KO351",
        subject=was.name,
        message=f"{was.name} is no longer declared; it was bound to {was.file}. The registry keeps its versions, and "
        "records that were written with them stay",
        fix=f"declare it again, or say that it is to go: removed: [{{address: schema.{was.name}}}]",
        spot=Spot(was.file),
    )


def _lowered(was: DeclaredSubject, now: DeclaredSubject, how: str) -> Finding:
    return Finding(
        rule=Rule.LEVEL_LOWERED,
        code="KO353",
        subject=now.name,
        message=f"the compatibility level of {now.name} was lowered {how}",
        fix=f"keep {was.level}; a change that needs less is a change of its own, with a reason",
        spot=_spot(now.level_place or now.place, now.file),
    )


def _strategy(was: DeclaredSubject, now: DeclaredSubject) -> Finding:
    return Finding(
        rule=Rule.STRATEGY_CHANGED,
        code="KO355",
        subject=now.name,
        message=f"the subject naming strategy of {_what(now)} was changed from {was.strategy} to {now.strategy}: "
        "serializers that are not changed with it go on under the old subject",
        fix=f"keep {was.strategy}",
        spot=_spot(now.place, now.file),
    )


def _what(subject: DeclaredSubject) -> str:
    if not subject.topics:
        return subject.name
    return f"{subject.topics[0]}'s {'keys' if subject.is_key else 'values'}"


def _spot(place: Place | None, file: str) -> Spot:
    return Spot(str(place.file), place.line, place.column) if place else Spot(file)
