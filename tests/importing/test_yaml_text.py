"""What is written is read as that again, by our own reader."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from kafkaops.importing.yaml_text import Number, YamlValue, plain_or_text, yaml_text
from kafkaops.spec.units import config_text
from kafkaops.spec.yaml_reader import read_yaml

TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=40),
    st.text("0123456789.-+eExo_:#'\"\\ \n\t[]{}&*!|>%@`,?~=<", max_size=12),
    st.sampled_from(
        ["yes", "on", "0o17", "1e3", "0x1F", "1_000", "null", "<<", "=", "12:30", "2024-01-01", ".5", "- a", "..."]
    ),
)


def plain(value: Any) -> Any:
    return value.text if isinstance(value, Number) else value


def read_back(text: str) -> Any:
    return read_yaml(Path("x.yaml"), text).plain()


@given(TEXTS)
def test_a_text_stays_that_text(text: str) -> None:
    written = yaml_text({"a": {"b": text}, "l": [text]})
    assert read_back(written) == {"a": {"b": text}, "l": [text]}
    assert yaml.safe_load(written) == {"a": {"b": text}, "l": [text]}


@given(TEXTS)
def test_a_setting_is_sent_as_it_was(text: str) -> None:
    written = yaml_text({"config": {"k": plain_or_text(text)}})
    assert config_text(read_back(written)["config"]["k"]) == text


@given(st.dictionaries(TEXTS.filter(bool), st.integers()))
def test_names_stay_those_names(named: dict[str, int]) -> None:
    assert read_back(yaml_text({"topics": named})) == {"topics": named}


def test_it_looks_as_written_by_hand() -> None:
    topics: dict[str, YamlValue] = {
        "a": {"partitions": 3},
        "b": {"partitions": 6, "config": {"retention.ms": "7d", "ratio": Number("0.50"), "x": None}},
        "c": {"partitions": 1, "config": {f"key.{number}": "value" * 4 for number in range(5)}, "on": "yes"},
    }
    assert yaml_text({"topics": topics, "connectors": "connectors/*.yaml", "text": "one\ntwo\n"}) == (
        "topics:\n"
        "  a: {partitions: 3}\n"
        "  b:\n"
        "    partitions: 6\n"
        "    config: {retention.ms: 7d, ratio: 0.50, x: null}\n"
        "  c:\n"
        "    partitions: 1\n"
        "    config:\n"
        "      key.0: valuevaluevaluevalue\n"
        "      key.1: valuevaluevaluevalue\n"
        "      key.2: valuevaluevaluevalue\n"
        "      key.3: valuevaluevaluevalue\n"
        "      key.4: valuevaluevaluevalue\n"
        "    'on': 'yes'\n"
        "connectors: connectors/*.yaml\n"
        "text: |\n"
        "  one\n"
        "  two\n"
    )
