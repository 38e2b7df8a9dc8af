"""Where a project lay in the repository before a pull request moved it, perhaps under another name."""

from __future__ import annotations

from dataclasses import dataclass

from kafkaops.errors import UsageError
from kafkaops.evolution.baseline import Project, git_blob_name
from kafkaops.evolution.earlier_spec import bindings_in
from kafkaops.evolution.git import Repository


@dataclass(frozen=True, slots=True)
class FormerPlace:
    """A folder that had the project's spec."""

    prefix: str
    """From the repository's root, with a slash at its end; empty for the root itself."""
    name: str | None
    """What the spec called its project; None where it cannot be read."""
    shared: int
    """How many topics, schema files and their texts it has in common with the project as it is."""

    @property
    def folder(self) -> str:
        """For people."""
        return self.prefix.rstrip("/") or "the repository's root"


def former_place(project: Project, repository: Repository, tip: str) -> FormerPlace | None:
    """The folder that the project was moved from since the tip; None if it lies where it was, or is new.

    It is one that has its spec no more: that of the same project, else the one with the most in common.
    Raises `UsageError` KO384 where several have as much.
    """
    main_file = project.spec_file.name
    if repository.has(tip, main_file):
        return None
    places = [
        _place(project, repository.at(prefix), tip)
        for prefix in repository.folders_with(tip, main_file)
        if not (repository.top / prefix / main_file).exists()
    ]
    candidates = [place for place in places if place.name == project.name] or [
        place for place in places if place.shared
    ]
    most = max((place.shared for place in candidates), default=0)
    likeliest = [place for place in candidates if place.shared == most]
    if len(likeliest) > 1:
        raise UsageError.of(
            "KO384",
            f"the project was moved, and which of these folders it was in at {tip[:7]} is not clear: "
            + ", ".join(place.folder for place in likeliest),
            hint="compare with one of them: `git worktree add ../before "
            + tip[:7]
            + "` and --against ../before/FOLDER",
        )
    return likeliest[0] if likeliest else None


def _place(project: Project, repository: Repository, commit: str) -> FormerPlace:
    tree = repository.tree(commit)
    bindings = bindings_in(repository, tree, project.spec_file.name)
    spec = bindings.of(None) if bindings else None
    blobs = set(tree.values())
    algorithm = "sha256" if any(len(blob) != 40 for blob in blobs) else "sha1"
    shared = sum((file in tree) + (git_blob_name(text, algorithm) in blobs) for file, text in project.files.items())
    if spec is not None:
        shared += len(project.topics & spec.spec.topics.keys())
    return FormerPlace(repository.prefix, spec.spec.project if spec else None, shared)
