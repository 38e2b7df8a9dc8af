"""Which of the sinks' targets a project needs on its dev cluster: those whose addresses its connectors name."""

from __future__ import annotations

from pathlib import Path

from kafkaops.cli.options import DEFAULT_FILE
from kafkaops.cli.session import say
from kafkaops.devcluster import TARGET_OF_KEY, Target


def targets_of_project(cluster: str, file: Path = DEFAULT_FILE) -> tuple[Target, ...] | None:
    """What the spec in the working folder needs of this dev cluster; None (all) where no sound spec speaks of it."""
    from kafkaops.errors import SpecError
    from kafkaops.spec.load import load
    from kafkaops.spec.model import Spec
    from kafkaops.spec.references import references_in

    def needed(spec: Spec) -> set[Target]:
        texts = (text for connector in spec.connectors.values() for text in connector.config.values())
        keys = {reference.name for text in texts for reference in references_in(text) if reference.scheme == "dev"}
        return {TARGET_OF_KEY[key] for key in keys & TARGET_OF_KEY.keys()}

    if not file.is_file():
        return None
    try:
        environments = load(file, None).spec.environments
        homes = [name for name, environment in environments.items() if environment.dev_cluster == cluster]
        found = set[Target]().union(*(needed(load(file, name).spec) for name in homes))
    except SpecError:
        say(f"{file} has errors, so all targets are started; kafkaops validate shows them")
        return None
    if not homes:
        return None
    say(f"Starting what the connectors of {file} write to: {', '.join(sorted(found)) or 'nothing'}")
    return tuple(sorted(found))
