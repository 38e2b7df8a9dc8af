"""`kafkaops import`: a spec of what a live cluster has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from kafkaops.cli.options import DataFormat
from kafkaops.cli.terminal import stderr, write_json
from kafkaops.errors import Diagnostic, ExitCode, RefusedError, Severity, UsageError

if TYPE_CHECKING:
    from kafkaops.importing.environment import Source
    from kafkaops.importing.project import Imported
    from kafkaops.importing.read import Systems
    from kafkaops.importing.selection import Selection
    from kafkaops.spec.model import Environment
    from kafkaops.spec.references import DevValues

_NAME = "main"
"""What an environment is called that no option names."""
_ALIKE = 2
"""Findings of the same words that are shown one by one."""
_SHOWN = 20
"""Findings of one sort that are shown in text; JSON has them all."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the command line says."""

    project: str
    out: Path
    file: Path
    environment: str | None
    bootstrap_servers: str | None
    command_config: Path | None
    schema_registry: str | None
    connect: str | None
    topics: tuple[str, ...]
    exclude: tuple[str, ...]
    only: tuple[str, ...]
    secret: tuple[str, ...]
    plain: tuple[str, ...]
    force: bool
    format: DataFormat


def import_command(options: ImportOptions) -> ExitCode:
    """Read, write, say what was left out. 3 when the caller may not see everything, or something cannot be declared."""
    from kafkaops.importing.draft import Request
    from kafkaops.importing.project import check_free, import_project
    from kafkaops.importing.read import read
    from kafkaops.importing.secrets import SecretRules
    from kafkaops.importing.selection import unmatched

    selection = _selection(options)
    _check_project(options.project)
    check_free(options.out, options.force)
    with _open(options) as (source, systems):
        for pattern in unmatched(options.topics, systems.cluster.topics):
            count = len(systems.cluster.topics)
            raise UsageError.of(
                "KO956", f"--topics {pattern} matches no topic", hint=f"{count:,} topics can be seen on the cluster"
            )
        observed = read(systems, selection)
        rules = SecretRules(options.secret, options.plain)
        request = Request(options.project, source, selection, rules)
        done = import_project(observed, request, options.out, systems.kafka, force=options.force)
    lacking = [item for item in done.draft.findings if item.severity is Severity.WARNING]
    _show(done, options, sasl=_asks_for_rights(source.environment))
    return ExitCode.ANSWER_IS_NO if lacking else ExitCode.OK


def _asks_for_rights(environment: Environment) -> bool:
    return environment.kafka is not None and environment.kafka.security_protocol != "PLAINTEXT"


def _selection(options: ImportOptions) -> Selection:
    from kafkaops.importing.selection import Part, Selection
    from kafkaops.spec.suggest import did_you_mean

    parts = [part.strip() for text in options.only for part in text.split(",") if part.strip()]
    for part in parts:
        if part not in list(Part):
            hint = did_you_mean(part, Part) or f"there are {', '.join(Part)}"
            raise UsageError.of("KO953", f"--only {part}: there is no such part", hint=hint)
    chosen = frozenset(map(Part, parts)) or frozenset(Part)
    return Selection(chosen, options.topics, options.exclude)


def _check_project(name: str) -> None:
    from pydantic import ValidationError

    from kafkaops.spec.model import Spec

    try:
        Spec.model_validate({"version": 1, "project": name})
    except ValidationError:
        raise UsageError.of(
            "KO953",
            f"--project '{name}' is no project's name",
            hint="lower-case letters, digits, '.', '_' and '-', beginning with a letter or a digit",
        ) from None


@contextmanager
def _open(options: ImportOptions) -> Iterator[tuple[Source, Systems]]:
    """Where it reads from, connected. Clients are closed afterwards."""
    from kafkaops.cli.session import clients
    from kafkaops.importing.read import Systems
    from kafkaops.spec.references import Resolver

    source, where, root, dev_values = _source(options)
    with clients(where, Resolver(root, dev_values)) as (kafka, registry, connect):
        cluster = kafka.cluster()
        pinned = source.environment.cluster_id
        if pinned and pinned != cluster.cluster_id:
            raise RefusedError.of(
                "KO802",
                f"environment {source.name} is cluster {pinned}, but the brokers answer for {cluster.cluster_id}",
                hint="nothing more was read; check the addresses, or the pin if the cluster was rebuilt",
            )
        yield source, Systems(kafka, cluster, registry, connect)


def _source(options: ImportOptions) -> tuple[Source, Environment, Path, DevValues | None]:
    """The environment to write, the one to connect to, and what references in it are relative to."""
    from kafkaops.cli.session import connections
    from kafkaops.importing.environment import Source, moved
    from kafkaops.spec.load import load

    given = options.bootstrap_servers is not None or options.command_config is not None
    if given:
        environment = _given(options)
        return Source(options.environment or _NAME, environment), environment, Path(), None
    if not options.file.is_file():
        raise UsageError.of(
            "KO953",
            "nothing says which cluster to import",
            hint="give --bootstrap-servers or --command-config, or --env of a spec (--file)",
        )
    loaded = load(options.file, options.environment)
    where, dev_values = connections(loaded)
    own = moved(_with_urls(loaded.environment, options), loaded.root, options.out)
    return Source(loaded.environment_name, own), _with_urls(where, options), loaded.root, dev_values


def _given(options: ImportOptions) -> Environment:
    from kafkaops.importing.client_properties import environment_of
    from kafkaops.spec.model import Environment, KafkaConnection

    environment = Environment()
    if options.command_config is not None:
        environment = environment_of(options.command_config, options.bootstrap_servers)
    elif options.bootstrap_servers is not None:
        environment = Environment(kafka=KafkaConnection(bootstrap_servers=options.bootstrap_servers))
    return _with_urls(environment, options)


def _with_urls(environment: Environment, options: ImportOptions) -> Environment:
    """The environment with the URLs that options name."""
    from kafkaops.spec.model import HttpConnection

    urls = {"schema_registry": options.schema_registry, "connect": options.connect}
    return environment.model_copy(update={key: HttpConnection(url=url) for key, url in urls.items() if url})


def _show(done: Imported, options: ImportOptions, *, sasl: bool) -> None:
    """Files on stdout; on stderr what was left out, what must be set and what to do next."""
    if options.format is DataFormat.JSON:
        write_json(_document(done))
    else:
        for name in done.written:
            typer.echo(options.out / name)
    terminal = stderr()
    _show_findings(done.draft.findings)
    counts = ", ".join(_counted(number, kind) for kind, number in done.draft.counts.items())
    terminal.print(f"Imported into {options.out}: {counts}. A plan of it would show no change on what was read.")
    if sasl:
        terminal.print("Kafka lists what this principal may describe; topics and groups beyond that are not known.")
    terminal.print(f"Next: kafkaops plan --file {options.out / 'topics.yaml'}")
    if done.draft.kept:
        number = len(done.draft.kept)
        terminal.print(
            f"{_counted(number, 'secrets')} written as {'a reference' if number == 1 else 'references'}; "
            f"{options.out / '.env.example'} lists what to set"
        )


def _show_findings(findings: tuple[Diagnostic, ...]) -> None:
    """Warnings last, where they are read; what is said alike of many is one finding with their names."""
    from kafkaops.importing.names import listed
    from kafkaops.report.diagnostics import print_diagnostics

    alike: dict[tuple[bool, str, str], list[Diagnostic]] = {}
    for item in findings:
        kind = (item.address or item.summary).partition(".")[0]
        alike.setdefault((item.severity is Severity.WARNING, item.code, f"{kind} {item.summary}"), []).append(item)
    shown: list[Diagnostic] = []
    for _, same in sorted(alike.items()):
        addresses = [item.address for item in same if item.address]
        if len(same) <= _ALIKE or not addresses:
            shown.extend(same)
        else:
            summary = f"{len(same):,} times: {same[0].summary}: {listed(addresses)}"
            shown.append(replace(same[0], address=None, detail=None, summary=summary))
    counts: Counter[str] = Counter()
    kept: list[Diagnostic] = []
    for item in shown:
        counts[item.code] += 1
        if counts[item.code] <= _SHOWN:
            kept.append(item)
    print_diagnostics(tuple(kept), stderr())
    for code, count in sorted(counts.items()):
        if count > _SHOWN:
            stderr().print(f"{count - _SHOWN:,} more of {code}; --format json has them all")


def _counted(number: int, kind: str) -> str:
    return f"{number:,} {kind.removesuffix('s') if number == 1 else kind}"


def _document(done: Imported) -> dict[str, Any]:
    """What was done as JSON: never a secret, only what stands for it."""
    return {
        "folder": str(done.folder),
        "files": list(done.written),
        "declared": {kind.replace(" ", "_"): number for kind, number in done.draft.counts.items()},
        "references": [
            {"variable": item.variable, "address": item.address, "key": item.key} for item in done.draft.kept
        ],
        "findings": [
            {
                "code": item.code,
                "severity": item.severity.value,
                "address": item.address,
                "summary": item.summary,
                "detail": item.detail,
                "hint": item.hint,
            }
            for item in done.draft.findings
        ],
    }
