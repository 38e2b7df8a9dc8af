from __future__ import annotations

from pathlib import Path

import pytest

from tests.evolution.repository import Project


@pytest.fixture(scope="session")
def pristine_paklog(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project.paklog(tmp_path_factory.mktemp("pristine") / "paklog")


@pytest.fixture
def paklog(pristine_paklog: Project, tmp_path: Path) -> Project:
    return pristine_paklog.copied_to(tmp_path / "paklog")
