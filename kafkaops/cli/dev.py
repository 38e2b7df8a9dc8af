"""`kafkaops dev`: the cluster on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer

from kafkaops import devcluster
from kafkaops.cli.options import DataFormat, FormatOption
from kafkaops.devcluster import DEFAULT_NAME, Target
from kafkaops.errors import ExitCode, UsageError

app = typer.Typer(
    name="dev",
    help="A real Kafka, registry and Connect on this machine, without Docker or Java installed.",
    no_args_is_help=True,
)

NameOption = Annotated[str, typer.Option("--name", help="Which dev cluster; each has its own data and ports.")]


class Leaving(StrEnum):
    """What `--without` can leave out."""

    TARGETS = "targets"


@app.command()
def up(
    name: NameOption = DEFAULT_NAME,
    brokers: Annotated[
        int | None, typer.Option(min=1, max=9, help="Number of brokers (3); 1 for small machines.")
    ] = None,
    targets: Annotated[
        str | None,
        typer.Option(
            help="Only these targets of sinks, comma-separated: mongodb,elasticsearch,s3. "
            "Otherwise those that the connectors of ./topics.yaml write to; all without one."
        ),
    ] = None,
    without: Annotated[
        Leaving | None, typer.Option(help="Leave out what sinks write to. Same as --targets ''.")
    ] = None,
    timeout_s: Annotated[
        float, typer.Option("--timeout", min=1, help="Seconds to wait until all nodes answer.")
    ] = devcluster.START_TIMEOUT_S,
) -> None:
    """Start the cluster, or what is missing of it, and wait until every node answers.

    The first start downloads about 375 MB. Doing it twice is harmless.
    """
    from kafkaops.cli.dev_progress import progress, summary
    from kafkaops.cli.dev_targets import targets_of_project

    if without is Leaving.TARGETS:
        chosen: Sequence[Target] | None = ()
    else:
        chosen = _parse_targets(targets) if targets is not None else targets_of_project(name)
    with progress() as listen:
        endpoints = devcluster.up(name, brokers=brokers, targets=chosen, listen=listen, timeout_s=timeout_s)
    typer.echo(summary(endpoints))


@app.command()
def down(
    name: NameOption = DEFAULT_NAME,
    purge: Annotated[bool, typer.Option("--purge", help="Remove the cluster's data as well.")] = False,
) -> None:
    """End exactly what `up` started. Kafka's and the registry's data stay, unless purged."""
    from kafkaops.cli.dev_progress import progress

    with progress() as listen:
        devcluster.down(name, purge=purge, listen=listen)


@app.command()
def status(
    name: NameOption = DEFAULT_NAME,
    format: FormatOption = DataFormat.TEXT,
) -> None:
    """Show each node with its port and memory. Exits 0 when the cluster is up and 3 when it is not."""
    from kafkaops.cli.dev_progress import print_status, status_document
    from kafkaops.cli.terminal import stdout, write_json

    found = devcluster.status(name)
    if format is DataFormat.JSON:
        write_json(status_document(found))
    else:
        print_status(found, stdout())
    if not found.up:
        raise typer.Exit(ExitCode.ANSWER_IS_NO)


@app.command()
def logs(
    node: Annotated[str | None, typer.Argument(help="broker-1, registry, connect, …; all if left out.")] = None,
    name: NameOption = DEFAULT_NAME,
    lines: Annotated[int, typer.Option("-n", "--lines", min=0, help="How many of the last lines.")] = 20,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on with new lines until Ctrl-C.")] = False,
) -> None:
    """Show the last lines that nodes logged."""
    from kafkaops.devcluster.logs import follow as follow_files
    from kafkaops.devcluster.logs import log_files, tail

    files = log_files(name, node)
    width = max(len(each) for each in files)

    def show(source: str, line: str) -> None:
        typer.echo(line if node else f"{source:<{width}} | {line}")

    for source, path in files.items():
        for line in tail(path, lines):
            show(source, line)
    if follow:
        for source, line in follow_files(files):
            show(source, line)


def _parse_targets(text: str) -> Sequence[Target]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    unknown = [word for word in words if word not in set(Target)]
    if unknown:
        raise UsageError.of(
            "KO713",
            f"no such target: {', '.join(unknown)}",
            hint=f"there are {', '.join(Target)}",
        )
    return [Target(word) for word in words]
