"""`kafkaops schemas pull`: what a registry has, as files."""

from __future__ import annotations

from pathlib import Path

import typer

from kafkaops.cli.terminal import stderr
from kafkaops.writable import check_folder


def pull_command(
    patterns: tuple[str, ...],
    into: Path,
    spec_file: Path,
    environment: str | None,
    *,
    all_versions: bool,
    force: bool,
) -> None:
    """Read, write, and name on stdout each file that changed."""
    from kafkaops.cli.registry import open_registry
    from kafkaops.evolution.pull import pull, write
    from kafkaops.spec.load import load

    check_folder("KO381", into, "give another --into")
    with open_registry(load(spec_file, environment)) as registry:
        pulled = pull(registry, patterns, into, every_version=all_versions)
        changed = write(pulled, force=force)
        for file in changed:
            typer.echo(file)
        subjects = len({item.registered.subject for item in pulled})
        stderr().print(
            f"{subjects:,} {'subject' if subjects == 1 else 'subjects'} of {registry.url}: "
            f"{len(changed):,} of {len(pulled):,} files written, the others were the same"
            if pulled
            else f"{registry.url} has no subjects"
        )
