"""Whatever is thrown at the loader, it answers with findings and never with a traceback."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kafkaops.errors import Diagnostic, SpecError
from kafkaops.spec.excerpt import excerpt
from kafkaops.spec.load import load
from kafkaops.spec.loaded import LoadedSpec
from kafkaops.spec.validation import Validation, validate
from kafkaops.spec.yaml_reader import read_yaml

ROOT = Path(__file__).parents[2]
FILES = ("topics.yaml", "environments/dev.yaml", "environments/production.yaml", "connectors/mongodb-sink.yaml")
SECRET = "hunter2hunter2"
EXAMPLES = int(os.environ.get("KAFKAOPS_EXAMPLES", "120"))
"""`make bench` tries thousands."""
fuzzed = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.sampled_from(["7d", "${env:X", "${dev:y}", "a-events", "no", "", "../x", "schemas/*.avsc", "[", "\x00", "é"]),
)  # fmt: skip
KEYS = st.one_of(
    st.text(max_size=6),
    st.sampled_from([
        "topics", "a-events", "partitions", "replication_factor", "config", "value", "schema", "connectors", "class",
        "removed", "address", "environments", "dev", "dev_cluster", "overrides", "include", "defaults", "schemas",
        "files", "subjects", "consumer_groups", "services", "instances", "min", "max", "retention.ms", "references",
        "version", "project", "loadtests", "topic", "kafka", "sasl_password", "name", "topics_regex",
    ]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=25,
)


def examine(main: Path) -> None:
    """Load in every way; findings are complete sentences about places that can be shown."""
    acts: tuple[Callable[[], LoadedSpec | Validation], ...] = (
        lambda: load(main, None),
        lambda: load(main, "production"),
        lambda: validate(main, None),
    )
    for act in acts:
        for item in findings_of(act):
            assert item.summary
            assert SECRET not in str(item)
            shown = excerpt(item.place) if item.place else None
            assert SECRET not in (shown or "")


def findings_of(act: Callable[[], LoadedSpec | Validation]) -> tuple[Diagnostic, ...]:
    try:
        result = act()
    except SpecError as error:
        assert error.diagnostics
        return error.diagnostics
    if isinstance(result, Validation):
        return tuple(finding.diagnostic for finding in result.findings)
    return result.warnings


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("schemas", "connectors", "environments"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "topics.yaml", tmp_path)
    production = tmp_path / "environments/production.yaml"
    production.write_text(production.read_text().replace("${env:KAFKA_PASSWORD}", SECRET))
    return tmp_path


@fuzzed
@given(data=st.data())
def test_mutated_specs(project: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(FILES))
    file = project / name
    before = file.read_text(encoding="utf-8")
    try:
        file.write_text(data.draw(mutations(before)), encoding="utf-8")
        examine(project / "topics.yaml")
    finally:
        file.write_text(before, encoding="utf-8")


OTHER_VALUES = ("", "[]", "{}", "[x]", "0", "no", "-1", "null", "~", "1.5", "*", "{a: b}")


@st.composite
def mutations(draw: st.DrawFn, text: str) -> str:
    for _ in range(draw(st.integers(1, 4))):
        lines = text.split("\n")
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["drop", "twice", "indent", "swap", "insert", "cut", "value"])):
            case "drop":
                del lines[at]
            case "twice":
                lines.insert(at, lines[at])
            case "indent":
                lines[at] = " " * draw(st.integers(0, 6)) + lines[at].lstrip()
            case "swap":
                other = draw(st.integers(0, len(lines) - 1))
                lines[at], lines[other] = lines[other], lines[at]
            case "insert":
                column = draw(st.integers(0, len(lines[at])))
                noise = draw(
                    st.sampled_from([":", "- ", "[", "}", "'", '"', "&a ", "*a", "!!x ", "#", "\t", "é", "|", "<<: "])
                )
                lines[at] = lines[at][:column] + noise + lines[at][column:]
            case "cut":
                lines[at] = lines[at][: draw(st.integers(0, len(lines[at])))]
            case "value":
                key = lines[at].partition(":")[0]
                lines[at] = f"{key}: {draw(st.sampled_from(OTHER_VALUES))}"
        text = "\n".join(lines)
    return text


@fuzzed
@given(document=st.dictionaries(KEYS, VALUES, max_size=8))
def test_any_shape(tmp_path: Path, document: dict[str, object]) -> None:
    main = tmp_path / "topics.yaml"
    whole = {"version": 1, "project": "p", "environments": {"dev": {"dev_cluster": "default"}}, **document}
    main.write_text(yaml.safe_dump(whole, allow_unicode=True, default_flow_style=False), encoding="utf-8")
    examine(main)


@settings(max_examples=300, deadline=None)
@given(text=st.text(st.characters(codec="utf-8"), max_size=60))
def test_any_text_is_yaml_or_a_finding(text: str) -> None:
    try:
        read_yaml(Path("topics.yaml"), text)
    except SpecError as error:
        assert all(item.code in ("KO100", "KO101", "KO102", "KO103") for item in error.diagnostics)


@fuzzed
@given(content=st.binary(max_size=80))
def test_any_bytes(tmp_path: Path, content: bytes) -> None:
    main = tmp_path / "topics.yaml"
    main.write_bytes(content)
    examine(main)
