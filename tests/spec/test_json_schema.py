from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from kafkaops.spec.environments import OVERRIDABLE
from kafkaops.spec.json_schema import spec_schema
from kafkaops.spec.model import Spec
from kafkaops.spec.topic_configs import TOPIC_CONFIGS
from kafkaops.spec.yaml_reader import read_yaml
from tests.spec.corpus import cases

ROOT = Path(__file__).parents[2]


@cache
def validator(definition: str | None = None) -> Draft202012Validator:
    schema: dict[str, Any] = json.loads(json.dumps(spec_schema()))
    if definition:
        schema = {"$ref": f"#/$defs/{definition}", "$defs": schema["$defs"]}
    return Draft202012Validator(schema)


def document(file: Path) -> Any:
    return read_yaml(file, file.read_text()).plain()


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(spec_schema())
    assert spec_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_paklog_fits() -> None:
    validator().validate(document(ROOT / "topics.yaml"))
    for file in ROOT.glob("environments/*.yaml"):
        validator("IncludedFile").validate(document(file))
    for file in ROOT.glob("connectors/*.yaml"):
        validator("ConnectorFile").validate(document(file))


def test_every_section_and_config_is_known() -> None:
    schema = spec_schema()
    assert set(schema["properties"]) == {*Spec.model_fields, "include", "defaults"}
    overrides = schema["$defs"]["Environment"]["properties"]["overrides"]["properties"]
    assert set(overrides) == set(OVERRIDABLE)
    assert set(schema["$defs"]["Topic"]["properties"]["config"]["properties"]) == set(TOPIC_CONFIGS)


@pytest.mark.parametrize(
    "text",
    [
        "topics: {wave events: {partitions: 1}}",
        "topics: {a: {partition: 1}}",
        "topics: {a: {partitions: 0}}",
        "topics: {a: {partitions: six}}",
        "topics: {a: {partitions: '6'}}",
        "topics: {a: {managed: 'no'}}",
        "topics: {a: {config: {retention.ms: 7x}}}",
        "topics: {a: {config: {retention.ms: [7d]}}}",
        "topics: {a: {config: {compression.type: none}}}",
        "topics: {a: {config: {cleanup.policy: [compact, delet]}}}",
        "topics: {a: {config: {vendor: {a: b}}}}",
        "topics: {a: {value: a.avsc}}",
        "topics: {a: {value: {schema: a.avsc, compatibility: BACKWARDS}}}",
        "connectors: {c: {topics: [a]}}",
        "connectors: {c: {class: X, start_timeout: soon}}",
        "consumer_groups: {g: {topics: []}}",
        "consumer_groups: {g: {topics: [a], config: {share.isolation.level: x}}}",
        "removed: [{address: topik.a}]",
        "include: {a: b}",
        "topic: {}",
        "environments: {dev: {dev_cluster: default, overrides: {project: x}}}",
        "defaults: {topics: {partition: 1}}",
        "loadtests: {x: {topic: a, rate: fast}}",
    ],
)
def test_what_is_broken_does_not_fit(text: str) -> None:
    broken = {"version": 1, "project": "p", **yaml.safe_load(text)}
    assert not validator().is_valid(broken)


@pytest.mark.parametrize(
    "text",
    [
        "topics: {a: null}",
        "topics: {a: {config: {retention.ms: unlimited, retention.bytes: -1, segment.bytes: 1.5GiB, other: true}}}",
        "topics: {a: {config: {min.insync.replicas: '2', cleanup.policy: 'compact,delete'}}}",
        "topics: {a: {config: {min.insync.replicas: null}}}",
        "connectors: connectors/*.yaml",
        "connectors: [a/*.yaml, b/*.yaml]",
        "include: teams/*.yaml",
        "consumer_groups: {g: {topics: [a], instances: 3}, h: {topics: [a], instances: {min: 1, max: 3}}}",
    ],
)
def test_what_is_right_fits(text: str) -> None:
    validator().validate({"version": 1, "project": "p", **yaml.safe_load(text)})


def test_it_never_refuses_what_loads(tmp_path: Path) -> None:
    """The corpus' specs that load with warnings only, or with nothing to say, fit as well."""
    for number, case in enumerate(cases()):
        if "error[" in case.says:
            continue
        folder = tmp_path / str(number)
        case.write(folder)
        errors = list(validator().iter_errors(document(folder / "topics.yaml")))
        assert not errors, str(case)
