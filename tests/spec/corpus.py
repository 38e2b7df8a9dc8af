"""The corpus of broken specs: each case is a few files and, word for word, what kafkaops says of them.

A case in a `.cases` file, the environment being optional:

    ## A key is misspelt
    @@ topics.yaml
    …
    @@ says (production)
    error[KO110] …

`KAFKAOPS_UPDATE_CASES=1` writes down what is said now, to be read in the diff.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from kafkaops.errors import SpecError
from kafkaops.spec.load import load

CASES = Path(__file__).parent / "cases"
UPDATE = bool(os.environ.get("KAFKAOPS_UPDATE_CASES"))
_SAYS = re.compile(r"says(?: \((?P<environment>[^)]+)\))?")


@dataclass(frozen=True)
class Case:
    """One broken (or doubtful) project and what is said of it."""

    source: Path
    title: str
    files: dict[str, str]
    environment: str | None
    says: str

    def __str__(self) -> str:
        return f"{self.source.stem}: {self.title}"

    def write(self, folder: Path) -> None:
        """Make the project."""
        for name, text in self.files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            # Escapes such as \\t and \\x00 let a case show what cannot be seen.
            file.write_bytes(
                re.sub(r"\\(t|r|x[0-9a-f]{2})", _escaped, text).encode("latin-1" if "\\xff" in text else "utf-8")
            )


def _escaped(match: re.Match[str]) -> str:
    code = match[1]
    return {"t": "\t", "r": "\r"}.get(code) or chr(int(code[1:], 16))


def said_of(project: Path, environment: str | None) -> str:
    """What loading the project says, errors or warnings; paths as seen from the project."""
    try:
        found = load(project / "topics.yaml", environment).warnings
    except SpecError as error:
        found = error.diagnostics
    text = "\n".join(str(item) for item in found) or "nothing"
    return text.replace(f"{project}/", "") + "\n"


def cases() -> list[Case]:
    """Every case of every file."""
    return [case for source in sorted(CASES.glob("*.cases")) for case in _read(source)]


def _read(source: Path) -> list[Case]:
    found = []
    for block in re.split(r"^## ", source.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        title, _, rest = block.partition("\n")
        parts = re.split(r"^@@ (.+)\n", rest, flags=re.MULTILINE)
        sections = dict(zip(parts[1::2], parts[2::2], strict=True))
        says = next(name for name in sections if name.startswith("says"))
        match = _SAYS.fullmatch(says)
        assert match is not None, f"{source}: {title}: write '@@ says' or '@@ says (ENVIRONMENT)'"
        text = sections.pop(says).rstrip("\n") + "\n"
        found.append(Case(source, title, sections, match["environment"], text))
    return found


def update(case: Case, says: str) -> None:
    """Write what is said now into the case's file."""
    text = case.source.read_text(encoding="utf-8")
    start = text.index("\n", text.index("\n@@ says", text.index(f"## {case.title}\n")) + 1) + 1
    end = text.find("\n## ", start - 1)
    after = text[end:] if end >= 0 else ""
    case.source.write_text(text[:start] + says + after, encoding="utf-8")
