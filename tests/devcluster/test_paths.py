from __future__ import annotations

import os
from pathlib import Path

import pytest

from kafkaops.devcluster.paths import CACHE_VARIABLE, HOME_VARIABLE, cache_home, cluster_paths, home, make_writable
from kafkaops.errors import PlatformError, UsageError

NOBODY = 65534


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../x", "-x", "a b", "ä", "x" * 41])
def test_a_name_cannot_leave_the_home(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        cluster_paths(name)
    assert caught.value.diagnostics[0].code == "KO701"


def test_the_environment_moves_data_and_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "data"))
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    assert home() == tmp_path / "data"
    assert cache_home() == tmp_path / "cache"
    assert cluster_paths("x").root == tmp_path / "data" / "x"
    assert cluster_paths("x").lock_file.parent == tmp_path / "data"


@pytest.mark.parametrize(("purpose", "variable"), [("cache", CACHE_VARIABLE), ("data", HOME_VARIABLE)])
def test_a_place_that_cannot_be_a_folder_is_named(tmp_path: Path, purpose: str, variable: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PlatformError) as caught:
        make_writable(tmp_path / "file" / "x", purpose)
    assert caught.value.diagnostics[0].code == "KO702"
    assert str(tmp_path / "file" / "x") in str(caught.value)
    assert variable in str(caught.value)


def test_a_folder_without_permission_is_an_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    code = _errors_as_another_user(tmp_path) if os.geteuid() == 0 else _raises_ko702(tmp_path)
    tmp_path.chmod(0o755)
    assert code


def _raises_ko702(folder: Path) -> bool:
    try:
        make_writable(folder, "cache")
    except PlatformError as error:
        return "Permission denied" in str(error) and error.diagnostics[0].code == "KO702"
    return False


def _errors_as_another_user(folder: Path) -> bool:
    """Root may write anywhere, so a child that is nobody tries."""
    child = os.fork()
    if child == 0:
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        os._exit(0 if _raises_ko702(folder) else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_probing_leaves_nothing_behind(tmp_path: Path) -> None:
    make_writable(tmp_path / "new" / "folder", "data")
    assert list((tmp_path / "new" / "folder").iterdir()) == []
