from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkaops.errors import Place, SpecError
from kafkaops.spec.references import DevValues, Resolver, has_reference

DEV = DevValues(
    {"connect_url": "http://127.0.0.1:8083", "mongodb_uri": "mongodb://127.0.0.1:27017"}, "mine", {"s3_endpoint": "s3"}
)


@pytest.fixture
def resolver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Resolver:
    monkeypatch.setenv("PAKLOG_TOKEN", "hunter2")
    (tmp_path / "secret.txt").write_text("from-file\n")
    return Resolver(tmp_path, DEV)


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("plain", "plain"),
        ("${env:PAKLOG_TOKEN}", "hunter2"),
        ("a-${env:PAKLOG_TOKEN}-${file:secret.txt}-z", "a-hunter2-from-file-z"),
        ("${dev:connect_url}/connectors", "http://127.0.0.1:8083/connectors"),
        ("$${env:PAKLOG_TOKEN}", "${env:PAKLOG_TOKEN}"),
        ("$${file:x} ${env:PAKLOG_TOKEN}", "${file:x} hunter2"),
        ("${date:now:yyyy}-${exchangeId}-$simple{body}", "${date:now:yyyy}-${exchangeId}-$simple{body}"),
        ("${vault:secret/x:token} ${securepass:/a:b}", "${vault:secret/x:token} ${securepass:/a:b}"),
        ("$env:PAKLOG_TOKEN {env:X} $$", "$env:PAKLOG_TOKEN {env:X} $$"),
    ],
)
def test_resolved(resolver: Resolver, text: str, resolved: str) -> None:
    assert resolver.resolve(text) == resolved


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "${env:PAKLOG_TOKENS}",
            "error[KO172] ${env:PAKLOG_TOKENS}: the environment variable PAKLOG_TOKENS is not set\n"
            "  at topics.yaml:3:7\n  hint: set PAKLOG_TOKENS; did you mean 'PAKLOG_TOKEN'?",
        ),
        (
            "${file:none.txt}",
            "error[KO173] ${file:none.txt}: none.txt cannot be read: No such file or directory\n  at topics.yaml:3:7",
        ),
        (
            "${dev:connect}",
            "error[KO174] ${dev:connect}: the dev cluster has no 'connect'\n"
            "  at topics.yaml:3:7\n  hint: it has connect_url, mongodb_uri; did you mean 'connect_url'?",
        ),
        (
            "${dev:s3_endpoint}",
            "error[KO174] ${dev:s3_endpoint}: the dev cluster mine was started without s3\n"
            "  at topics.yaml:3:7\n  hint: kafkaops dev up --name mine --targets s3 starts it beside what runs",
        ),
        (
            "${env:PAKLOG TOKEN}",
            "error[KO171] '${env:PAKLOG TOKEN}': an environment variable's name has letters, digits and '_' only\n"
            "  at topics.yaml:3:7",
        ),
        ("${env:PAKLOG_TOKEN", "error[KO171] '${env:PAKLOG_TOKEN': the closing '}' is missing\n  at topics.yaml:3:7"),
        (
            "${file: secret.txt}",
            "error[KO171] '${file: secret.txt}': remove the spaces around the name\n  at topics.yaml:3:7",
        ),
        ("${dev:}", "error[KO171] '${dev:}': the name is missing\n  at topics.yaml:3:7"),
    ],
)
def test_refused(resolver: Resolver, tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SpecError) as caught:
        resolver.resolve(f"${{env:PAKLOG_TOKEN}} {text}", Place(Path("topics.yaml"), 3, 7))
    said = str(caught.value).replace(f"{tmp_path}/", "")
    assert said == says
    assert "hunter2" not in repr(caught.value)


def test_no_dev_cluster(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="this environment has no dev cluster"):
        Resolver(tmp_path, None).resolve("${dev:connect_url}")


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"\xff\xfe", "is not UTF-8"), (b"x" * ((1 << 20) + 1), "is larger than 1 MiB")],
)
def test_files_that_hold_no_secret(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "secret").write_bytes(content)
    with pytest.raises(SpecError, match=says):
        Resolver(tmp_path, None).resolve("${file:secret}")


def test_absolute_paths_and_folders(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("value\r\n")
    assert Resolver(Path("/nowhere"), None).resolve(f"${{file:{tmp_path}/secret}}") == "value"
    with pytest.raises(SpecError, match="KO173"):
        Resolver(tmp_path, None).resolve(f"${{file:{tmp_path}}}")


@pytest.mark.parametrize(
    ("text", "holds"),
    [("${env:X}", True), ("a ${file:/x} b", True), ("$${env:X}", False), ("${date:x}", False), ("${env:", True)],
)
def test_has_reference(text: str, holds: bool) -> None:
    assert has_reference(text) is holds


@given(st.text())
def test_what_holds_no_reference_and_no_escape_is_untouched(text: str) -> None:
    if not has_reference(text) and "$${" not in text:
        assert Resolver(Path(), None).resolve(text) == text
