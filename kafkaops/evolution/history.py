"""The versions that a schema had on a branch: its own file followed through renames, and the types it takes
from other files as they were at the same time.

Times count backwards: time 0 is the branch's tip, time i the state before its i newest steps.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from kafkaops.compat import Outline, SchemaText
from kafkaops.errors import UsageError
from kafkaops.evolution.blob_texts import BlobTexts
from kafkaops.evolution.git import UNSHALLOW, Repository, Step
from kafkaops.evolution.model import Version
from kafkaops.evolution.texts import needed_files, outline_of_text, read_outlines

AVRO_ENDING = ".avsc"


@dataclass(frozen=True, slots=True)
class _Origin:
    """What a path was at the step after which it looked as it does now: `blob` empty for "not there"."""

    step: int
    path: str
    blob: str


@dataclass(frozen=True, slots=True)
class _State:
    """What a file was between two steps that touched it: from time `start` back to time `end`, both included."""

    path: str
    blob: str
    start: int
    end: int


class BranchHistory:
    """All steps of a branch that touched Avro files, and the states between them."""

    def __init__(
        self,
        repository: Repository,
        texts: BlobTexts,
        commit: str,
        tree: Mapping[str, str],
        preferred: Collection[str] = (),
    ) -> None:
        """`tree` has the blobs at `commit`; files of `preferred` go first where several define one type."""
        self._repository = repository
        self._steps = repository.history(commit, [AVRO_ENDING])
        self._commit = commit
        self._tree = tree
        self._preferred = preferred
        self._before: dict[str, list[_Origin]] = {}
        """For each path, from the newest step to the oldest, what it was before the step."""
        for number, step in enumerate(self._steps):
            self._note(number, step)
        self._texts = texts
        self._definers: dict[str, list[tuple[str, str]]] | None = None

    def _note(self, number: int, step: Step) -> None:
        for change in step.changes:
            self._before.setdefault(change.path, []).append(_Origin(number, change.old_path, change.old_blob))
            if change.old_path != change.path:
                self._before.setdefault(change.old_path, []).append(_Origin(number, change.old_path, change.old_blob))

    # ---- states

    def blob_at(self, path: str, time: int) -> str:
        """A path's blob at a time; empty where it was not there."""
        blob = self._tree.get(path, "")
        for origin in self._before.get(path, ()):
            if origin.step >= time:
                break
            blob = origin.blob if origin.path == path else ""
        return blob

    def _next_change(self, paths: Iterable[str], time: int) -> int | None:
        """The newest step at or after a time, going back, that touched one of the paths."""
        found = [origin.step for path in paths for origin in self._before.get(path, ()) if origin.step >= time]
        return min(found, default=None)

    # ---- versions

    def blobs(self, path: str) -> Iterator[str]:
        """The blobs that a file was, from the branch's tip back."""
        return (state.blob for state in self._life(path))

    def versions(self, path: str, *, known: Iterable[str] = (), whole: bool) -> Iterator[Version]:
        """The distinct versions of a file, the newest first, as they are asked for; `path` is the one at the tip.

        Those of the `known` blobs, which need no other file, are left out. Raises `UsageError` KO375 where history is
        cut and the `whole` of it is wanted.
        """
        seen: set[tuple[str, ...]] = {(blob,) for blob in known}
        for state in self._life(path, whole=whole):
            if (state.blob,) in seen:
                continue
            version = self._version(state.blob, (), state.start)
            alone = version.standing_alone()
            if alone is None and self._needs(state.blob):
                yield from self._with_others(state, seen)
            else:
                seen.add((state.blob,))
                yield alone or version

    def _life(self, path: str, *, whole: bool = False) -> list[_State]:
        """Each state of a file, through renames, back to where it was added, or to where history is cut."""
        life: list[_State] = []
        blob, start = self._tree.get(path, ""), 0
        while blob:
            origin = next((item for item in self._before.get(path, ()) if item.step >= start), None)
            end = len(self._steps) if origin is None else origin.step
            life.append(_State(path, blob, start, end))
            if origin is None:
                break
            if whole and not origin.blob:
                self._refuse_cut(origin.step, path)
            path, blob, start = origin.path, origin.blob, origin.step + 1
        return life

    def _refuse_cut(self, step: int, path: str) -> None:
        if self._steps[step].commit in self._repository.cut:
            raise UsageError.of(
                "KO375",
                f"this clone is shallow: what {path} was before commit {self._steps[step].commit[:7]} is not in it",
                detail="a transitive level compares with every version that the branch had",
                hint=UNSHALLOW,
            )

    def _with_others(self, state: _State, seen: set[tuple[str, ...]]) -> Iterator[Version]:
        """The versions that a file was in one state, while the types changed that it takes from other files."""
        self.index()
        time: int | None = state.start
        while time is not None and time <= state.end:
            needed = self._needed(state, time)
            key = (state.blob, *(f"{other}={self.blob_at(other, time)}" for other in needed))
            if key not in seen:
                seen.add(key)
                yield self._version(state.blob, needed, time)
            changed = self._next_change(needed, time)
            time = None if changed is None else changed + 1

    def _version(self, blob: str, needed: Iterable[str], time: int) -> Version:
        commit = self._commit_at(time)
        references = tuple(
            SchemaText(self._texts.of[self.blob_at(other, time)], f"{other} at {commit[:7]}") for other in needed
        )
        return Version(f"commit {commit[:7]}", self._texts.of[blob], references)

    def _commit_at(self, time: int) -> str:
        """The commit by whose end the state of a time held: the newest step older than it."""
        return self._steps[time].commit if time < len(self._steps) else self._commit

    # ---- types of other files

    def _needs(self, blob: str) -> bool:
        seen = self._outline(blob)
        return seen is not None and bool(seen.needs)

    def _needed(self, state: _State, time: int) -> tuple[str, ...]:
        def outline_of(file: str) -> Outline | None:
            found = state.blob if file == state.path else self.blob_at(file, time)
            return self._outline(found) if found else None

        def owner_of(name: str) -> str | None:
            definers = (self._definers or {}).get(name, ())
            return next((file for file, found in definers if self.blob_at(file, time) == found), None)

        return needed_files(state.path, outline_of, owner_of)

    def index(self) -> None:
        """Read every Avro file of the branch's past, to find it by the names it defines."""
        if self._definers is not None:
            return
        pairs = {(path, blob) for path, blob in self._tree.items() if path.endswith(AVRO_ENDING)}
        pairs |= {(origin.path, origin.blob) for each in self._before.values() for origin in each if origin.blob}
        self._texts.read(blob for _, blob in pairs)
        read_outlines(self._texts.of[blob] for _, blob in pairs)
        self._definers = {}
        for path, blob in sorted(pairs, key=lambda pair: (pair[0] not in self._preferred, pair)):
            seen = self._outline(blob)
            for name in seen.defines if seen else ():
                self._definers.setdefault(name, []).append((path, blob))

    def _outline(self, blob: str) -> Outline | None:
        return outline_of_text(self._texts.of[blob])
