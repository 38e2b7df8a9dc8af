"""Whatever is in a plan file: it is a plan and can be shown, or it is refused with what is wrong. Never a traceback.

`KAFKAOPS_EXAMPLES` sets how many mutations are tried (`make bench` tries 10,000 of all sorts).
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from kafkaops.errors import RefusedError
from kafkaops.report.document import changes_digest, plan_digest, plan_document
from kafkaops.report.markdown import plan_markdown
from kafkaops.report.saved import read_plan
from kafkaops.report.stale import refuse_stale
from kafkaops.report.text import print_plan
from tests.report.sample import sample_plan

EXAMPLES = int(os.environ.get("KAFKAOPS_EXAMPLES", "100"))
fuzzed = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
WHOLE = json.loads(json.dumps(plan_document(sample_plan())))
TEXT = json.dumps(WHOLE, indent=2)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.sampled_from(["", "\x00", "\x1b[31m", "[bold]x[/bold]", "é", "topic.x", "delete", "safe", 10**40, -1, "\ud800"]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
)


def examine(file: Path) -> None:
    """Read it; what is a plan can be shown in every way and compared."""
    try:
        document = read_plan(file)
    except RefusedError as error:
        assert error.diagnostics and all(item.code == "KO807" and item.summary for item in error.diagnostics)
        return
    stream = StringIO()
    print_plan(document, Console(file=stream, width=80))
    assert stream.getvalue() and plan_markdown(document)
    try:
        refuse_stale(document, plan_document(sample_plan()))
    except RefusedError as error:
        assert all(item.code == "KO809" for item in error.diagnostics)


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of everything in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


PLACES = list(places(WHOLE))
NOISE = (b"\x00", b"\xff", b"{", b"[", b'"', b"1e999", b"NaN,", b"\n")


@fuzzed
@given(
    at=st.lists(st.sampled_from(PLACES), min_size=1, max_size=3), value=VALUES, drop=st.booleans(), fit=st.booleans()
)
def test_mutated_values(tmp_path: Path, at: list[tuple[str | int, ...]], value: object, drop: bool, fit: bool) -> None:
    document = copy.deepcopy(WHOLE)
    for path in at:
        _mutate(document, path, value, drop=drop)
    if fit:  # so that what lies behind the digests is reached
        try:
            document["changes_digest"] = changes_digest(document)
            document["digest"] = plan_digest(document)
        except (KeyError, TypeError, AttributeError):
            pass  # what has not even the shape has no digest; it is read all the same
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    examine(file)


def _mutate(document: Any, path: tuple[str | int, ...], value: object, *, drop: bool) -> None:
    here = document
    for step in path[:-1]:
        here = here[step] if _has(here, step) else None
    if not _has(here, path[-1]):
        return
    if drop:
        del here[path[-1]]
    else:
        here[path[-1]] = value


def _has(value: Any, step: str | int) -> bool:
    if isinstance(value, dict):
        return step in value
    return isinstance(value, list) and isinstance(step, int) and step < len(value)


@fuzzed
@given(data=st.data())
def test_mutated_bytes(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(TEXT.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        match data.draw(st.sampled_from(["flip", "cut", "insert", "twice"])):
            case "flip":
                content[at] = data.draw(st.integers(0, 255))
            case "cut":
                del content[at : at + data.draw(st.integers(1, 200))]
            case "insert":
                content[at:at] = data.draw(
                    st.sampled_from([b"\x00", b"\xff", b"{", b"[", b'"', b"1e999", b"NaN,", b"\n"])
                )
            case "twice":
                content[at:at] = content[at : at + 100]
        if not content:
            break
    file = tmp_path / "plan.json"
    file.write_bytes(content)
    examine(file)


HOSTILE = {
    "nothing": b"",
    "deep arrays": b"[" * 200_000,
    "deep objects": b'{"a":' * 200_000,
    "deep inside a plan": TEXT.replace('"targets": []', '"targets": ' + "[" * 900 + "]" * 900).encode(),
    "a long number": b'{"format_version": ' + b"9" * 100_000 + b"}",
    "an endless number": b'{"format_version": 1e999999}',
    "a number that is none": b'{"format_version": NaN}',
    "NUL": b"\x00" * 1_000,
    "no UTF-8": b'\xff\xfe{"format_version": 1}',
    "a byte order mark": b"\xef\xbb\xbf" + TEXT.encode(),
    "another encoding": TEXT.encode("utf-16"),
    "keys twice": TEXT.replace("{", '{"format_version": 1, "digest": "x",', 1).encode(),
    "a scalar of 100 MB": b'{"format_version": 1, "x": "' + b"a" * 100_000_000 + b'"}',
    "a lone surrogate": TEXT.replace("paklog", "\\ud800").encode(),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files(name: str, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_bytes(HOSTILE[name])
    examine(file)
