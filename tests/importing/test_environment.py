"""The environment that is written: the addresses used, and no credential in clear."""

from __future__ import annotations

from pathlib import Path

from kafkaops.importing.environment import Source, environment_section, moved
from kafkaops.importing.secrets import Vault
from kafkaops.spec.model import Environment


def environment(**given: object) -> Environment:
    return Environment.model_validate(given)


def test_credentials_in_clear_become_references() -> None:
    vault = Vault()
    given = environment(
        kafka={
            "bootstrap_servers": ["a:1", "b:2"],
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": "PLAIN",
            "sasl_username": "ops",
            "sasl_password": "hunter2",
        },
        schema_registry={"url": "https://ops:hun%40ter2@registry:8081/api"},
        connect={"url": "http://connect:8083", "token": "hunter2", "request_timeout": "5s"},
    )
    assert environment_section(Source("main", given), "c-1", vault) == {
        "cluster_id": "c-1",
        "kafka": {
            "bootstrap_servers": ["a:1", "b:2"],
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": "PLAIN",
            "sasl_username": "ops",
            "sasl_password": "${env:KAFKA_PASSWORD}",
        },
        "schema_registry": {
            "url": "https://registry:8081/api",
            "username": "ops",
            "password": "${env:SCHEMA_REGISTRY_PASSWORD}",
        },
        "connect": {"url": "http://connect:8083", "token": "${env:CONNECT_TOKEN}", "request_timeout": 5000},
    }
    assert vault.environment == {
        "KAFKA_PASSWORD": "hunter2",
        "SCHEMA_REGISTRY_PASSWORD": "hun@ter2",
        "CONNECT_TOKEN": "hunter2",
    }


def test_references_stay_as_they_are() -> None:
    vault = Vault()
    given = environment(
        kafka={"bootstrap_servers": "${env:SERVERS}"},
        connect={"url": "${env:URL}", "username": "u", "password": "${env:P}"},
    )
    section = environment_section(Source("main", given), "c-1", vault)
    assert section["connect"] == {"url": "${env:URL}", "username": "u", "password": "${env:P}"}
    assert vault.kept == []


def test_a_dev_cluster_is_named_and_not_pinned() -> None:
    section = environment_section(Source("dev", environment(dev_cluster="default")), "c-1", Vault())
    assert section == {"dev_cluster": "default"}


def test_files_of_secrets_are_found_from_the_new_folder(tmp_path: Path) -> None:
    given = environment(
        connect={"url": "http://c", "username": "u", "password": "${file:secrets/p}", "ca_location": "${file:/abs}"}
    )
    found = moved(given, tmp_path / "old", tmp_path / "deep" / "new")
    assert found.connect is not None
    assert found.connect.password == "${file:../../old/secrets/p}"
    assert found.connect.ca_location == "${file:/abs}"
