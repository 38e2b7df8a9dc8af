"""`kafkaops topics`: rebalance replicas, look at reassignments, cancel them, elect leaders."""

from __future__ import annotations

from typing import Annotated

import typer

from kafkaops.cli.options import (
    DEFAULT_FILE,
    DEFAULT_LOCK_TIMEOUT,
    AuditOption,
    DataFormat,
    EnvOption,
    FileOption,
    FormatOption,
    LockTimeoutOption,
    NoLedgerOption,
    PlanFormat,
    PlanFormatOption,
    ThrottleOption,
)

app = typer.Typer(help="Move replicas between brokers, and see to their leaders.", no_args_is_help=True)

NamesArgument = Annotated[list[str], typer.Argument(metavar="TOPIC...", help="Topics of the spec.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show it, and change nothing.")]


@app.command(epilog="Example: kafkaops topics rebalance wave-events --throttle 50MiB/s")
def rebalance(
    names: NamesArgument,
    racks: Annotated[
        bool, typer.Option("--racks/--no-racks", help="Spread each partition over as many racks as it can be on.")
    ] = True,
    throttle: ThrottleOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    file: FileOption = DEFAULT_FILE,
    env: EnvOption = None,
    format: PlanFormatOption = PlanFormat.TEXT,
    no_ledger: NoLedgerOption = False,
    lock_timeout: LockTimeoutOption = DEFAULT_LOCK_TIMEOUT,
    audit: AuditOption = None,
) -> None:
    """Even out replicas and leaders over the brokers, with the fewest moves, and wait until everything is copied."""
    from kafkaops.cli.topics_by_hand import Options, rebalance_command

    options = Options(
        file=file,
        environment=env,
        dry_run=dry_run,
        yes=yes,
        format=format,
        no_ledger=no_ledger,
        lock_timeout=lock_timeout,
        audit=audit,
        throttle=throttle,
    )
    raise typer.Exit(rebalance_command(names, options, racks=racks))


@app.command(epilog="Example: kafkaops topics reassignments --watch")
def reassignments(
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Go on until nothing is left.")] = False,
    file: FileOption = DEFAULT_FILE,
    env: EnvOption = None,
    format: FormatOption = DataFormat.TEXT,
) -> None:
    """List the topics whose replicas are being moved, whoever began it, and what is left to copy."""
    from kafkaops.cli.topics_moving import reassignments_command

    reassignments_command(file, env, format, watch=watch)


@app.command("cancel-reassignment", epilog="Example: kafkaops topics cancel-reassignment wave-events")
def cancel_reassignment(
    names: NamesArgument,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    file: FileOption = DEFAULT_FILE,
    env: EnvOption = None,
    format: PlanFormatOption = PlanFormat.TEXT,
    no_ledger: NoLedgerOption = False,
    lock_timeout: LockTimeoutOption = DEFAULT_LOCK_TIMEOUT,
    audit: AuditOption = None,
) -> None:
    """Give up what is being moved: new replicas are dropped, the old ones stay, throttles go."""
    from kafkaops.cli.topics_by_hand import Options, cancel_command

    options = Options(
        file=file,
        environment=env,
        dry_run=dry_run,
        yes=yes,
        format=format,
        no_ledger=no_ledger,
        lock_timeout=lock_timeout,
        audit=audit,
    )
    raise typer.Exit(cancel_command(names, options))


@app.command("elect-leaders", epilog="Example: kafkaops topics elect-leaders wave-events")
def elect_leaders(
    names: NamesArgument,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    file: FileOption = DEFAULT_FILE,
    env: EnvOption = None,
    format: PlanFormatOption = PlanFormat.TEXT,
    no_ledger: NoLedgerOption = False,
    lock_timeout: LockTimeoutOption = DEFAULT_LOCK_TIMEOUT,
    audit: AuditOption = None,
) -> None:
    """Let the preferred replica of each partition lead, as after a broker's restart."""
    from kafkaops.cli.topics_by_hand import Options, elect_command

    options = Options(
        file=file,
        environment=env,
        dry_run=dry_run,
        yes=yes,
        format=format,
        no_ledger=no_ledger,
        lock_timeout=lock_timeout,
        audit=audit,
    )
    raise typer.Exit(elect_command(names, options))
