"""The reference pages say what the code does."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from docs.generate import declared_codes, used_codes

ROOT = Path(__file__).parent.parent


def test_reference_pages_are_up_to_date() -> None:
    ended = subprocess.run([sys.executable, "docs/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr


def test_every_code_that_is_used_is_documented_and_none_is_documented_twice() -> None:
    declared = Counter(code for code, _, _ in declared_codes())
    assert [code for code, count in declared.items() if count > 1] == []
    assert {code: sorted(map(str, files)) for code, files in used_codes().items() if code not in declared} == {}


def test_every_documented_code_is_used() -> None:
    used = used_codes()
    assert [code for code, _, _ in declared_codes() if code not in used] == []


PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), f"{page.name} links to {link}"
