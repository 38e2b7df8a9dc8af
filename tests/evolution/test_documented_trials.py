"""The trials in docs/schema-checks.md, each done again: what the page shows is what comes out, commits aside.

`KAFKAOPS_GOLDEN=write` writes into the page what came out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import TypeAlias

import pytest

from tests.evolution.repository import ROOT, Project

PAGE = ROOT / "docs" / "schema-checks.md"
COMMAND = 'kafkaops schemas check; echo "exit code $?"'
ORDER, LOCATION = "schemas/order-event.avsc", "schemas/common/storage-location.avsc"
ORDER_ID = '    {"name": "order_id"'
Step: TypeAlias = Callable[[Project], None]


def with_field(line: str) -> Step:
    """Put a field before the order's id."""
    return lambda project: project.replace(ORDER, ORDER_ID, f"    {line},\n{ORDER_ID}")


def replacing(file: str, old: str, new: str) -> Step:
    return lambda project: project.replace(file, old, new)


def without_enum_default(project: Project) -> None:
    text = (project.folder / ORDER).read_text()
    (project.folder / ORDER).write_text(re.sub(r',\s*"default": "UNKNOWN"', "", text))


def without_null(project: Project) -> None:
    order = (project.folder / ORDER).read_text()
    wave_id = re.search(r'"name": "wave_id",\s*"type": (\["null", "string"\],\s*"default": null)', order)
    assert wave_id
    (project.folder / ORDER).write_text(order[: wave_id.start(1)] + '"string"' + order[wave_id.end(1) :])


def without_tasks(project: Project) -> None:
    (project.folder / "schemas/task-event.avsc").unlink()
    project.replace("topics.yaml", "    value: {schema: schemas/task-event.avsc}\n", "")


def types_of_their_own(project: Project) -> None:
    """Give each user of the shared type one of its own."""
    text = (project.folder / LOCATION).read_text().rstrip()
    (project.folder / LOCATION).unlink()
    for file, domain in (("schemas/pick-event.avsc", "wes"), ("schemas/inventory-event.avsc", "wms")):
        first, *others = (project.folder / file).read_text().split('"com.paklog.common.StorageLocation"')
        own = text.replace("com.paklog.common", f"com.paklog.{domain}")
        project.write(file, first + own + f'"com.paklog.{domain}.StorageLocation"'.join(others))


def moved_location(project: Project) -> None:
    project.git("mv", LOCATION, "schemas/common/place.avsc")


SEQUENCE = '{"name": "sequence", "type": "%s", "default": 0, "doc": "Counts changes."}'
CHECKSUM = (
    '{"name": "checksum", "doc": "Of the order’s text.", "type": '
    '{"type": "fixed", "name": "Checksum", "size": %d}, "default": "%s"}'
)
PRIORITY = '{"name": "priority", "type": "int", "doc": "1 is first."}'
TRIALS: dict[str, tuple[Step | None, Step]] = {
    "A field without a default": (None, with_field(PRIORITY)),
    "The fix that it gives": (
        None,
        with_field('{"name": "priority", "type": ["null", "int"], "default": null, "doc": "1 is first."}'),
    ),
    "An enum symbol is renamed, and the enum has no default": (
        without_enum_default,
        replacing(ORDER, '"WAVED"', '"IN_WAVE"'),
    ),
    "A type is narrowed from long to int": (
        with_field(SEQUENCE % "long"),
        replacing(ORDER, '"name": "sequence", "type": "long"', '"name": "sequence", "type": "int"'),
    ),
    "A union loses a branch": (None, without_null),
    "A fixed has another size": (
        with_field(CHECKSUM % (16, "0" * 16)),
        replacing(ORDER, '"size": 16}, "default": "' + "0" * 16, '"size": 8}, "default": "' + "0" * 8),
    ),
    "A type that two subjects share": (
        None,
        replacing(LOCATION, '"level", "type": "int", "default": 0', '"level", "type": "string", "default": "0"'),
    ),
    "A schema is deleted": (None, without_tasks),
    "A shared type is deleted": (None, types_of_their_own),
    "The file of a shared type is renamed": (None, moved_location),
    "A level is lowered": (
        None,
        replacing("topics.yaml", "schemas/wave-event.avsc}", "schemas/wave-event.avsc, compatibility: NONE}"),
    ),
}


def without_commits(text: str) -> str:
    """The text with every commit's short name the same."""
    return re.sub(r"\b[0-9a-f]{7}\b", "0000000", text)


def shown(title: str) -> str:
    """What the page shows below a heading."""
    start = re.escape(f"### {title}\n\n```text\n$ {COMMAND}\n")
    found = re.search(rf"{start}(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found, f"{PAGE.name} does not show: {title}"
    return found[1]


@pytest.mark.parametrize("title", TRIALS)
def test_the_page_shows_what_comes_out(paklog: Project, title: str) -> None:
    before, change = TRIALS[title]
    if before is not None:
        before(paklog)
        paklog.on_main("before")
    change(paklog)
    paklog.commit(title)
    ended = paklog.run("check")
    assert ended.stderr == ""
    told, page = f"{ended.stdout}exit code {ended.returncode}\n", shown(title)
    if os.environ.get("KAFKAOPS_GOLDEN") == "write" and without_commits(told) != without_commits(page):
        block = f"### {title}\n\n```text\n$ {COMMAND}\n"
        PAGE.write_text(PAGE.read_text("utf-8").replace(f"{block}{page}```", f"{block}{told}```"), "utf-8")
    assert without_commits(told) == without_commits(shown(title))


def test_every_change_that_the_page_shows_is_tried() -> None:
    titles = set(re.findall(r"^### (.*)", PAGE.read_text("utf-8").partition("## Seen working")[2], re.MULTILINE))
    assert titles - {title for title in titles if "dev cluster" in title} == set(TRIALS)
