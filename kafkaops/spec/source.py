"""Text files of a project: read whole, decoded, and refused with a place when they are not text."""

from __future__ import annotations

import re
from pathlib import Path

from kafkaops.errors import Place, SpecError
from kafkaops.spec.suggest import did_you_mean

MAX_BYTES = 64 << 20
"""The largest file that is read: 64 MiB, several hundred thousand topics."""

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PRINTABLE_ASCII = bytes([*b"\t\n\r", *range(0x20, 0x7F)])


def read_text(file: Path, *, code: str = "KO100", named_at: Place | None = None) -> str:
    """The text of a UTF-8 file, without a byte order mark.

    `named_at` is where the spec names the file. Raises `SpecError` with `code`.
    """
    text = _decoded(file, _read_bytes(file, code, named_at), code)
    refuse_control_characters(file, text, code)
    return text


def refuse_control_characters(file: Path, text: str, code: str) -> None:
    """Raise `SpecError` if a text holds what no text file does, and neither YAML nor JSON allows."""
    if text.isascii() and not text.encode().translate(None, _PRINTABLE_ASCII):
        return  # nearly every file, and many times quicker than to search it
    found = _UNPRINTABLE.search(text)
    if found:
        raise SpecError.of(
            code,
            f"{file.name} holds the control character U+{ord(found.group()):04X}",
            place=place_of_offset(file, text, found.start()),
            hint="is it a text file? remove the character",
        )


def place_of_offset(file: Path, text: str, offset: int) -> Place:
    """The place of a character by its offset into the text."""
    line_start = text.rfind("\n", 0, offset) + 1
    return Place(file, text.count("\n", 0, offset) + 1, offset - line_start + 1)


def _read_bytes(file: Path, code: str, named_at: Place | None) -> bytes:
    try:
        if file.is_dir():
            raise SpecError.of(code, f"{file} is a folder, not a file", place=named_at)
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise SpecError.of(code, f"{file} does not exist", place=named_at, hint=_nearest_file(file)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SpecError.of(code, f"{file} cannot be read: {reason}", place=named_at) from None
    if len(content) > MAX_BYTES:
        raise SpecError.of(
            code,
            f"{file} is larger than {MAX_BYTES >> 20} MiB",
            place=named_at,
            hint="split it and name the parts in `include:`",
        )
    return content


def _decoded(file: Path, content: bytes, code: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line_start = before.rfind(b"\n") + 1
        column = len(before[line_start:].decode("utf-8", "replace")) + 1
        raise SpecError.of(
            code,
            f"{file.name} is not UTF-8: byte 0x{content[error.start]:02x}",
            place=Place(file, before.count(b"\n") + 1, column),
            hint="save the file as UTF-8",
        ) from None


def _nearest_file(file: Path) -> str | None:
    try:
        siblings = sorted(item.name for item in file.parent.iterdir() if item.is_file())
    except OSError:
        return None
    return did_you_mean(file.name, siblings)
