"""Names that an import gives: environment variables for secrets, files for what has a name of its own. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from kafkaops.evolution.names import file_stem

_LONGEST_STEM = 150
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_IN_VARIABLES = re.compile(r"[^A-Za-z0-9]+")


class Names:
    """Gives each name once: a second taker gets a number behind it."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def variable(self, *parts: str) -> str:
        """A variable's name made of what it is for: `mongodb-sink`, `connection.uri` → MONGODB_SINK_CONNECTION_URI."""
        words = (_NOT_IN_VARIABLES.sub("_", _HUMP.sub("_", part)).strip("_") for part in parts)
        name = "_".join(word for word in words if word).upper() or "SECRET"
        return self._free(f"_{name}" if name[0].isdigit() else name, "_")

    def file(self, folder: str, name: str, ending: str) -> str:
        """A file for something named so. Names that some file systems take for the same get different files."""
        stem = file_stem(name)
        if len(stem) > _LONGEST_STEM:
            stem = f"{stem[:_LONGEST_STEM]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
        number = 1
        while True:
            candidate = f"{folder}/{stem}{'' if number == 1 else f'-{number}'}{ending}"
            if candidate.casefold() not in self._taken:
                self._taken.add(candidate.casefold())
                return PurePosixPath(candidate).as_posix()
            number += 1

    def _free(self, name: str, separator: str) -> str:
        number, candidate = 1, name
        while candidate in self._taken:
            number += 1
            candidate = f"{name}{separator}{number}"
        self._taken.add(candidate)
        return candidate


def listed(names: Iterable[str], limit: int = 5) -> str:
    """`a, b and 3 more`."""
    known = sorted(names)
    more = len(known) - limit
    return ", ".join(known[:limit]) + (f" and {more:,} more" if more > 0 else "")
