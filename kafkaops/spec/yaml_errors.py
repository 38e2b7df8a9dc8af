"""YAML's syntax errors, in our words and with the way out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from kafkaops.errors import Diagnostic, Place

if TYPE_CHECKING:
    from yaml.error import Mark


def place_of(file: Path, mark: Mark) -> Place:
    """A mark of PyYAML as a place."""
    return Place(file, mark.line + 1, mark.column + 1)


_WORDINGS = (
    ("did not find expected ',' or ']'", "a ',' or ']' is missing before this", "close the list with ']'"),
    ("did not find expected ',' or '}'", "a ',' or '}' is missing before this", "close the mapping with '}'"),
    ("mapping values are not allowed", "a ':' is not allowed here", "quote a text that holds ': ', or indent it"),
    ("could not find expected ':'", "a ':' is missing after a key", "write `key: value`, with a space after ':'"),
    ("did not find expected key", "this is not a key of the mapping around it", "check the indentation"),
    ("did not find expected '-'", "this is not an item of the list around it", "begin it with '- ', aligned"),
    ("tab character", "a tab stands where spaces belong", "indent with spaces"),
    ("unknown escape character", '"…" holds an unknown escape', "write \\\\ for a backslash, or use '…'"),
    ("block sequence entries are not allowed", "a list item is not allowed here", "put it on a line of its own"),
)
"""libyaml's words, ours, and the way out."""
_CONTEXTS = {
    "while parsing a flow sequence": "list",
    "while parsing a flow mapping": "mapping",
    "while parsing a block mapping": "mapping",
    "while parsing a block collection": "list",
}


def syntax_diagnostic(file: Path, text: str, error: yaml.MarkedYAMLError) -> Diagnostic:
    """What PyYAML has to say about a text (KO101, KO103)."""
    problem = error.problem or "it cannot be parsed"
    if "another document" in problem:
        return _refusal(file, error, "a file holds one YAML document", "split the file, or remove the '---'")
    if "undefined alias" in problem:
        return _refusal(file, error, "an alias (*name) without its anchor (&name)", "define the anchor first")
    if "duplicate anchor" in problem:
        return _refusal(file, error, "one anchor (&name) is defined twice", "give one of them another name")
    mark, start = error.problem_mark or error.context_mark, error.context_mark
    context = error.context or ""
    if start and "quoted scalar" in context and ("end of stream" in problem or "document indicator" in problem):
        return Diagnostic("KO101", "a quoted text is not closed", place=place_of(file, start), hint="close the quote")
    summary, hint = _wording(problem, _character_at(text, mark))
    around = _CONTEXTS.get(context)
    begins = f"the {around} around it begins at line {start.line + 1}" if around and start else None
    if start and mark and start.line == mark.line:
        begins = None
    return Diagnostic("KO101", summary, place=place_of(file, mark) if mark else None, detail=begins, hint=hint)


def _wording(problem: str, character: str) -> tuple[str, str | None]:
    if "cannot start any token" in problem:
        if character == "\t":
            return "a tab stands where spaces belong", "indent with spaces"
        return f"a text cannot begin with '{character}'", "quote it"
    found = next((wording for wording in _WORDINGS if wording[0] in problem), None)
    return (found[1], found[2]) if found else (f"not valid YAML: {problem}", None)


def _character_at(text: str, mark: Mark | None) -> str:
    """The character that a mark points at; libyaml's marks count lines, not characters of the whole."""
    lines = text.splitlines()
    if mark is None or mark.line >= len(lines):
        return ""
    return lines[mark.line][mark.column : mark.column + 1]


def _refusal(file: Path, error: yaml.MarkedYAMLError, summary: str, hint: str | None) -> Diagnostic:
    mark = error.problem_mark or error.context_mark
    return Diagnostic("KO103", summary, place=place_of(file, mark) if mark else None, hint=hint)
