"""The commands that read the ledger: `history`, `drift` and `rollback`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kafkaops.cli.options import (
    DEFAULT_FILE,
    DEFAULT_LOCK_TIMEOUT,
    AllowOption,
    AllowShareOption,
    AuditOption,
    DataFormat,
    DriftFormat,
    EnvOption,
    FileOption,
    FormatOption,
    LockTimeoutOption,
    PlanFormat,
    PlanFormatOption,
    ThrottleOption,
)


def add_commands(app: typer.Typer) -> None:
    """Put them beside the others."""
    app.command(epilog="Example: kafkaops history latest --format json | jq '.changes[].address'")(history)
    app.command(epilog="Example: kafkaops drift --env production --format junit > drift.xml")(drift)
    app.command(epilog="Example: kafkaops rollback latest --dry-run")(rollback)


def history(
    run: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="A run's id, the beginning of one, or 'latest'.")
    ] = None,
    file: FileOption = DEFAULT_FILE,
    env: EnvOption = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=0, help="List so many runs at most; 0 lists all.")] = 20,
    everybody: Annotated[
        bool, typer.Option("--all", help="The runs of every project and environment on the cluster.")
    ] = False,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help="Only runs since then: 7d, or 2026-11-01.", show_default=False),
    ] = None,
    format: FormatOption = DataFormat.TEXT,
) -> None:
    """Show what was applied: who, when, from which commit, every change and how it ended."""
    from kafkaops.cli.history import history_command

    raise typer.Exit(history_command(run, file, env, limit, everybody, since, format))


def drift(
    file: FileOption = DEFAULT_FILE,
    env: EnvOption = None,
    target: Annotated[
        list[str] | None, typer.Option("--target", metavar="ADDRESS", help="Only this resource; may be repeated.")
    ] = None,
    format: Annotated[DriftFormat, typer.Option("--format", help="How to write the result.")] = DriftFormat.TEXT,
) -> None:
    """Tell whether the cluster is still as it was last applied; exit 3 when it is not. Nothing is touched.

    What the spec has changed since is no drift: that is what plan shows.
    """
    from kafkaops.cli.drift import drift_command

    raise typer.Exit(drift_command(file, env, target, format))


def rollback(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's id, the beginning of one, or 'latest'.")],
    file: FileOption = DEFAULT_FILE,
    env: EnvOption = None,
    allow: AllowOption = None,
    allow_share: AllowShareOption = None,
    format: PlanFormatOption = PlanFormat.TEXT,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Only save the plan, for apply.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show the plan; take no lock, touch nothing.")
    ] = False,
    throttle: ThrottleOption = None,
    lock_timeout: LockTimeoutOption = DEFAULT_LOCK_TIMEOUT,
    audit: AuditOption = None,
) -> None:
    """Go back to how it was before a run: what it made goes, what it deleted or changed is put back.

    It is planned, guarded, confirmed and recorded as any apply. What cannot come back is said.
    """
    from kafkaops.cli.rollback import RollbackOptions, rollback_command

    options = RollbackOptions(
        run=run,
        file=file,
        environment=env,
        allow=allow,
        allow_share=allow_share,
        format=format,
        out=out,
        yes=yes,
        dry_run=dry_run,
        lock_timeout=lock_timeout,
        audit=audit,
        throttle=throttle,
    )
    raise typer.Exit(rollback_command(options))
