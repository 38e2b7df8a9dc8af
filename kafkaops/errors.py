"""What goes wrong, in the words and places a user can act on.

Two shapes, one vocabulary: a `Diagnostic` is a finding that is collected and shown among others; a
`KafkaopsError` ends a command and carries one or more of them together with the exit code. Codes
(`KO` and three digits) are listed in docs/reference/errors.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import ClassVar, Self


class ExitCode(IntEnum):
    """What a command's exit status means; the same for every command."""

    OK = 0
    FAILED = 1
    """Something failed: a system is unreachable, an action failed."""
    USAGE = 2
    """Wrong usage, or a spec that is wrong in itself."""
    ANSWER_IS_NO = 3
    """It ran and the answer is no: blocked changes, drift, incompatible, SLO missed."""
    REFUSED = 4
    """Nothing was done: stale plan, wrong cluster, lock held, guard not lifted, no confirmation."""


INTERRUPTED = 130
"""The exit code of what Ctrl-C ended, by the shell's convention: 128 + SIGINT."""


class Severity(StrEnum):
    """How much a finding matters. Only `ERROR` changes an exit code."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a file: 1-based line and column, the column counted in characters."""

    file: Path
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: what is wrong, where, and the way out.

    `code` is stable (`KO201`), `address` names a resource (`topic.wave-events`) where there is one,
    `hint` says what to do next. None of them may carry a secret.
    """

    code: str
    summary: str
    severity: Severity = Severity.ERROR
    address: str | None = None
    place: Place | None = None
    detail: str | None = None
    hint: str | None = None

    def __str__(self) -> str:
        subject = f" {self.address}:" if self.address else ""
        lines = [f"{self.severity.value}[{self.code}]{subject} {self.summary}"]
        if self.place:
            lines.append(f"  at {self.place}")
        if self.detail:
            lines.extend(f"  {line}" for line in self.detail.splitlines())
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)


class KafkaopsError(Exception):
    """The base of every error a user can meet. The command line prints its diagnostics and exits."""

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(self.diagnostics)

    @classmethod
    def of(
        cls,
        code: str,
        summary: str,
        *,
        address: str | None = None,
        place: Place | None = None,
        detail: str | None = None,
        hint: str | None = None,
    ) -> Self:
        """The error with one finding, the usual case: `raise PlatformError.of("KO401", …)`."""
        return cls((Diagnostic(code, summary, address=address, place=place, detail=detail, hint=hint),))

    def __str__(self) -> str:
        return "\n".join(str(item) for item in self.diagnostics)


class PlatformError(KafkaopsError):
    """The cluster, the registry, Connect or this machine failed, or answered something unusable (exit 1)."""


class UsageError(KafkaopsError):
    """The command is used wrongly (exit 2)."""

    exit_code = ExitCode.USAGE


class SpecError(KafkaopsError):
    """Everything that is wrong with a spec, all at once (exit 2)."""

    exit_code = ExitCode.USAGE


class RefusedError(KafkaopsError):
    """kafkaops will not act, and nothing was done (exit 4)."""

    exit_code = ExitCode.REFUSED
