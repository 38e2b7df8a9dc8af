"""Whether what a command writes in the end can be written: asked in the beginning, before anything is made.

The only sure answer is to try. Permissions alone say little: root may write into `/proc`, where no file can be
made, and into a file system that is mounted read-only.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from kafkaops.errors import UsageError

_HINT = "name a file in a folder that is there and can be written to"


def check_file(code: str, file: Path, *, in_place: bool = False) -> None:
    """Raise `UsageError` with this code when the file cannot be written.

    A file is written beside and put in its place, so that the folder counts; with `in_place` a file that is there is
    written over. What is no file, such as a pipe, is not opened: its reader would take the end of that for the end.
    """
    try:
        obstacle = _obstacle(file.resolve(), in_place)
    except (OSError, RuntimeError) as error:  # a loop of links is a RuntimeError to some versions of pathlib
        obstacle = _words(error)
    if obstacle is not None:
        raise UsageError.of(code, f"{file} cannot be written: {obstacle}", hint=_HINT)


def _obstacle(target: Path, in_place: bool) -> str | None:
    if target.is_dir():
        return os.strerror(errno.EISDIR)
    if target.exists() and (in_place or not target.is_file()):
        return None if os.access(target, os.W_OK) else os.strerror(errno.EACCES)
    _try_folder(target.parent, target.name)
    return None


def check_folder(code: str, folder: Path, hint: str, *, beside: bool = False) -> None:
    """Raise `UsageError` with this code when no file can be made in the folder, or where it would be made.

    With `beside` what is written is made next to the folder and moved.
    """
    try:
        found = folder.resolve()
        if beside and found.exists():
            _try_folder(found.parent)
        while not found.exists() and found != found.parent:
            found = found.parent
        _try_folder(found)
    except (OSError, RuntimeError) as error:
        raise UsageError.of(code, f"{folder} cannot be written: {_words(error)}", hint=hint) from None


def _try_folder(folder: Path, name: str = "kafkaops") -> None:
    with NamedTemporaryFile(dir=folder, prefix=f".{name}."):
        pass


def _words(error: OSError | RuntimeError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
