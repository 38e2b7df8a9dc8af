"""Files of a check as its readers name them: from where they stand, which in CI is the repository's root."""

from __future__ import annotations

from pathlib import Path

from kafkaops.errors import Place
from kafkaops.evolution.model import Spot


def shown_file(root: Path, file: str) -> str:
    """A file, named from the project's root, as named from the current folder; absolute if it is not below."""
    path = root / file
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.as_posix()


def place_of(root: Path, spot: Spot) -> Place:
    """Where to read the line that a finding is about."""
    return Place(root / spot.file, spot.line, spot.column)
