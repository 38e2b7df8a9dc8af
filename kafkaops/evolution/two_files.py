"""Two schema files, without a spec: what the second would break for those who use the first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kafkaops import compat
from kafkaops.compat import SchemaError, SchemaText
from kafkaops.errors import UsageError
from kafkaops.evolution.judge import judge
from kafkaops.evolution.levels import Level, LevelSource, upgrade_order
from kafkaops.evolution.model import Candidate, CheckResult, SubjectResult, Version
from kafkaops.evolution.unusable import read_schema, unusable
from kafkaops.spec.model import Compatibility
from kafkaops.spec.suggest import did_you_mean


def check_two_files(
    earlier: Path,
    new: Path,
    level: str | None = None,
    references: Sequence[Path] = (),
    *,
    strict_logical_types: bool = False,
) -> CheckResult:
    """Judge a file against another at a level, BACKWARD unless given.

    Raises `SpecError` (KO378) for files that are no schemas, `UsageError` (KO377) for an unknown level.
    """
    before, after = read_schema(earlier), read_schema(new)
    shared = tuple(read_schema(file) for file in references)
    chosen = Level(parse_level(level or "BACKWARD"), LevelSource.OPTION)
    for text in (before, after):
        _refuse_unusable(text, shared, lenient=text is before)
    judgement = judge(
        Candidate(after, shared),
        [Version(str(earlier), before.text, shared, registered=True)],
        chosen,
        strict_logical_types=strict_logical_types,
    )
    subject = SubjectResult(
        subject=new.stem,
        file=str(new),
        state=judgement.state,
        level=chosen,
        compared=judgement.compared,
        note=judgement.note,
        order=upgrade_order(chosen.value),
        findings=judgement.findings,
    )
    return CheckResult(project=str(new), root=Path.cwd(), against=str(earlier), subjects=(subject,))


def _refuse_unusable(text: SchemaText, shared: tuple[SchemaText, ...], *, lenient: bool) -> None:
    try:
        compat.parse(text, shared, lenient=lenient)
    except SchemaError as error:
        raise unusable(error, Path(text.name)) from None


def parse_level(text: str) -> Compatibility:
    """A compatibility level by its name, in any case. Raises `UsageError` (KO377)."""
    name = text.upper().replace("-", "_")
    if name not in Compatibility.__members__:
        raise UsageError.of(
            "KO377",
            f"'{text}' is not a compatibility level",
            hint=did_you_mean(name, Compatibility.__members__) or f"levels: {', '.join(Compatibility)}",
        )
    return Compatibility[name]
