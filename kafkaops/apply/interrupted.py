"""What a run that never said it ended was doing: read from its records, said by plan and apply."""

from __future__ import annotations

from collections.abc import Sequence

from kafkaops.address import Address
from kafkaops.clients.election import Candidate
from kafkaops.clients.log import LogReader
from kafkaops.errors import Diagnostic, Severity
from kafkaops.ledger.codec import read_runs
from kafkaops.ledger.model import RUNS, OpenRun
from kafkaops.ledger.records import Story, stories


def story_of(reader: LogReader, run: OpenRun) -> Story:
    """The run's records, as far as they are there."""
    records = [record for record in read_runs(reader.read(RUNS, run.runs_offset)) if record.run == run.run]
    return next(iter(stories(records)), Story(run=run.run))


def under_way(run: OpenRun, holder: Candidate) -> Diagnostic:
    """KO877: what is planned now may be done by somebody else at this moment."""
    return Diagnostic(
        "KO877",
        f"run {run.run} is under way: {run.by} on {run.host}, since {run.at}",
        severity=Severity.WARNING,
        hint="this plan may show what that run is about to do; apply waits for the lock",
        detail=None if holder.run == run.run else f"the lock is held by {holder}",
    )


def interrupted(run: OpenRun, story: Story) -> Diagnostic:
    """KO876: who was doing what when it ended."""
    return Diagnostic(
        "KO876",
        f"run {run.run} ({run.by} on {run.host}, {run.at}) was interrupted {_where(story)}",
        severity=Severity.WARNING,
        detail=_detail(story),
        hint="this plan shows what is left; apply completes it",
    )


def _where(story: Story) -> str:
    if story.started is None:
        return "before it did anything"
    if story.unknown:
        return f"at {_named(story.unknown)}"
    if not story.intended:
        return "before its first change"
    return f"after {_named(tuple(story.outcomes)[-1:])}" if story.outcomes else "between two changes"


def _detail(story: Story) -> str | None:
    if story.started is None:
        return None
    return (
        f"of {story.started.changes} changes {story.count('done')} were done, {story.count('failed')} failed, "
        f"{len(story.unknown)} were begun with unknown result, {len(story.untouched)} were not begun"
    )


def _named(addresses: Sequence[Address]) -> str:
    shown = ", ".join(str(address) for address in addresses[:3])
    return f"{shown} and {len(addresses) - 3} more" if len(addresses) > 3 else shown
