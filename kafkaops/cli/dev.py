"""`kafkaops dev`: the cluster on this machine."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, NoReturn

import typer

from kafkaops import devcluster
from kafkaops.devcluster import DEFAULT_NAME, Target
from kafkaops.errors import ExitCode, KafkaopsError, UsageError

app = typer.Typer(
    name="dev",
    help="A real Kafka, registry and Connect on this machine, without Docker or Java installed.",
    no_args_is_help=True,
)

NameOption = Annotated[str, typer.Option("--name", help="Which dev cluster; each has its own data and ports.")]


class StatusFormat(StrEnum):
    """How `dev status` answers."""

    TEXT = "text"
    JSON = "json"


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
        typer.Option(help="Only these targets of sinks, comma-separated: mongodb,elasticsearch,s3 (all)."),
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

    def act() -> None:
        chosen = () if without is Leaving.TARGETS else _parse_targets(targets)
        with progress() as listen:
            endpoints = devcluster.up(name, brokers=brokers, targets=chosen, listen=listen, timeout_s=timeout_s)
        typer.echo(summary(endpoints))

    _run(act)


@app.command()
def down(
    name: NameOption = DEFAULT_NAME,
    purge: Annotated[bool, typer.Option("--purge", help="Remove the cluster's data as well.")] = False,
) -> None:
    """End exactly what `up` started. Kafka's and the registry's data stay, unless purged."""
    from kafkaops.cli.dev_progress import progress

    def act() -> None:
        with progress() as listen:
            devcluster.down(name, purge=purge, listen=listen)

    _run(act)


@app.command()
def status(
    name: NameOption = DEFAULT_NAME,
    output: Annotated[StatusFormat, typer.Option("--format", help="text or json.")] = StatusFormat.TEXT,
) -> None:
    """Show each node with its port and memory. Exits 0 when the cluster is up and 3 when it is not."""

    def act() -> None:
        from kafkaops.cli.dev_progress import status_document, status_text

        found = devcluster.status(name)
        if output is StatusFormat.JSON:
            typer.echo(json.dumps(status_document(found), indent=2))
        else:
            typer.echo(status_text(found), nl=False)
        if not found.up:
            raise typer.Exit(ExitCode.ANSWER_IS_NO)

    _run(act)


@app.command()
def logs(
    node: Annotated[str | None, typer.Argument(help="broker-1, registry, connect, …; all if left out.")] = None,
    name: NameOption = DEFAULT_NAME,
    lines: Annotated[int, typer.Option("-n", "--lines", min=0, help="How many of the last lines.")] = 20,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on with new lines until Ctrl-C.")] = False,
) -> None:
    """Show the last lines that nodes logged."""

    def act() -> None:
        from kafkaops.devcluster.logs import follow as follow_files
        from kafkaops.devcluster.logs import log_files, tail

        files = log_files(name, node)
        width = max(len(each) for each in files)
        prefix: Callable[[str], str] = lambda each: f"{each:<{width}} | " if len(files) > 1 else ""  # noqa: E731
        for each, path in files.items():
            for line in tail(path, lines):
                typer.echo(prefix(each) + line)
        if follow:
            for each, line in follow_files(files):
                typer.echo(prefix(each) + line)

    _run(act)


def _parse_targets(text: str | None) -> Sequence[Target] | None:
    if text is None:
        return None
    words = [word.strip() for word in text.split(",") if word.strip()]
    unknown = [word for word in words if word not in set(Target)]
    if unknown:
        raise UsageError.of(
            "KO913",
            f"no such target: {', '.join(unknown)}",
            hint=f"there are {', '.join(Target)}",
        )
    return [Target(word) for word in words]


def _run(act: Callable[[], None]) -> None:
    act()
