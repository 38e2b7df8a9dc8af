"""Apply killed or stopped midway on the real cluster: what is left is known, and the next apply completes it."""

from __future__ import annotations

import random
import re
import signal
from pathlib import Path

import pytest

from kafkaops.devcluster import Endpoints
from tests.live.contending import contest, contradicting, two_projects_at_once
from tests.live.interrupting import (
    CHANGES,
    at_line,
    ended,
    held_at_the_end,
    interrupted_run,
    kill_after,
    kill_after_change,
    refuse_interleaved,
    scene,
    start,
)
from tests.live.ledgers import runs_of
from tests.live.making import prefer_another_replica

pytestmark = pytest.mark.live


@pytest.mark.parametrize("number", [1, 6])
def test_an_apply_killed_between_changes_is_completed_by_the_next(
    cluster: Endpoints, tmp_path: Path, number: int
) -> None:
    with scene(cluster, tmp_path) as (project, name), held_at_the_end(project) as held:
        said = interrupted_run(project, name, kill_after_change(number, held))
    assert re.match(f"[1-{CHANGES}] of {CHANGES} left; .*", said) and "no run was begun" not in said, said


def test_what_is_asked_for_meanwhile_completes_no_apply(cluster: Endpoints, tmp_path: Path) -> None:
    """A command by hand, and an apply of one resource: the plan says after either what was interrupted."""
    with scene(cluster, tmp_path) as (project, name), held_at_the_end(project) as held:

        def interruptions() -> list[str]:
            found = project.run("plan", "--format", "json").json["observations"]
            return [item["summary"] for item in found if item["code"] == "KO876"]

        def meanwhile() -> None:
            (run,) = runs_begun(cluster, name)
            for _ in range(2):  # the controller elects, too, every five minutes: it may come first, but not twice
                prefer_another_replica(cluster.bootstrap_servers, f"{name}-a")
                elected = project.run("topics", "elect-leaders", f"{name}-a", "--yes")
                assert elected.code == 0, elected.out + elected.err
                if "1 change applied" in elected.out:
                    break
            assert "1 change applied" in elected.out, elected.out
            said = interruptions()
            assert len(said) == 1 and run in said[0], said
            applied = project.run("apply", "--yes", "--target", f"schema.{name}-second")
            assert applied.code == 0, applied.out + applied.err
            assert interruptions() == said
            results = [item["result"] for item in project.run("history", "--format", "json").json["runs"]]
            assert results == ["done", "done", "interrupted"]

        interrupted_run(project, name, kill_after_change(3, held), meanwhile)


def runs_begun(cluster: Endpoints, name: str) -> list[str]:
    return [item["run"] for item in runs_of(cluster.bootstrap_servers, name) if item["type"] == "started"]


@pytest.mark.parametrize("seed", range(2))
def test_an_apply_killed_at_any_moment_is_completed_by_the_next(cluster: Endpoints, tmp_path: Path, seed: int) -> None:
    with scene(cluster, tmp_path) as (project, name):
        interrupted_run(project, name, kill_after(random.Random(seed).uniform(0.5, 5.0)))


def test_a_holder_that_was_stopped_finishes_its_batch_and_is_shut_out(cluster: Endpoints, tmp_path: Path) -> None:
    with scene(cluster, tmp_path) as (project, name), held_at_the_end(project) as held:
        zombie = start(project)
        at_line(zombie, 1)  # the topics are made, the schemas come next
        zombie.send_signal(signal.SIGSTOP)
        try:
            held.pass_others()
            taken = project.run("apply", "--yes", "--lock-timeout", "60s", "--format", "json")
            assert taken.code == 0, taken.err
            assert any(item["code"] == "KO876" for item in taken.json["plan"]["observations"])
        finally:
            held.release(lost=False)
            zombie.send_signal(signal.SIGCONT)
        assert zombie.stderr is not None
        assert ended(zombie) == 1
        said = (project.folder / "apply.out").read_text(encoding="utf-8")
        assert "[KO875] this run lost its lock" in said or "[KO885] this run is not recorded whole" in said
        records = runs_of(cluster.bootstrap_servers, name)
        refuse_interleaved(records)
        assert [item["result"] for item in records if item["type"] == "ended"] == ["interrupted", "done"]
        assert project.run("plan", "--detailed-exitcode").code == 0


def test_of_two_projects_that_claim_one_topic_at_once_one_has_it(cluster: Endpoints, tmp_path: Path) -> None:
    assert two_projects_at_once(cluster, tmp_path) == (0, 4)


def test_applies_that_contradict_each_other_go_one_after_another(cluster: Endpoints, tmp_path: Path) -> None:
    with contradicting(cluster, tmp_path, 5) as (projects, name):
        found = contest(projects, name, zombies=1)
    assert [code for number, code in enumerate(found.codes) if number not in found.stopped] == [0] * (
        5 - len(found.stopped)
    )
