"""Files of a check as its readers name them: from where they stand, which in CI is the repository's root."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from kafkaops.errors import Place
from kafkaops.evolution.model import Spot

_CHECKOUTS: Final = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")
"""Where GitHub and GitLab say that a job's checkout is."""


def shown_file(root: Path, file: str) -> str:
    """A file, named from the project's root, as named from the current folder; absolute if it is not below."""
    path = root / file
    return _below(path, Path.cwd()) or path.as_posix()


def annotated_file(root: Path, file: str) -> str:
    """A file as pages of GitHub and GitLab find it: from the top of the checkout, wherever in it the command ran."""
    path = root / file
    checkouts = (Path(where) for name in _CHECKOUTS if (where := os.environ.get(name)))
    found = (_below(path.resolve(), checkout.resolve()) for checkout in checkouts)
    return next(filter(None, found), None) or shown_file(root, file)


def _below(path: Path, folder: Path) -> str | None:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else None


def place_of(root: Path, spot: Spot) -> Place:
    """Where to read the line that a finding is about."""
    return Place(root / spot.file, spot.line, spot.column)
