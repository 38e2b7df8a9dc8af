"""`kafkaops connectors`: look at connectors and steer them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kafkaops.cli.options import DEFAULT_FILE, DataFormat, EnvOption, FileOption, FormatOption
from kafkaops.errors import ExitCode

if TYPE_CHECKING:
    from kafkaops.resources.connectors.overview import ConnectorView
    from kafkaops.resources.connectors.steer import Action

app = typer.Typer(help="Look at connectors and steer them.", no_args_is_help=True)

NamesArgument = Annotated[list[str], typer.Argument(metavar="NAME...", help="Connectors of the spec.")]


@app.command("list", epilog="Example: kafkaops connectors list --format json | jq '.connectors[].name'")
def list_(file: FileOption = DEFAULT_FILE, env: EnvOption = None, format: FormatOption = DataFormat.TEXT) -> None:
    """List declared and live connectors with their tasks, and why one failed."""
    from kafkaops.cli.session import open_session
    from kafkaops.cli.terminal import write_json
    from kafkaops.resources.connectors.overview import overview

    with open_session(file, env) as session:
        views = overview(session)
    if format is DataFormat.JSON:
        write_json({"format_version": 1, "connectors": [asdict(view) for view in views]})
    else:
        _print(views)


@app.command(epilog="Example: kafkaops connectors restart s3-sink --failed")
def restart(
    names: NamesArgument,
    failed: Annotated[bool, typer.Option("--failed", help="Only what failed.")] = False,
    file: FileOption = DEFAULT_FILE,
    env: EnvOption = None,
) -> None:
    """Restart connectors with their tasks, and wait until they run."""
    from kafkaops.resources.connectors.steer import Action

    _steer(names, Action.RESTART_FAILED if failed else Action.RESTART, file, env)


@app.command(epilog="Example: kafkaops connectors pause s3-sink")
def pause(names: NamesArgument, file: FileOption = DEFAULT_FILE, env: EnvOption = None) -> None:
    """Pause connectors: their tasks stay where they are and idle."""
    from kafkaops.resources.connectors.steer import Action

    _steer(names, Action.PAUSE, file, env)


@app.command(epilog="Example: kafkaops connectors resume s3-sink")
def resume(names: NamesArgument, file: FileOption = DEFAULT_FILE, env: EnvOption = None) -> None:
    """Run connectors that were paused or stopped, and wait until they run."""
    from kafkaops.resources.connectors.steer import Action

    _steer(names, Action.RESUME, file, env)


@app.command(epilog="Example: kafkaops connectors stop s3-sink")
def stop(names: NamesArgument, file: FileOption = DEFAULT_FILE, env: EnvOption = None) -> None:
    """Stop connectors: their tasks are shut down, their offsets stay."""
    from kafkaops.resources.connectors.steer import Action

    _steer(names, Action.STOP, file, env)


def _steer(names: list[str], action: Action, file: Path, env: str | None) -> None:
    from kafkaops.cli.session import open_session
    from kafkaops.cli.terminal import stderr, stdout
    from kafkaops.plan.model import OutcomeState
    from kafkaops.report.diagnostics import print_diagnostics
    from kafkaops.resources.connectors.steer import differs_from_spec, steer

    succeeded = True
    with open_session(file, env) as session:
        for outcome in steer(session, names, action):
            if outcome.state is OutcomeState.DONE:
                stdout().print(f"{outcome.address}: {outcome.detail}")
                note = differs_from_spec(session, outcome.address.name, action)
                if note:
                    stderr().print(note)
            elif outcome.diagnostic:
                succeeded = False
                print_diagnostics((outcome.diagnostic,), stderr())
    raise typer.Exit(ExitCode.OK if succeeded else ExitCode.FAILED)


_STYLES = {"RUNNING": "green", "PAUSED": "yellow", "STOPPED": "yellow", "FAILED": "red", "absent": "red"}


def _print(views: tuple[ConnectorView, ...]) -> None:
    from rich.table import Table
    from rich.text import Text

    from kafkaops.cli.terminal import stdout

    console = stdout()
    table = Table("connector", "state", "tasks", "spec wants", "class", "topics", box=None, header_style="bold")
    for view in views:
        table.add_row(
            view.name,
            Text(view.state, _STYLES.get(view.state, "")),
            f"{view.running} of {len(view.tasks)} run" if view.tasks else "",
            view.declared or "(not declared)",
            view.connector_class.rpartition(".")[2],
            ", ".join(view.topics),
        )
    if views:
        console.print(table)
    else:
        console.print("no connectors")
    for cause in (cause for view in views for cause in view.causes):
        console.print(Text(cause, "red"))
