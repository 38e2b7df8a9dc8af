"""The command line. Nothing heavy is imported before a command needs it: `--help` stays quick."""

from __future__ import annotations

import gc
import os
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer

from kafkaops import __version__
from kafkaops.cli import connectors, dev, ledger, loadtest, schemas, topics
from kafkaops.cli.options import (
    DEFAULT_FILE,
    DEFAULT_LOCK_TIMEOUT,
    AllowOption,
    AllowShareOption,
    AuditOption,
    DataFormat,
    EnvOption,
    FileOption,
    FormatOption,
    LockTimeoutOption,
    NoLedgerOption,
    PlanFormat,
    PlanFormatOption,
    TargetOption,
    ThrottleOption,
)
from kafkaops.cli.streams import Streams
from kafkaops.errors import INTERRUPTED, ExitCode, KafkaopsError

app = typer.Typer(
    name="kafkaops",
    help="Plan, apply, check and load-test a Kafka topology declared in git.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(dev.app, name="dev")
app.add_typer(connectors.app, name="connectors")
app.add_typer(schemas.app, name="schemas")
app.add_typer(topics.app, name="topics")
app.add_typer(loadtest.app, name="loadtest")


def _show_version(asked: bool) -> None:
    """Print the version and end, if that is what was asked for."""
    if asked:
        version()
        raise typer.Exit


@app.callback()
def common(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take the options that stand before the command."""
    if debug:
        os.environ["KAFKAOPS_DEBUG"] = "1"


@app.command(epilog="Example: kafkaops plan --env staging --format markdown > plan.md")
def plan(
    file: FileOption = DEFAULT_FILE,
    env: EnvOption = None,
    target: TargetOption = None,
    allow: AllowOption = None,
    allow_share: AllowShareOption = None,
    format: PlanFormatOption = PlanFormat.TEXT,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="Save the plan for apply.")] = None,
    throttle: ThrottleOption = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 3 when there are changes, not only when some are blocked.")
    ] = False,
    no_ledger: NoLedgerOption = False,
) -> None:
    """Show what would change on the cluster, the schema registry and Connect.

    Nothing is touched. The brokers, the registry and Connect are asked whether they would take each change.
    """
    from kafkaops.cli.plan import plan_command

    options = allow, allow_share, format, out, detailed_exitcode, no_ledger, throttle
    raise typer.Exit(plan_command(file, env, target, *options))


@app.command(epilog="Example: kafkaops apply --yes --allow delete:topic.old-events")
def apply(
    saved: Annotated[
        Path | None,
        typer.Argument(
            metavar="[PLAN]", help="A plan saved with plan --out; it runs as it was reviewed, or not at all."
        ),
    ] = None,
    file: FileOption = DEFAULT_FILE,
    env: EnvOption = None,
    target: TargetOption = None,
    allow: AllowOption = None,
    allow_share: AllowShareOption = None,
    format: PlanFormatOption = PlanFormat.TEXT,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    expect_digest: Annotated[
        str | None,
        typer.Option(
            "--expect-digest",
            metavar="DIGEST",
            help="Refuse any other plan file than the one for which plan --out printed this digest.",
            show_default=False,
        ),
    ] = None,
    throttle: ThrottleOption = None,
    no_ledger: NoLedgerOption = False,
    lock_timeout: LockTimeoutOption = DEFAULT_LOCK_TIMEOUT,
    audit: AuditOption = None,
) -> None:
    """Make the changes, wait until they can be seen, and say what was done."""
    from kafkaops.cli.apply import apply_command

    options = allow, allow_share, format, yes, expect_digest, no_ledger, lock_timeout, audit, throttle
    raise typer.Exit(apply_command(saved, file, env, target, *options))


ledger.add_commands(app)


@app.command(epilog="Example: kafkaops show plan.json --format markdown")
def show(
    saved: Annotated[Path, typer.Argument(metavar="PLAN", help="A plan saved with plan --out.")],
    format: PlanFormatOption = PlanFormat.TEXT,
) -> None:
    """Show a saved plan."""
    from kafkaops.cli.plan import show_plan
    from kafkaops.report.saved import read_plan

    show_plan(read_plan(saved), format)


@app.command("import", epilog="Example: kafkaops import --bootstrap-servers kafka-1:9092 --project paklog --out paklog")
def import_(
    project: Annotated[str, typer.Option("--project", metavar="NAME", help="The name of the project that is written.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="The folder to write, a new or empty one.")],
    bootstrap_servers: Annotated[
        str | None, typer.Option("--bootstrap-servers", metavar="HOST:PORT,…", help="Where Kafka is.")
    ] = None,
    command_config: Annotated[
        Path | None,
        typer.Option(
            "--command-config", metavar="FILE", help="A Kafka client's properties file: addresses and credentials."
        ),
    ] = None,
    schema_registry: Annotated[
        str | None, typer.Option("--schema-registry", metavar="URL", help="Where the schema registry is.")
    ] = None,
    connect: Annotated[str | None, typer.Option("--connect", metavar="URL", help="Where Kafka Connect is.")] = None,
    file: FileOption = DEFAULT_FILE,
    env: Annotated[
        str | None,
        typer.Option(
            "--env",
            "-e",
            metavar="NAME",
            help="The environment of --file to read from; with addresses given, the name of the one to write.",
            show_default=False,
        ),
    ] = None,
    topics: Annotated[
        list[str] | None,
        typer.Option("--topics", metavar="GLOB", help="Only these topics and what belongs to them; may be repeated."),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", metavar="GLOB", help="Not these topics and their subjects; may be repeated."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="PARTS", help="Only topics, schemas, groups or connectors; comma-separated."),
    ] = None,
    secret: Annotated[
        list[str] | None,
        typer.Option(
            "--secret", metavar="CONNECTOR:KEY", help="A setting that holds a secret; * matches; may be repeated."
        ),
    ] = None,
    plain: Annotated[
        list[str] | None,
        typer.Option(
            "--plain", metavar="CONNECTOR:KEY", help="A setting that holds none, whatever it looks like; as --secret."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over files of the same names.")] = False,
    format: FormatOption = DataFormat.TEXT,
) -> None:
    """Write a spec, schemas and connector files of a live cluster, so that plan shows no change.

    Nothing on the cluster is touched. Secrets become references; what cannot be seen or declared is said.
    """
    from kafkaops.cli.import_ import ImportOptions, import_command

    options = ImportOptions(
        project=project,
        out=out,
        file=file,
        environment=env,
        bootstrap_servers=bootstrap_servers,
        command_config=command_config,
        schema_registry=schema_registry,
        connect=connect,
        topics=tuple(topics or ()),
        exclude=tuple(exclude or ()),
        only=tuple(only or ()),
        secret=tuple(secret or ()),
        plain=tuple(plain or ()),
        force=force,
        format=format,
    )
    raise typer.Exit(import_command(options))


@app.command(epilog="Example: kafkaops validate --env production")
def validate(file: FileOption = DEFAULT_FILE, env: EnvOption = None, format: FormatOption = DataFormat.TEXT) -> None:
    """Check the spec in itself, without any cluster; every environment unless one is named."""
    from kafkaops.cli.validate import validate_command

    raise typer.Exit(validate_command(file, env, format))


@app.command("json-schema", epilog="Example: kafkaops json-schema > topics.schema.json")
def json_schema() -> None:
    """Print the JSON Schema of the spec, for completion in editors."""
    from kafkaops.cli.validate import json_schema_command

    json_schema_command()


@app.command(epilog="Example: kafkaops demo --keep")
def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave the dev cluster up afterwards.")] = False,
    file: FileOption = DEFAULT_FILE,
) -> None:
    """Run the whole job on a dev cluster: plan, apply, change a line, plan again, prove that records arrive."""
    from kafkaops.cli.demo import demo_command

    raise typer.Exit(demo_command(file, keep=keep))


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(f"kafkaops {__version__}")


def main() -> None:
    """Run a command; every error ends here, with its exit code and without a traceback unless asked for."""
    streams = Streams()
    try:
        sys.exit(_run())
    except SystemExit as ended:
        # The process ends: Python need not look through what a large plan leaves for garbage.
        gc.freeze()
        if ended.code != INTERRUPTED:
            lost = streams.lost()
            if lost is not None:
                sys.exit(_report_lost(lost, ended.code))
            raise
        # Threads may still wait for servers, for up to a request's time-out; whoever pressed Ctrl-C should not.
        sys.stdout.flush()
        sys.stderr.write("Interrupted.\n")
        sys.stderr.flush()
        os._exit(INTERRUPTED)


def _run() -> int:
    try:
        app()  # ends in SystemExit: usage errors 2, Ctrl-C 130, otherwise what the command raised as typer.Exit
    except KafkaopsError as error:
        return _report(error)
    except Exception as error:  # noqa: BLE001 (the last line of defence: a bug must not end in a bare traceback)
        return _report_bug(error)
    return ExitCode.OK


def _report(error: KafkaopsError) -> int:
    from kafkaops.cli.terminal import stderr
    from kafkaops.report.diagnostics import print_diagnostics

    if _debugging():
        traceback.print_exc()
    print_diagnostics(error.diagnostics, stderr())
    return error.exit_code


def _report_lost(fault: OSError, code: str | int | None) -> str | int:
    """Say that stdout is not whole. The exit code is 1, unless the command has failed in another way already."""
    sys.stderr.write(f"error[KO908]: stdout could not be written whole: {fault.strerror}\n")
    return ExitCode.FAILED if code in (None, ExitCode.OK, ExitCode.ANSWER_IS_NO) else code


def _report_bug(error: Exception) -> int:
    if _debugging():
        traceback.print_exc()
    else:
        # Only the type: the text of an unforeseen error could hold anything.
        sys.stderr.write(
            f"error[KO999]: a bug in kafkaops ({type(error).__name__}); nothing more is known to be done or undone\n"
            "  hint: run it again as kafkaops --debug … and report the traceback, after a look for secrets in it\n"
        )
    return ExitCode.FAILED


def _debugging() -> bool:
    return bool(os.environ.get("KAFKAOPS_DEBUG"))
