"""The options that several commands share, each declared once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

DEFAULT_FILE = Path("topics.yaml")


class PlanFormat(StrEnum):
    """How a plan is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


class DriftFormat(StrEnum):
    """How drift is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    JUNIT = "junit"


class DataFormat(StrEnum):
    """How other results are written."""

    TEXT = "text"
    JSON = "json"


NoLedgerOption = Annotated[
    bool,
    typer.Option(
        "--no-ledger",
        help="Neither read nor write the ledger, hold no lock: for principals that may not. Nothing is deleted by "
        "absence then.",
    ),
]
DEFAULT_LOCK_TIMEOUT = "30s"
"""Enough for a holder that died to be noticed, also when its group comes to another coordinator, which counts anew."""
LockTimeoutOption = Annotated[
    str, typer.Option("--lock-timeout", metavar="TIME", help="How long to wait for another run, such as 30s or 10m.")
]
ThrottleOption = Annotated[
    str | None,
    typer.Option(
        "--throttle",
        metavar="RATE",
        help="What each broker may send and receive for replicas that are moved, such as 50MiB/s; the spec's "
        "`placement:` otherwise.",
        show_default=False,
    ),
]
AuditOption = Annotated[
    str | None,
    typer.Option(
        "--audit",
        metavar="FILE|topic:NAME",
        help="Put each event of the run on record, a JSON line each; the environment's audit otherwise.",
        show_default=False,
    ),
]
FileOption = Annotated[Path, typer.Option("--file", "-f", metavar="FILE", help="The spec.")]
EnvOption = Annotated[
    str | None,
    typer.Option("--env", "-e", metavar="NAME", help="The environment; 'dev' if the spec has one.", show_default=False),
]
PlanFormatOption = Annotated[PlanFormat, typer.Option("--format", help="How to write the plan.")]
FormatOption = Annotated[DataFormat, typer.Option("--format", help="How to write the result.")]
TargetOption = Annotated[
    list[str] | None,
    typer.Option("--target", metavar="ADDRESS", help="Only this resource and what it needs; may be repeated."),
]
AllowShareOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-share",
        metavar="LIMIT:KIND",
        help="Let this plan go beyond one of the spec's limits, such as delete:topic; may be repeated.",
    ),
]
AllowOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow",
        metavar="GUARD:ADDRESS",
        help="Lift one guard for one resource, such as delete:topic.old-events; may be repeated.",
    ),
]
