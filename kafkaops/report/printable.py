"""Text that others wrote, made safe to show: what would steer a terminal or reorder a line is written out instead.

Names, values and messages of servers may hold anything. An escape sequence among them could recolour, move or
erase what stands beside it, and a bidirectional override could make a line read as another (CVE-2021-42574).
"""

from __future__ import annotations

import re

_STEERING = "\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_ANY = re.compile(f"[{_STEERING}]")
_ANY_BUT_COLOUR = re.compile(f"(?!\x1b\\[[0-9;]*m)[{_STEERING}]")


def printable(text: str, *, keep_colours: bool = False) -> str:
    """The text with every steering character written out, such as `\\x1b`; line ends and tabs stay.

    `keep_colours` lets pass the sequences that set colours, for text that was coloured already.
    """
    return (_ANY_BUT_COLOUR if keep_colours else _ANY).sub(_written_out, text)


def _written_out(found: re.Match[str]) -> str:
    number = ord(found.group())
    return f"\\x{number:02x}" if number < 0x20 else f"\\u{number:04x}"  # from there on as JSON, too, writes it
