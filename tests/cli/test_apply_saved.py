"""`apply FILE` before it reaches any cluster: what the file must be, and which options go with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kafkaops.cli.apply import apply_command
from kafkaops.cli.options import PlanFormat
from kafkaops.errors import ExitCode, RefusedError, UsageError
from kafkaops.plan.digest import digest_of
from kafkaops.report.document import plan_document
from kafkaops.report.saved import save_plan
from tests.report.sample import sample_plan


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "plan.json"
    save_plan(plan_document(sample_plan()), path)
    return path


def apply(
    saved: Path | None,
    environment: str | None = None,
    targets: list[str] | None = None,
    allow: list[str] | None = None,
    digest: str | None = None,
    throttle: str | None = None,
) -> None:
    """There is no spec where it would look: whoever gets that far fails with another error."""
    spec = Path("/nowhere/topics.yaml")
    options = PlanFormat.TEXT, True, digest, False, "15s", None, throttle
    apply_command(saved, spec, environment, targets, allow, None, *options)


def forged(document: Any) -> None:
    """Change what would be done, and make the file's outer digest fit again."""
    document["changes"][0]["operations"][0]["name"] = "another"
    document["digest"] = digest_of({key: value for key, value in document.items() if key != "digest"})


BROKEN: dict[str, tuple[Callable[[Any], object], str]] = {
    "another cluster": (lambda document: document["identity"].update(cluster_id="elsewhere"), "does not fit"),
    "a later format": (lambda document: document.update(format_version=99), "this kafkaops knows format 1"),
    "another count": (lambda document: document["summary"].update(blocked=7), "does not fit"),
    "another commit": (lambda document: document.update(git={"commit": "0" * 40, "dirty": False}), "does not fit"),
    "a forged change": (forged, "does not fit"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_changed_file_is_refused(name: str, file: Path) -> None:
    document = json.loads(file.read_text())
    alter, said = BROKEN[name]
    alter(document)
    file.write_text(json.dumps(document))
    with pytest.raises(RefusedError, match=said) as caught:
        apply(file)
    assert caught.value.exit_code is ExitCode.REFUSED
    assert [item.code for item in caught.value.diagnostics] == ["KO807"]


def test_a_corrupt_file_is_refused(file: Path) -> None:
    content = file.read_bytes()
    for broken in (content[: len(content) // 2], content.replace(b"partitions", b"partitiona", 1), b"\xff" + content):
        file.write_bytes(broken)
        with pytest.raises(RefusedError, match="KO807"):
            apply(file)
    with pytest.raises(RefusedError, match=r"KO807.*cannot read the plan"):
        apply(file.parent / "missing.json")


def test_another_file_than_the_one_named_by_its_digest_is_refused(file: Path) -> None:
    with pytest.raises(RefusedError, match="KO830"):
        apply(file, digest="0" * 64)
    with pytest.raises(UsageError, match=r"KO905.*--expect-digest needs a saved plan"):
        apply(None, digest="0" * 64)


def test_options_that_the_plan_holds_itself(file: Path) -> None:
    with pytest.raises(UsageError, match=r"KO905.*--target"):
        apply(file, targets=["topic.a"])
    with pytest.raises(UsageError, match=r"KO905.*--allow"):
        apply(file, allow=["delete:topic.a"])
    with pytest.raises(UsageError, match=r"KO905.*--throttle"):
        apply(file, throttle="5MiB/s")
    with pytest.raises(RefusedError, match=r"KO809.*was planned for dev, not production"):
        apply(file, environment="production")
