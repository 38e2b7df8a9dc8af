"""From what was read to a folder: written beside, loaded, compared, and only then moved in place.

What does not survive loading or would be changed by a plan is left out and said, and the rest is tried again.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from kafkaops.address import Address
from kafkaops.clients.kafka import KafkaAdmin
from kafkaops.errors import Diagnostic, PlatformError, SpecError, UsageError
from kafkaops.importing.draft import SPEC_FILE, Draft, Request, draft
from kafkaops.importing.observed import Exclusion, Observed
from kafkaops.importing.prove import changes, reason_of
from kafkaops.spec.load import load
from kafkaops.writable import check_folder

_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Imported:
    """What was written, and what is to be said of it."""

    folder: Path
    draft: Draft
    written: tuple[str, ...]
    """The files that are new or differ from what was there, by name."""


def import_project(observed: Observed, request: Request, folder: Path, kafka: KafkaAdmin, *, force: bool) -> Imported:
    """Write the project. Nothing is there before all of it holds together; `kafka` is not asked for anything.

    Raises `UsageError` for a folder that is in the way (KO950, KO957) or cannot be written (KO951),
    `RefusedError` KO952 for values that may be secrets, `PlatformError` KO955 for a spec that does not hold.
    """
    check_free(folder, force)
    with _scratch(folder) as scratch:
        made = settle(observed, request, scratch, kafka)
        try:
            written = _move(scratch / "project", folder, made.files)
        except OSError as error:
            raise _unwritable(folder, error) from None
    return Imported(folder, made, written)


def settle(observed: Observed, request: Request, scratch: Path, kafka: KafkaAdmin) -> Draft:
    """The draft that loads and is no change against what was read; it lies in `scratch/project` then."""
    excluded: dict[Address, Exclusion] = {}
    for _ in range(_ROUNDS):
        made = draft(observed, request, excluded)
        _write(scratch / "project", made.files)
        found = dict(_misfits(made, scratch / "project", observed, request, kafka))
        if not found:
            return made
        fresh = {address: item for address, item in found.items() if address not in excluded}
        if not fresh:
            raise _unsettled(found)
        excluded.update(fresh)
    raise _unsettled(found)


def _misfits(
    made: Draft, project: Path, observed: Observed, request: Request, kafka: KafkaAdmin
) -> Iterator[tuple[Address, Exclusion]]:
    """What a spec cannot hold, or cannot hold so that nothing changes; each with why."""
    try:
        loaded = load(project / SPEC_FILE, request.source.name)
    except SpecError as error:
        for diagnostic in error.diagnostics:
            yield from _blamed(diagnostic, made, project)
        return
    for change in changes(loaded, observed, made.environment, made.pinned, kafka):
        yield change.address, Exclusion(reason_of(change))


def _blamed(diagnostic: Diagnostic, made: Draft, project: Path) -> Iterator[tuple[Address, Exclusion]]:
    """The resources that an error of the loader is about."""
    exclusion = Exclusion(f"left out: a spec does not take it: {diagnostic.summary} ({diagnostic.code})")
    holders: tuple[Address, ...] = ()
    if diagnostic.place is not None:
        with contextlib.suppress(ValueError):
            holders = made.holders.get(diagnostic.place.file.relative_to(project).as_posix(), ())
    if not holders and diagnostic.address is not None:
        with contextlib.suppress(ValueError):
            holders = (Address.parse(diagnostic.address),)
    if not holders or holders[0].kind not in ("topic", "schema", "group", "connector"):
        raise PlatformError(
            [
                replace(
                    diagnostic,
                    code="KO955",
                    summary=f"the spec that was made does not hold together: {diagnostic.summary}",
                    detail=f"found by the check {diagnostic.code}",
                    place=None,
                    hint="leave out what it is about with --exclude or --only, and report this",
                )
            ]
        )
    for address in holders:
        yield address, exclusion


def _unsettled(found: Mapping[Address, Exclusion]) -> PlatformError:
    return PlatformError(
        Diagnostic("KO955", f"it cannot be left out, and {item.reason}", address=str(address))
        for address, item in sorted(found.items())
    )


def check_free(folder: Path, force: bool) -> None:
    """Refuse a folder that has something in it, unless it may be written over (KO950), or takes no file (KO951)."""
    if folder.exists() and not folder.is_dir():
        raise UsageError.of("KO950", f"{folder} is a file, not a folder", hint="give another --out")
    if folder.is_dir() and any(folder.iterdir()) and not force:
        raise UsageError.of(
            "KO950",
            f"the folder {folder} is not empty",
            hint="give another --out; with --force files of the same names are written over, and no other is touched",
        )
    check_folder("KO951", folder, "give another --out", beside=True)


@contextlib.contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """A folder beside the one wanted, on the same file system; gone afterwards, whatever happens."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".import", dir=folder.parent.resolve()))
    except OSError as error:
        raise _unwritable(folder, error) from None
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _write(project: Path, files: Mapping[str, str]) -> None:
    """Write the files into a folder of their own; what an earlier round left goes."""
    shutil.rmtree(project, ignore_errors=True)
    try:
        for name, text in files.items():
            file = project / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())
    except OSError as error:
        raise _unwritable(project.parent, error) from None


def _move(project: Path, folder: Path, files: Mapping[str, str]) -> tuple[str, ...]:
    """Move in place: the whole folder at once where there is none, else file by file, the spec last."""
    if not folder.exists() or not any(folder.iterdir()):
        project.chmod(0o755)
        project.replace(folder)
        return tuple(sorted(files))
    strangers = sorted(set(_read_with_it(folder)) - files.keys())
    if strangers:
        raise UsageError(
            Diagnostic(
                "KO957", f"{folder / name} would be read with this import", hint="move it away, or give another --out"
            )
            for name in strangers
        )
    changed = [name for name, text in files.items() if not _holds(folder / name, text)]
    for name in sorted(changed, key=lambda name: (name == SPEC_FILE, name)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).replace(folder / name)
    return tuple(sorted(changed))


def _read_with_it(folder: Path) -> Iterator[str]:
    """Files that the spec's globs would take in."""
    for file in folder.glob("connectors/*.yaml"):
        yield file.relative_to(folder).as_posix()


def _holds(file: Path, text: str) -> bool:
    try:
        return file.read_bytes() == text.encode()
    except OSError:
        return False


def _unwritable(folder: Path, error: OSError) -> UsageError:
    return UsageError.of("KO951", f"{folder} cannot be written: {error.strerror or error}", hint="give another --out")
