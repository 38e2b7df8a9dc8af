"""Making groups as planned. Committed offsets are only ever added, and read back.

| code | meaning |
| --- | --- |
| KO640 | the group has members now: its offsets are left alone |
| KO641 | an offset to start from cannot be told |
| KO642 | Kafka refused to commit, to set configs or to delete |
| KO643 | it was done, but reads back differently |
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from kafkaops.clients.kafka import (
    ConfigAlteration,
    Configs,
    ConfigScope,
    GroupPhase,
    GroupView,
    Position,
    Refusal,
    TopicPartition,
)
from kafkaops.errors import Diagnostic, PlatformError
from kafkaops.plan.model import Change, Outcome
from kafkaops.resources.everywhere import await_everywhere
from kafkaops.resources.groups.model import CommitStartPosition, DeleteGroup, SetGroupConfigs
from kafkaops.resources.kind import Session
from kafkaops.resources.stopping import skipped_by_stop
from kafkaops.resources.wording import counted
from kafkaops.spec.model import StartFrom

_AT_ONCE = 8
"""Groups committed for at the same time; Kafka takes commits one group a request."""
_LIMIT_S = 30.0
_PAUSE_S = 0.2
_POSITIONS = {StartFrom.EARLIEST: Position.EARLIEST, StartFrom.LATEST: Position.LATEST}


def apply(session: Session, changes: Sequence[Change]) -> Iterator[Outcome]:
    """Do the changes: configs, start positions, deletions; one outcome each, when it was read back."""
    run = _Run(session, {change.address.name: change for change in changes})
    for step in (run.set_configs, run.commit, run.delete):
        if session.stop.is_set():
            break
        step()
    for change in changes:
        yield run.outcome(change)


@dataclass
class _Run:
    """One apply of groups: what failed, and what was begun."""

    session: Session
    changes: Mapping[str, Change]
    failed: dict[str, Diagnostic] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    started: float = field(default_factory=time.monotonic)

    def outcome(self, change: Change) -> Outcome:
        """How one change ended."""
        name, seconds = change.address.name, time.monotonic() - self.started
        if name in self.failed:
            return Outcome.failed(change.address, self.failed[name], seconds)
        if name not in self.done:
            return skipped_by_stop(change)
        return Outcome.done(change.address, _proof(change), seconds)

    def set_configs(self) -> None:
        """Set group configs and wait until they read back."""
        steps = {
            name: step
            for name, change in self.changes.items()
            for step in change.operations
            if isinstance(step, SetGroupConfigs)
        }
        wanted: dict[str, dict[str, str | None]] = {
            name: {**dict(step.set), **dict.fromkeys(step.reset)} for name, step in steps.items()
        }
        alterations = [ConfigAlteration(name, dict(step.set), step.reset) for name, step in steps.items()]
        answers = self.session.kafka.alter_configs(ConfigScope.GROUP, alterations)
        self._note(answers)
        accepted = {name: values for name, values in wanted.items() if answers[name] is None}
        self._await_configs(accepted)
        self.done.update(name for name in accepted if name not in self._committing())

    def commit(self) -> None:
        """Commit start positions where there still are none, and read them back."""
        wanted = {name: parts for name, parts in self._committing().items() if name not in self.failed}
        if not wanted:
            return
        offsets = self._without_committed(self._resolved(self._without_members(wanted)))
        with ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="commit") as pool:
            problems = pool.map(lambda name: self._commit_one(name, offsets[name]), offsets)
            self.failed.update({name: problem for name, problem in zip(offsets, problems, strict=True) if problem})
        self._read_back({name: offsets[name] for name in offsets if name not in self.failed})
        self.done.update(name for name in wanted if name not in self.failed)

    def delete(self) -> None:
        """Delete groups, their configs with them, and look that they are gone."""
        names = [
            name
            for name, change in self.changes.items()
            if any(isinstance(step, DeleteGroup) for step in change.operations)
        ]
        answers = {
            name: None if refusal is not None and refusal.error == "GROUP_ID_NOT_FOUND" else refusal
            for name, refusal in self.session.kafka.delete_groups(names).items()
        }
        self._note(answers)
        deleted = [name for name in names if name not in self.failed]
        self._reset_configs(deleted)
        for name, view in self.session.kafka.groups(deleted).items():
            if isinstance(view, Refusal):
                self.failed[name] = self._problem(
                    name, "KO643", f"Kafka deleted it, and whether it is gone cannot be told: {view}", "plan again"
                )
            elif view.phase is not GroupPhase.ABSENT:
                self.failed[name] = self._problem(
                    name, "KO643", "Kafka deleted it, and it is there again", "somebody uses it; plan again"
                )
        self.done.update(name for name in deleted if name not in self.failed)

    # --- inside ---

    def _reset_configs(self, names: Sequence[str]) -> None:
        """Take a deleted group's configs with it: Kafka keeps them, and the next group of that name has them."""
        answers = self.session.kafka.configs(ConfigScope.GROUP, names) if names else {}
        left = [
            ConfigAlteration(name, reset=tuple(answer.overrides))
            for name, answer in answers.items()
            if isinstance(answer, Configs) and answer.overrides
        ]
        refused = self.session.kafka.alter_configs(ConfigScope.GROUP, left)
        self._note(refused)
        self._await_configs({item.name: dict.fromkeys(item.reset) for item in left if refused[item.name] is None})

    def _committing(self) -> dict[str, dict[TopicPartition, StartFrom]]:
        """Per group the partitions to commit for, and from where."""
        found: dict[str, dict[TopicPartition, StartFrom]] = {}
        for name, change in self.changes.items():
            for step in change.operations:
                if isinstance(step, CommitStartPosition):
                    found.setdefault(name, {}).update(dict.fromkeys(step.partitions, step.start_from))
        return found

    def _without_members(
        self, wanted: Mapping[str, Mapping[TopicPartition, StartFrom]]
    ) -> Mapping[str, Mapping[TopicPartition, StartFrom]]:
        """Fail the groups that became active: a commit beside their own would be refused, or fought over."""
        for name, view in self.session.kafka.groups(list(wanted)).items():
            if isinstance(view, GroupView) and view.phase.active:
                self.failed[name] = self._problem(
                    name,
                    "KO640",
                    f"it has {counted(len(view.members), 'member')} now, so its offsets were left alone",
                    "its consumers started since the plan; plan again",
                )
            elif isinstance(view, Refusal):
                self.failed[name] = self._refused(name, view)
        return {name: parts for name, parts in wanted.items() if name not in self.failed}

    def _resolved(
        self, wanted: Mapping[str, Mapping[TopicPartition, StartFrom]]
    ) -> dict[str, dict[TopicPartition, int]]:
        """Positions as offsets: Kafka takes no negative ones. One request a leader, however many groups."""
        found: dict[tuple[TopicPartition, StartFrom], int | Refusal] = {}
        for start_from, position in _POSITIONS.items():
            asked = {part for parts in wanted.values() for part, start in parts.items() if start is start_from}
            answers = self._offsets(sorted(asked), position)
            found.update({(part, start_from): answer for part, answer in answers.items()})
        offsets: dict[str, dict[TopicPartition, int]] = {}
        for name, parts in wanted.items():
            for part, start in parts.items():
                answer = found[part, start]
                if isinstance(answer, Refusal):
                    self.failed[name] = self._problem(
                        name, "KO641", f"where {part} starts cannot be told: {answer}", "plan again"
                    )
                    break
                offsets.setdefault(name, {})[part] = answer
        return {name: offsets[name] for name in offsets if name not in self.failed}

    def _offsets(
        self, partitions: Sequence[TopicPartition], position: Position
    ) -> Mapping[TopicPartition, int | Refusal]:
        """Offsets, asked again while a topic that was just made settles."""
        found: dict[TopicPartition, int | Refusal] = {}
        left, until = list(partitions), time.monotonic() + _LIMIT_S
        while left:
            found.update(self.session.kafka.offsets(left, position))
            left = [part for part in left if isinstance(found[part], Refusal)]
            if not left or time.monotonic() > until or self.session.stop.wait(_PAUSE_S):
                break
        return found

    def _without_committed(
        self, offsets: Mapping[str, dict[TopicPartition, int]]
    ) -> dict[str, dict[TopicPartition, int]]:
        """Leave out what got a committed offset since the plan: progress is never set back."""
        now = self.session.kafka.committed({name: list(parts) for name, parts in offsets.items()})
        return {
            name: {part: offset for part, offset in parts.items() if part not in now[name]}
            for name, parts in offsets.items()
        }

    def _commit_one(self, name: str, offsets: Mapping[TopicPartition, int]) -> Diagnostic | None:
        """Commit for one group; what went wrong, if something did."""
        if not offsets:
            return None
        try:
            answers = self.session.kafka.commit(name, offsets)
        except PlatformError as error:
            # One group's trouble is not the others'.
            return replace(error.diagnostics[0], address=str(self.changes[name].address))
        refusal = next((answer for answer in answers.values() if answer is not None), None)
        return self._refused(name, refusal) if refusal is not None else None

    def _read_back(self, offsets: Mapping[str, Mapping[TopicPartition, int]]) -> None:
        wanted = {name: list(parts) for name, parts in offsets.items() if parts}
        now = self.session.kafka.committed(wanted) if wanted else {}
        for name, parts in wanted.items():
            wrong = [part for part in parts if now[name].get(part) is None]
            if wrong:
                self.failed[name] = self._problem(
                    name,
                    "KO643",
                    f"the commit was accepted, but {wrong[0]} reads back without an offset",
                    "plan again",
                )

    def _await_configs(self, wanted: Mapping[str, Mapping[str, str | None]]) -> None:
        """Wait for every broker: each coordinates some group, and the next plan asks any of them."""
        for name, keys in await_everywhere(self.session, ConfigScope.GROUP, wanted, _same, _LIMIT_S).items():
            summary = f"the configs were accepted, but some broker reads back differently: {', '.join(keys)}"
            self.failed[name] = self._problem(name, "KO643", summary, "plan again")

    def _note(self, answers: Mapping[str, Refusal | None]) -> None:
        for name, refusal in answers.items():
            if refusal is not None:
                self.failed[name] = self._refused(name, refusal)

    def _refused(self, name: str, refusal: Refusal) -> Diagnostic:
        if refusal.error in ("UNKNOWN_MEMBER_ID", "NON_EMPTY_GROUP", "ILLEGAL_GENERATION"):
            return self._problem(
                name, "KO640", "it has members now, so it was left alone", "stop its consumers, then plan again"
            )
        return self._problem(name, "KO642", f"Kafka refused: {refusal}", "mend the cause and apply again")

    def _problem(self, name: str, code: str, summary: str, hint: str) -> Diagnostic:
        change = self.changes[name]
        return Diagnostic(code, summary, address=str(change.address), place=change.place, hint=hint)


def _proof(change: Change) -> str:
    """What was verified, in a few words."""
    offsets = sum(len(step.partitions) for step in change.operations if isinstance(step, CommitStartPosition))
    if offsets:
        return f"{counted(offsets, 'offset')} read back"
    return "gone" if any(isinstance(step, DeleteGroup) for step in change.operations) else "configs read back"


def _same(_key: str, one: str, other: str) -> bool:
    """Whether two values of a group's config mean the same: numbers and words."""
    return one.strip() == other.strip()
