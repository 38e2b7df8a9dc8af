"""Specs made to hurt: refused with a place, within a bounded memory and time, in a process of their own."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

HEAD = b"version: 1\nproject: p\nenvironments: {dev: {dev_cluster: default}}\n"
BOMB = b"".join(b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 12))
MEMORY_BYTES = 1_500 << 20
"""Address space: an interpreter with the libraries has some 300 MB of it; 64 MiB are the largest file."""
TIMEOUT_S = 60

HOSTILE: dict[str, tuple[bytes, str]] = {
    "a bomb of aliases": (b"a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + BOMB, "KO10"),
    "a bomb of merges": (b"a0: &a0 {x: 1}\n" + BOMB.replace(b"[", b"{<<: [").replace(b"]", b"]}"), "KO10"),
    "a circle of anchors": (b"topics: &t {a: *t}\n", "KO10"),
    "a circle through a merge": (b"topics: &t {<<: *t}\n", "KO10"),
    "a scalar of 100 MB": (b"project: " + b"x" * 100_000_000, "KO100"),
    "a scalar of 20 MB": (HEAD.replace(b"project: p", b"project: " + b"x" * 20_000_000), "KO113"),
    "deep flow": (b"topics: " + b"[" * 50_000, "KO10"),
    "deep blocks": (b"".join(b" " * n + b"a:\n" for n in range(3_000)), "KO10"),
    "NUL": (HEAD + b"topics: {a\x00b: }\n", "KO100"),
    "no UTF-8": (HEAD + b"topics: {\xff: }\n", "KO100"),
    "keys twice": (HEAD + b"topics: {a: {partitions: 1}, a: {partitions: 2}}\n", "KO102"),
    "a million keys of one name": (b"topics: {" + b"a: 1, " * 200_000 + b"}", "KO102"),
    "a tag that builds objects": (HEAD + b"topics: !!python/object/apply:os.system [id]\n", "KO10"),
    "a long number": (HEAD + b"topics: {a: {partitions: " + b"9" * 100_000 + b"}}\n", "KO11"),
}  # fmt: skip


def _bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_with_a_place_and_within_bounds(name: str, tmp_path: Path) -> None:
    content, code = HOSTILE[name]
    file = tmp_path / "topics.yaml"
    file.write_bytes(content)
    ended = subprocess.run(
        [sys.executable, "-m", "kafkaops", "validate"],
        cwd=tmp_path, capture_output=True, text=True, timeout=TIMEOUT_S, preexec_fn=_bounded, check=False,
    )  # fmt: skip
    said = ended.stdout + ended.stderr
    assert ended.returncode == 2, said[-2_000:]
    assert "Traceback" not in said and "KO999" not in said
    assert re.search(rf"error\[{code}\d*\]", said), said[:2_000]
    assert len(said) < 100_000, "messages are not as long as the file"
    if "is larger than" not in said:
        assert re.search(r"topics\.yaml:\d+:\d+", said), said[:2_000]
