from __future__ import annotations

import re

import pytest

from kafkaops.devcluster.commands import sets_for
from kafkaops.devcluster.lockfile import LOCK_PATH, artifacts_of, locked, parse, render
from kafkaops.devcluster.manifests import MANIFESTS
from kafkaops.devcluster.model import ClusterState, Target
from kafkaops.devcluster.roots import PLUGIN_SETS, SETS, ArtifactSet


def test_the_lock_reads_back_to_the_same_text() -> None:
    assert render(parse(LOCK_PATH.read_text(encoding="utf-8"))) == LOCK_PATH.read_text(encoding="utf-8")


def test_the_lock_names_no_host() -> None:
    assert "://" not in LOCK_PATH.read_text(encoding="utf-8")


def test_every_file_has_a_size_and_a_checksum_and_is_there_once() -> None:
    assert all(item.size > 0 and re.fullmatch("[0-9a-f]{64}", item.sha256) for item in locked())
    paths = [item.repository_path for item in locked()]
    assert len(set(paths)) == len(paths)


@pytest.mark.parametrize("artifact_set", SETS, ids=lambda each: each.name)
def test_the_lock_agrees_with_the_roots(artifact_set: ArtifactSet) -> None:
    members = artifacts_of([artifact_set.name])
    coordinates = {(item.group, item.artifact, item.version, item.classifier, item.packaging) for item in members}
    for root in artifact_set.roots:
        assert (root.group, root.artifact, root.version, root.classifier, root.packaging) in coordinates
    assert [item for item in members if artifact_set.excludes(item.artifact)] == []


def test_no_file_belongs_to_an_unknown_set() -> None:
    assert {name for item in locked() for name in item.sets} == {each.name for each in SETS}


def test_the_converter_that_shadows_ours_is_left_out() -> None:
    camel = {item.artifact for item in artifacts_of(["plugin-camel"])}
    assert not {name for name in camel if name.startswith(("apicurio-", "kafka-", "connect-", "slf4j-"))}
    assert "javax.ws.rs-api" not in camel


def test_what_is_not_asked_for_is_not_downloaded() -> None:
    without = sets_for(ClusterState("x", "id", 3, ()).nodes)
    assert without == {"kafka", "registry", *PLUGIN_SETS}
    everything = sets_for(ClusterState("x", "id", 3, tuple(Target)).nodes)
    assert everything == {each.name for each in SETS}


def test_manifests_are_for_plugins_that_exist() -> None:
    assert set(MANIFESTS) <= set(PLUGIN_SETS)


def test_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="lock format 2"):
        parse('{"format": 2, "artifacts": []}')
