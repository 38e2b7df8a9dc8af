"""Reading a git repository by its plumbing: trees, blobs and history as they are stored, no checkout touched."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryFile

from kafkaops.errors import UsageError

_ENVIRONMENT = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_PAGER": "cat"}
_SETTINGS = ("-c", "log.showSignature=false", "-c", "log.showRoot=true")
"""Of the user's settings, those that would change what is read."""
MAIN_BRANCHES = (
    "refs/remotes/origin/HEAD",
    "refs/remotes/origin/main",
    "refs/remotes/origin/master",
    "refs/heads/main",
    "refs/heads/master",
)
"""Where the main branch is looked for, in this order."""
_TARGETS = ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
"""Environment variables in which GitHub and GitLab name the branch that a pull request goes to."""
UNSHALLOW = (
    "fetch it: `git fetch --unshallow`; on GitHub `fetch-depth: 0` for actions/checkout, on GitLab `GIT_DEPTH: 0`"
)


@dataclass(frozen=True, slots=True)
class Branch:
    """What is compared with, as people call it."""

    name: str
    commit: str


@dataclass(frozen=True, slots=True)
class Change:
    """What one step of history did to one file; the object names are blobs, empty where there was none."""

    path: str
    blob: str
    old_path: str
    old_blob: str


@dataclass(frozen=True, slots=True)
class Step:
    """One commit of a branch and what it changed against its first parent."""

    commit: str
    changes: tuple[Change, ...]


class Repository:
    """The repository that a folder is in. Every method raises `UsageError` (2) for what git cannot give."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        wanted = ("--show-prefix", "--show-cdup", "--is-shallow-repository", "--git-path", "shallow")
        lines = os.fsdecode(self._git("rev-parse", *wanted)).split("\n")
        self.prefix, way_up, shallow, shallow_file = lines[:4]
        """The folder's path from the repository's root, with a slash at its end; empty for the root itself."""
        self.top = folder / way_up
        """The repository's root on disk."""
        self.is_shallow = shallow == "true"
        self._shallow_file = folder / shallow_file

    @cached_property
    def cut(self) -> frozenset[str]:
        """The commits at which a shallow clone ends: their parents are not here."""
        if not self.is_shallow:
            return frozenset()
        return frozenset(self._shallow_file.read_text(encoding="ascii").split())

    def at(self, prefix: str) -> Repository:
        """The same repository, its paths counted from another folder: `teams/orders/`, empty for the root."""
        moved = copy(self)
        moved.prefix = prefix
        return moved

    def branch(self, ref: str) -> Branch:
        """A ref that was named. Raises KO372."""
        if ref.startswith("-"):
            raise _no_such_ref(ref, self.is_shallow)
        ended = self._run("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
        if ended.returncode != 0:
            raise _no_such_ref(ref, self.is_shallow)
        return Branch(ref, ended.stdout.decode().strip())

    def main_branch(self, environment: Mapping[str, str] = os.environ) -> Branch:
        """The branch that a pull request goes to: CI's word for it, else the main branch. Raises KO373."""
        for variable in _TARGETS:
            if target := environment.get(variable):
                return self.branch(f"origin/{target}")
        form = "--format=%(refname)%00%(objectname)%00%(symref:short)"
        found = {}
        for line in self._git("for-each-ref", form, *MAIN_BRANCHES).decode().splitlines():
            name, commit, target = line.split("\0")
            found[name] = Branch(target or name.removeprefix("refs/heads/").removeprefix("refs/remotes/"), commit)
        for name in MAIN_BRANCHES:
            if name in found:
                return found[name]
        raise UsageError.of(
            "KO373",
            "no main branch was found: neither origin's, nor main, nor master",
            hint="name what to compare with: --against git:REF",
        )

    def merge_bases(self, commit: str) -> tuple[str, ...]:
        """Where HEAD and a commit parted; more than one after criss-cross merges. Raises KO374, KO375."""
        ended = self._run("merge-base", "--all", "HEAD", commit)
        if ended.returncode == 0:
            return tuple(ended.stdout.decode().split())
        if ended.returncode != 1:
            raise _failed(ended, "merge-base")
        if self.is_shallow:
            raise UsageError.of(
                "KO375", "this clone is shallow, and where the branches parted is not in it", hint=UNSHALLOW
            )
        raise UsageError.of("KO374", f"HEAD and {commit[:7]} have no common ancestor", hint="name another ref")

    def head(self) -> str:
        """The commit that is checked out."""
        return self.branch("HEAD").commit

    def tree(self, commit: str) -> dict[str, str]:
        """The blobs below the folder at a commit, by their path from the folder."""
        listed = self._git("ls-tree", "-r", "-z", "--full-tree", commit, "--", *([self.prefix] if self.prefix else []))
        found = {}
        for entry in listed.split(b"\0")[:-1]:
            about, _, path = entry.partition(b"\t")
            mode, kind, name = about.split(b" ")[:3]
            if kind == b"blob" and mode != b"120000":  # not a symbolic link
                found[os.fsdecode(path)[len(self.prefix) :]] = name.decode()
        return found

    def has(self, commit: str, file: str) -> bool:
        """Whether the folder has a file at a commit."""
        return self._run("cat-file", "-e", f"{commit}:{self.prefix}{file}").returncode == 0

    def folders_with(self, commit: str, file: str) -> tuple[str, ...]:
        """The folders of the whole repository, as prefixes, that have a file of this name at a commit."""
        names = self._git("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit).split(b"\0")[:-1]
        paths = map(os.fsdecode, names)
        return tuple(path.removesuffix(file) for path in paths if path == file or path.endswith(f"/{file}"))

    def blobs(self, names: Iterable[str]) -> dict[str, bytes]:
        """The contents of objects, by one process. Raises KO376 for what is not there."""
        wanted = list(dict.fromkeys(names))
        if not wanted:
            return {}
        answer = self._git("cat-file", "--batch", "--buffer", given="\n".join(wanted).encode() + b"\n")
        found: dict[str, bytes] = {}
        at = 0
        for name in wanted:
            end = answer.find(b"\n", at)
            head = answer[at:end].split(b" ")
            if len(head) != 3:
                raise UsageError.of(
                    "KO376",
                    f"git does not have the object {name[:12]} of an earlier version",
                    hint="a partial clone fetches it when it can: check the network, or clone without --filter",
                )
            size = int(head[2])
            found[name] = answer[end + 1 : end + 1 + size]
            at = end + size + 2
        return found

    def history(self, commit: str, endings: Iterable[str]) -> tuple[Step, ...]:
        """The steps of a branch that touched files with these endings, the newest first.

        The branch is the line of first parents: what a merge brought counts as one step, as it came to the branch.
        """
        patterns = [f":(top,glob)**/*{ending}" for ending in endings]
        log = self._git(
            "log",
            "--first-parent",
            "--diff-merges=first-parent",
            "--raw",
            "-z",
            "--no-abbrev",
            "-M",
            "--format=%x01%H",
            commit,
            "--",
            *patterns,
        )
        return tuple(self._steps(log))

    def _steps(self, log: bytes) -> Iterator[Step]:
        for entry in log.split(b"\x01")[1:]:
            parts = entry.split(b"\0")
            yield Step(parts[0].strip().decode(), tuple(self._changes(iter(parts[1:]))))

    def _changes(self, parts: Iterator[bytes]) -> Iterator[Change]:
        for part in parts:
            about = part.strip()
            if not about.startswith(b":"):
                continue
            _, _, old_blob, blob, status = about.decode().split(" ")
            old_path = path = self._below(next(parts))
            if status[0] in "RC":
                path = self._below(next(parts))
            yield Change(path, _blob(blob), old_path, _blob(old_blob))

    def _below(self, path: bytes) -> str:
        """The path from the folder, `../` steps included for what lies beside it."""
        text = os.fsdecode(path)
        return text[len(self.prefix) :] if text.startswith(self.prefix) else f"../{text}"

    def _git(self, *arguments: str, given: bytes = b"") -> bytes:
        ended = self._run(*arguments, given=given)
        if ended.returncode != 0:
            raise _failed(ended, arguments[0])
        return ended.stdout

    def _run(self, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        command = ["git", "-C", str(self._folder), *_SETTINGS, *arguments]
        with TemporaryFile() as source, TemporaryFile() as answer:  # quicker than pipes for thousands of objects
            source.write(given)
            source.seek(0)
            try:
                ended = subprocess.run(
                    command, stdin=source, stdout=answer, stderr=subprocess.PIPE, check=False, env=_environment()
                )
            except FileNotFoundError:
                raise UsageError.of(
                    "KO370", "git is not installed", hint="install git, or compare with --against registry or a folder"
                ) from None
            answer.seek(0)
            return subprocess.CompletedProcess(command, ended.returncode, answer.read(), ended.stderr)


def _environment() -> dict[str, str]:
    """The user's environment, in which a hook of git's may name the repository from the folder that it runs in."""
    environment = {**os.environ, **_ENVIRONMENT}
    for variable in ("GIT_DIR", "GIT_WORK_TREE"):
        if variable in environment:
            environment[variable] = str(Path(environment[variable]).absolute())
    environment.pop("GIT_INDEX_FILE", None)
    return environment


def _blob(name: str) -> str:
    return "" if set(name) == {"0"} else name


def _no_such_ref(ref: str, shallow: bool) -> UsageError:
    fetch = f"`git fetch origin {ref.removeprefix('origin/')}`"
    hint = UNSHALLOW if shallow else f"is it spelled right? a branch of the remote may have to be fetched: {fetch}"
    return UsageError.of("KO372", f"git knows no commit '{ref}'", hint=hint)


def _failed(ended: subprocess.CompletedProcess[bytes], what: str) -> UsageError:
    said = ended.stderr.decode(errors="replace").strip()
    if "not a git repository" in said:
        return UsageError.of(
            "KO371",
            "this is not a git repository, so there is nothing earlier to compare with",
            hint="compare with --against registry or --against FOLDER, or give two files",
        )
    return UsageError.of("KO370", f"git {what} failed", detail=said or f"exit status {ended.returncode}")
