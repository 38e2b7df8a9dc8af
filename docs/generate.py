"""Write the reference pages that are made from the code: error codes and the command line.

python docs/generate.py           write them
python docs/generate.py --check   exit 1 if one is out of date
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs" / "reference"
_CODE_LINE = re.compile(r"^(?:\| )?(KO\d{3})(?:  | \| )(\S.*?)(?: \|)?$", re.MULTILINE)
_ROOMS = {
    "KO0": "Load tests",
    "KO1": "Spec", "KO2": "Topics", "KO3": "Schemas", "KO4": "Kafka and the network", "KO5": "Kafka Connect",
    "KO6": "Consumer groups", "KO7": "Dev cluster", "KO8": "Plan and apply", "KO9": "Command line",
}  # fmt: skip


def declared_codes() -> Iterator[tuple[str, str, Path]]:
    """Every code with its meaning and the module whose docstring lists it."""
    for file in sorted((ROOT / "kafkaops").rglob("*.py")):
        docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
        for match in _CODE_LINE.finditer(docstring):
            yield match[1], match[2], file


def used_codes() -> dict[str, set[Path]]:
    """Every code that stands as a string in the source, and where."""
    used: dict[str, set[Path]] = {}
    for file in sorted((ROOT / "kafkaops").rglob("*.py")):
        for code in re.findall(r'["\[](KO\d{3})["\]]', file.read_text(encoding="utf-8")):
            used.setdefault(code, set()).add(file)
    return used


def errors_page() -> str:
    """docs/reference/errors.md."""
    lines = ["# Error codes", "", "A code never changes its meaning. Made by `docs/generate.py` from the code.", ""]
    meanings = {code: meaning for code, meaning, _ in declared_codes()}
    for prefix, room in _ROOMS.items():
        codes = sorted(code for code in meanings if code.startswith(prefix))
        if codes:
            lines += [f"## {room}", "", "| code | meaning |", "| --- | --- |"]
            lines += [f"| {code} | {meanings[code].replace('|', chr(92) + '|')} |" for code in codes] + [""]
    return "\n".join(lines)


def cli_page() -> str:
    """docs/reference/cli.md, by typer's own generator."""
    command = [sys.executable, "-m", "typer", "kafkaops.cli.main", "utils", "docs", "--name", "kafkaops"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return ended.stdout.rstrip() + "\n"


def main(check: bool) -> int:
    """Write or check; returns the exit code."""
    REFERENCE.mkdir(parents=True, exist_ok=True)
    stale = []
    for name, page in (("errors.md", errors_page()), ("cli.md", cli_page())):
        file = REFERENCE / name
        if check and (not file.exists() or file.read_text(encoding="utf-8") != page):
            stale.append(name)
        elif not check:
            file.write_text(page, encoding="utf-8")
    if stale:
        sys.stderr.write(f"out of date: {', '.join(stale)}; run python docs/generate.py\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
