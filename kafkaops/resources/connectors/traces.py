"""From a Java stack trace to the one line that says why."""

from __future__ import annotations

import re

LIMIT = 300
"""Characters of a cause that are shown."""
_CAUSED_BY = "Caused by: "
_FRAME = re.compile(r"\s+(at |\.\.\. \d+ (more|common frames))|\s*Suppressed: ")
_PACKAGE = re.compile(r"^(?:[a-z_][\w]*\.)+(?=[A-Z][\w$]*(?::|$))")


def first_cause(trace: str) -> str:
    """The deepest cause of a trace on one line, without the exception's package; '' without a trace.

    Causes of suppressed exceptions are indented and do not count. Give it a text that is scrubbed
    already: cutting could leave half a secret.
    """
    lines = trace.strip().splitlines()
    if not lines:
        return ""
    starts = [number for number, line in enumerate(lines) if line.startswith(_CAUSED_BY)]
    start = starts[-1] if starts else 0
    message = [lines[start].removeprefix(_CAUSED_BY)]
    for line in lines[start + 1 :]:
        if _FRAME.match(line):
            break
        message.append(line.strip())
    text = _PACKAGE.sub("", " ".join(part for part in message if part))
    return text if len(text) <= LIMIT else text[: LIMIT - 1].rstrip() + "…"
