from __future__ import annotations

import importlib
import math
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kafkaops.errors import SpecError
from kafkaops.spec import yaml_reader
from kafkaops.spec.written import WrittenFloat
from kafkaops.spec.yaml_reader import MAX_DEPTH, core_value, read_yaml

FILE = Path("topics.yaml")


def plain(text: str) -> object:
    return read_yaml(FILE, text).plain()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None), ("~", None), ("null", None), ("Null", None), ("nUll", "nUll"),
        ("true", True), ("False", False), ("yes", "yes"), ("No", "No"), ("on", "on"), ("off", "off"), ("y", "y"),
        ("6", 6), ("-1", -1), ("+1", 1), ("0", 0), ("0x1F", 31), ("0o17", 15), ("0644", "0644"), ("-012", "-012"),
        ("1_000", "1_000"), ("190:20:30", "190:20:30"), ("9" * 41, "9" * 41),
        ("1.5", 1.5), ("-.5", -0.5), ("1e3", 1000.0), ("1.", 1.0), ("0.5", 0.5), ("1e999", "1e999"),
        (".inf", ".inf"), (".nan", ".nan"), (".", "."), ("-", "-"), ("+", "+"), ("1.2.3", "1.2.3"),
        ("2024-01-01", "2024-01-01"), ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"), ("7d", "7d"), ("1GiB", "1GiB"),
    ],
)  # fmt: skip
def test_scalars_follow_yaml_1_2(text: str, value: object) -> None:
    found = core_value(text)
    assert found == value
    assert isinstance(found, type(value))


@given(st.text(st.characters(codec="ascii"), max_size=12))
def test_any_text_is_some_scalar(text: str) -> None:
    value = core_value(text)
    assert not isinstance(value, float) or math.isfinite(value)


def test_a_decimal_is_kept_as_written() -> None:
    value = core_value("1.10")
    assert isinstance(value, WrittenFloat)
    assert str(value) == "1.10"
    assert value == 1.1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 'no'\nb: \"6\"\nc: |\n  x\n", {"a": "no", "b": "6", "c": "x\n"}),
        ("a: !!str 6\nb: !!int 6\n", {"a": "6", "b": 6}),
        ("a: &x {b: 1}\nc: *x\nd: {<<: *x, b: 2}\ne: {<<: [*x, {z: 1}], y: 3}\n",
         {"a": {"b": 1}, "c": {"b": 1}, "d": {"b": 2}, "e": {"b": 1, "z": 1, "y": 3}}),
        ("'<<': 1\n", {"<<": 1}),
        ("\ufeffa: 1".lstrip("\ufeff"), {"a": 1}),
        ("%YAML 1.2\n---\na: 1\n...\n", {"a": 1}),
        ("{a: [1, {b: 2}], c: []}", {"a": [1, {"b": 2}], "c": []}),
        ("1: a\ntrue: b\n2024-01-01: c\n~: d\n", {"1": "a", "true": "b", "2024-01-01": "c", "~": "d"}),
    ],
)  # fmt: skip
def test_documents(text: str, value: object) -> None:
    assert plain(text) == value


def test_places() -> None:
    root = read_yaml(FILE, "topics:\n  wave-events:\n    partitions: 6\n    größe: [a, 'é', b]\n    empty:\n")
    topic = root.at(("topics", "wave-events"))
    assert topic is not None
    assert (topic.place.line, topic.place.column) == (2, 3)
    partitions = topic.members["partitions"]
    assert (partitions.place.line, partitions.place.column) == (3, 17)
    assert (partitions.key_place.line, partitions.key_place.column) == (3, 5)
    third = topic.members["größe"].items[2]
    assert (third.place.line, third.place.column) == (4, 21)
    assert topic.members["empty"].place.column == 5
    assert str(root.at(("topics", "wave-events", "größe", 1)).place) == "topics.yaml:4:16"  # type: ignore[union-attr]  # it is there
    assert root.at(("topics", 0)) is None
    assert root.at(("topics", "wave-events", "größe", 3)) is None


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "- " * 100_000, "{a: " * 5_000, "\n".join(f"{' ' * depth}a:" for depth in range(3_000))],
)
def test_deep_nesting_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match=f"nested more than {MAX_DEPTH} levels deep"):
        read_yaml(FILE, text)


def test_the_depth_that_is_allowed_is_read() -> None:
    depth = MAX_DEPTH - 1
    value = plain("[" * depth + "]" * depth)
    for _ in range(depth - 1):
        assert isinstance(value, list)
        value = value[0]
    assert value == []


def test_aliases_that_explode_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(SpecError, match="aliases stand for more than 1,000,000 values") as caught:
        read_yaml(FILE, "\n".join(lines))
    assert len(caught.value.diagnostics) == 1


def test_a_long_text_behind_many_aliases_is_refused() -> None:
    text = f"a: &a [{'x' * 1_000_000}]\nb: [{', '.join(['*a'] * 2_000)}]\n"
    with pytest.raises(SpecError, match="aliases stand for more than"):
        read_yaml(FILE, text)


def test_many_uses_of_one_anchor_are_fine() -> None:
    text = "usual: &usual {retention.ms: 7d}\n" + "".join(f"t{n}: *usual\n" for n in range(10_000))
    assert len(read_yaml(FILE, text).members) == 10_001


def test_without_libyaml_the_same_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "topics:\n  a: &x {partitions: 6, owner: no}\n  b: {<<: *x, partitions: 12}\n"
    with_libyaml = read_yaml(FILE, text)
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    monkeypatch.delitem(sys.modules, yaml_reader.__name__)
    pure = importlib.import_module(yaml_reader.__name__)
    try:
        assert pure is not yaml_reader
        read = pure.read_yaml(FILE, text)
        assert read.plain() == with_libyaml.plain()
        path = ("topics", "b", "partitions")
        assert read.at(path).place == with_libyaml.at(path).place  # type: ignore[union-attr]  # it is there
        with pytest.raises(SpecError, match="nested more than"):
            pure.read_yaml(FILE, "[" * 5_000)
        with pytest.raises(SpecError, match="KO101"):
            pure.read_yaml(FILE, "a: 'b")
    finally:
        sys.modules[yaml_reader.__name__] = yaml_reader
