from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kafkaops.errors import Place
from kafkaops.spec.excerpt import excerpt
from kafkaops.spec.secrets import looks_secret


def shown(folder: Path, text: str, line: int, column: int) -> str | None:
    file = folder / "topics.yaml"
    file.write_text(text, encoding="utf-8")
    return excerpt(Place(file, line, column))


@pytest.mark.parametrize(
    ("text", "line", "column", "expected"),
    [
        ("a: 1\nb: 2\n", 2, 4, "2 | b: 2\n  |    ^"),
        ("\ta: 1", 1, 2, "1 |  a: 1\n  |  ^"),
        ("名前: [x, y", 1, 5, "1 | 名前: [x, y\n  |       ^"),
        ("e\u0301: x", 1, 5, "1 | e\u0301: x\n  |    ^"),
        ("a: 1\r\nb: 2\r\n", 2, 4, "2 | b: 2\n  |    ^"),
        ("a: 1", 1, 9, "1 | a: 1\n  |     ^"),
        ("  sasl_password: hunter2 # x", 1, 18, "1 |   sasl_password: ***\n  |                  ^"),
        ("  sasl_password: hunter2", 1, 3, "1 |   sasl_password: ***\n  |   ^"),
        (
            "p: {user: a, password: hunter2, b: c}",
            1,
            36,
            "1 | p: {user: a, password: ***\n  |                        ^",
        ),
        ("'token': 'hunter2'", 1, 10, "1 | 'token': ***\n  |          ^"),
        ('{"api.key":"hunter2"}', 1, 12, '1 | {"api.key":***\n  |            ^'),
        ("password: ${env:TOKEN}  # from CI", 1, 11, "1 | password: ${env:TOKEN}  # from CI\n  |           ^"),
        ("password: ${env:TOKEN}hunter2", 1, 11, "1 | password: ***\n  |           ^"),
        ("password:\n  hunter2\n", 2, 3, "2 |   ***\n  |   ^"),
        ("password: |\n  hunter2\n", 2, 3, "2 |   ***\n  |   ^"),
        ("uri: mongodb://app:hunter2@db/x?a=b", 1, 6, "1 | uri: mongodb://app:***@db/x?a=b\n  |      ^"),
        (
            "uri: s3://b?secretKey=hunter2&x=y",
            1,
            32,
            "1 | uri: s3://b?secretKey=***&x=y\n  |                            ^",
        ),
    ],
)
def test_excerpts(tmp_path: Path, text: str, line: int, column: int, expected: str) -> None:
    assert shown(tmp_path, text, line, column) == expected


def test_a_long_line_is_cut_around_the_caret(tmp_path: Path) -> None:
    found = shown(tmp_path, "a: " + "x" * 500 + "HERE" + "y" * 500, 1, 504)
    assert found is not None
    line, caret = found.splitlines()
    assert len(line) <= 76
    assert line.startswith("1 | …")
    assert line.endswith("…")
    assert line[caret.index("^") :].startswith("HERE")


def test_nothing_to_show(tmp_path: Path) -> None:
    assert shown(tmp_path, "a: 1", 9, 1) is None
    assert excerpt(Place(tmp_path / "none.yaml", 1, 1)) is None
    assert excerpt(Place(tmp_path, 1, 1)) is None
    (tmp_path / "binary").write_bytes(b"\xff\x00")
    assert excerpt(Place(tmp_path / "binary", 1, 1)) is None


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    assert shown(tmp_path, "a: 1", 1, 1) == "1 | a: 1\n  | ^"
    assert shown(tmp_path, "bb: 22", 1, 1) == "1 | bb: 22\n  | ^"


@settings(max_examples=150)
@given(
    line=st.text(st.characters(exclude_characters="\n\r", exclude_categories=("Cs", "Cc")), max_size=200),
    column=st.integers(1, 300),
)
def test_any_line_can_be_shown(tmp_path_factory: pytest.TempPathFactory, line: str, column: int) -> None:
    found = shown(tmp_path_factory.mktemp("excerpt"), line, 1, column)
    assert found is None or found.count("\n") == 1


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "sasl_password",
        "connection.password",
        "ssl.key.password",
        "aws.secret.access.key",
        "api.key",
        "apiKey",
        "accessKey",
        "SECRET",
        "token",
        "basic.auth.credentials",
        "sasl.jaas.config",
        "dbPwd",
        "private_key",
        "sasl_p:assword",
    ],
)
def test_secrets_by_name(key: str) -> None:
    assert looks_secret(key)


@pytest.mark.parametrize(
    "key",
    [
        "key.converter",
        "ssl.key.location",
        "sasl.username",
        "key.ignore",
        "oauth.token.endpoint.url",
        "tokenizer",
        "ssl.keystore.type",
        "partition",
        "primary.key.fields",
        "basic.auth.credentials.source.type",
        "",
        "secret.name",
    ],
)
def test_no_secrets_by_name(key: str) -> None:
    assert not looks_secret(key)
