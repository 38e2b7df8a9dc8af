"""Subjects as file names: what no file system, or only some, would take is written as its code."""

from __future__ import annotations

import re
from urllib.parse import unquote

_UNSAFE = re.compile(r"[^A-Za-z0-9._+=@,-]|^\.|^-")


def file_stem(subject: str) -> str:
    """A file name for a subject, without an ending: `a/b` → `a%2Fb`. Different subjects get different names."""
    return _UNSAFE.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), subject)


def subject_of(stem: str) -> str:
    """The subject that a file is named after."""
    return unquote(stem)
