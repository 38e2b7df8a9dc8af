"""Choosing among the runs that the ledger keeps, and telling how each ended. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from kafkaops.errors import UsageError
from kafkaops.ledger.model import Owner
from kafkaops.ledger.records import RunResult, Story

LATEST = "latest"
"""Stands for the newest run where a run is named."""
_NEAR = 3


class Standing(StrEnum):
    """How a run stands: how it ended, or that it has not."""

    DONE = RunResult.DONE.value
    FAILED = RunResult.FAILED.value
    STOPPED = RunResult.STOPPED.value
    LOCK_LOST = RunResult.LOCK_LOST.value
    INTERRUPTED = RunResult.INTERRUPTED.value
    """Its process ended without a word: said by a later run, or seen because nobody holds its lock."""
    UNDER_WAY = "under-way"


@dataclass(frozen=True, kw_only=True)
class History:
    """The runs of the ledger, in the order in which they began."""

    stories: tuple[Story, ...]
    under_way: Collection[str] = ()
    """The ids of runs whose lock is held at this moment."""
    exists: bool = True
    """False where the cluster has no ledger."""
    complete: bool = True
    """False when retention has taken the beginning of the log."""

    def standing(self, story: Story) -> Standing:
        """How one of them stands."""
        if story.ended is not None:
            return Standing(story.ended.result.value)
        return Standing.UNDER_WAY if story.run in self.under_way else Standing.INTERRUPTED

    def of(self, owner: Owner | None, since: datetime | None = None) -> tuple[Story, ...]:
        """Newest first: the runs of one owner, or of everybody, that began at or after a time.

        A run whose beginning is lost has no owner that could be told: it is everybody's only.
        """
        return tuple(
            story
            for story in reversed(self.stories)
            if (owner is None or owner_of(story) == owner) and (since is None or _began_since(story, since))
        )


def owner_of(story: Story) -> Owner | None:
    """Whose run it is, where its beginning is there."""
    return story.started.owner if story.started else None


def unended(stories: Iterable[Story]) -> dict[Owner, str]:
    """For each owner whose newest run has not said that it ended, that run's id: it may be under way."""
    newest: dict[Owner, Story] = {}
    for story in stories:
        if story.started is not None:
            newest[story.started.owner] = story
    return {owner: story.run for owner, story in newest.items() if story.ended is None}


def find_run(text: str, stories: Sequence[Story]) -> Story:
    """The run of this id, of which this is the beginning, or the `latest`. `stories` are newest first.

    Raises `UsageError` (KO881) where there is none, or several.
    """
    if text == LATEST and stories:
        return stories[0]
    exact = [story for story in stories if story.run == text]
    found = exact or [story for story in stories if text and story.run.startswith(text)]
    if len(found) == 1:
        return found[0]
    if found:
        shown = _listed([story.run for story in found])
        raise UsageError.of("KO881", f"{len(found)} runs begin with '{text}': {shown}", hint="write more of its id")
    near = difflib.get_close_matches(text, [story.run for story in stories], _NEAR, cutoff=0.6)
    newest = [story.run for story in stories[:_NEAR]]
    hint = f"the nearest: {', '.join(near)}" if near else f"the newest: {', '.join(newest)}" if newest else None
    raise UsageError.of(
        "KO881",
        f"there is no run '{text}'" if stories else f"there is no run '{text}': no run of this project is recorded",
        hint=hint or "kafkaops history --all lists the runs of every project",
    )


def instant(text: str) -> datetime | None:
    """A time as the ledger writes it, in UTC; None for what is none, which anybody may have written there."""
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _began_since(story: Story, since: datetime) -> bool:
    at = instant(story.started.at) if story.started else None
    return at is not None and at >= since


def _listed(runs: Sequence[str]) -> str:
    return ", ".join(runs[:_NEAR]) + (f" and {len(runs) - _NEAR} more" if len(runs) > _NEAR else "")
