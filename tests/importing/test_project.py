"""The folder: all of it or nothing of it, and nobody's files written over unasked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import cast

import pytest

from kafkaops.clients.kafka import ClusterState, KafkaAdmin
from kafkaops.errors import UsageError
from kafkaops.importing.draft import Request
from kafkaops.importing.environment import Source
from kafkaops.importing.observed import Observed
from kafkaops.importing.project import Imported, import_project
from kafkaops.resources.topics.model import TopicState
from kafkaops.spec.model import Environment, HttpConnection, KafkaConnection
from tests.resources.connectors.values import seen
from tests.resources.topics.values import configs, placement

ENVIRONMENT = Environment(
    kafka=KafkaConnection(bootstrap_servers="b:9092"), connect=HttpConnection(url="http://connect:8083")
)
REQUEST = Request("p", Source("main", ENVIRONMENT))


def observed(*topics: str) -> Observed:
    placements = {name: placement(name) for name in topics}
    return Observed(
        cluster=ClusterState("c-1", {1: "b:9092"}, placements),
        topics={name: TopicState(item, configs()) for name, item in placements.items()},
        connectors={"sink": seen({"connector.class": "X", "tasks.max": "1", "topics": topics[0]})},
    )


def run(folder: Path, *topics: str, force: bool = False) -> Imported:
    return import_project(observed(*topics), REQUEST, folder, cast(KafkaAdmin, None), force=force)


def test_a_new_folder_is_there_at_once_and_nothing_beside_it(tmp_path: Path) -> None:
    done = run(tmp_path / "a" / "b", "orders")
    assert done.written == ("connectors/sink.yaml", "topics.yaml")
    assert [item.name for item in (tmp_path / "a").iterdir()] == ["b"]
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o755


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    run(tmp_path / "out", "orders")
    assert (tmp_path / "out" / "topics.yaml").is_file()


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text("mine")
    with pytest.raises(UsageError, match="KO950"):
        run(tmp_path, "orders")
    assert [item.name for item in tmp_path.iterdir()] == ["own.txt"]


def test_force_writes_over_its_own_files_and_names_those_that_changed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(out, "orders")
    (out / "own.txt").write_text("mine")
    assert run(out, "orders", force=True).written == ()
    assert run(out, "orders", "more", force=True).written == ("topics.yaml",)
    assert (out / "own.txt").read_text() == "mine"


def test_a_file_that_would_be_read_with_it_is_in_the_way(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(out, "orders")
    (out / "connectors" / "old.yaml").write_text("name: old\nclass: X\n")
    before = (out / "topics.yaml").read_text()
    with pytest.raises(UsageError, match=r"KO957.*old\.yaml"):
        run(out, "orders", "more", force=True)
    assert (out / "topics.yaml").read_text() == before


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(UsageError, match="KO950"):
        run(tmp_path / "out", "orders")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UsageError, match="KO951"):
        run(tmp_path / "out", "orders")
