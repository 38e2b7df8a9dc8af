"""A file of events, one a line: appended to, never rewritten."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from kafkaops.errors import PlatformError

_NEW_FILE_MODE = 0o600


class EventFile:
    """See `EventSink`. Each event is one append, so that runs that share a file do not mix within a line."""

    def __init__(self, path: Path) -> None:
        """Open it, made if need be. KO840 when that cannot be."""
        self.name = f"file {path}"
        self._path = path
        # A pipe without a reader must not be waited for: that is an error here (ENXIO).
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
        try:
            self._file: int | None = os.open(path, flags, _NEW_FILE_MODE)
            os.set_blocking(self._file, True)
            if self._is_torn():
                self._write(b"\n")
        except OSError as error:
            raise self._failed("opened", error) from error

    def put(self, key: str, line: str) -> None:
        """Append a line. KO840 when it is not there whole."""
        del key
        try:
            self._write(line.encode() + b"\n")
        except OSError as error:
            raise self._failed("written", error) from error

    def settle(self) -> None:
        """Have the disk hold what was written; a pipe has none. KO840 when it cannot."""
        assert self._file is not None, "an event came after the end"
        if stat.S_ISREG(os.fstat(self._file).st_mode):
            try:
                os.fsync(self._file)
            except OSError as error:
                raise self._failed("written", error) from error

    def close(self) -> None:
        """Close it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _is_torn(self) -> bool:
        """Whether the last line has no end, as after a full disk: the next event must not go on in it."""
        assert self._file is not None
        found = os.fstat(self._file)
        if not stat.S_ISREG(found.st_mode) or found.st_size == 0:
            return False
        with self._path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) != b"\n"

    def _write(self, content: bytes) -> None:
        assert self._file is not None, "an event came after the end"
        while content:
            content = content[os.write(self._file, content) :]

    def _failed(self, what: str, error: OSError) -> PlatformError:
        return PlatformError.of("KO840", f"audit {self.name} cannot be {what}: {error.strerror}")
