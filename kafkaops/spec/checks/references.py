"""References that can be seen to fail, and secrets that should have been references."""

from __future__ import annotations

from collections.abc import Iterator

from kafkaops.errors import Diagnostic, Severity
from kafkaops.spec.checks.context import Context
from kafkaops.spec.loaded import PathStep
from kafkaops.spec.references import references_in
from kafkaops.spec.secrets import looks_secret, masked_spans
from kafkaops.spec.suggest import did_you_mean
from kafkaops.spec.written import Written

DEV_KEYS = (
    "bootstrap_servers",
    "schema_registry_url",
    "registry_native_url",
    "connect_url",
    "mongodb_uri",
    "elasticsearch_url",
    "elasticsearch_address",
    "s3_endpoint",
)
"""What `${dev:…}` can stand for: the addresses of a dev cluster's systems."""


_FORMS = {"env": "env:NAME", "file": "file:PATH", "dev": "dev:KEY"}


def check(context: Context) -> Iterator[Diagnostic]:
    """KO170, KO171, KO174, in connectors and in the environment that is looked at."""
    for path, text in _texts(context):
        address = f"{'connector' if path[0] == 'connectors' else 'environment'}.{path[1]}"
        yield from _references(context, path, text, address)
        yield from _secret_in_clear(context, path, text, address)


def _texts(context: Context) -> Iterator[tuple[tuple[PathStep, ...], Written]]:
    for connector, written in context.declared("connectors").items():
        yield from _below(written.members.get("config"), ("connectors", connector, "config"))
    name = context.environment_name
    environment = context.declared("environments").get(name) if name else None
    if name and environment is not None:
        for key, member in environment.members.items():
            if key != "overrides":
                yield from _below(member, ("environments", name, key))


def _below(written: Written | None, path: tuple[PathStep, ...]) -> Iterator[tuple[tuple[PathStep, ...], Written]]:
    if written is None:
        return
    for key, member in written.members.items():
        yield from _below(member, (*path, key))
    for index, item in enumerate(written.items):
        yield from _below(item, (*path, index))
    if isinstance(written.value, str):
        yield path, written


def _references(context: Context, path: tuple[PathStep, ...], written: Written, address: str) -> Iterator[Diagnostic]:
    environment = context.environment
    for reference in references_in(str(written.value)):
        if reference.problem:
            yield Diagnostic(
                "KO171",
                f"{path[-1]}: '{reference}' is not a reference: {reference.problem}",
                address=address,
                place=written.place,
                hint=f"write ${{{_FORMS[reference.scheme]}}}, or $${{… to send the text as it is",
            )
        elif reference.scheme == "dev" and environment is not None and environment.dev_cluster is None:
            yield Diagnostic(
                "KO174",
                f"{path[-1]}: {reference} works with a dev cluster, and {context.environment_name} has none",
                address=address,
                place=written.place,
                hint="move it into the overrides of an environment with `dev_cluster:`",
            )
        elif reference.scheme == "dev" and reference.name not in DEV_KEYS:
            yield Diagnostic(
                "KO174",
                f"{path[-1]}: a dev cluster has no '{reference.name}'",
                address=address,
                place=written.place,
                hint=did_you_mean(reference.name, DEV_KEYS) or f"it has {', '.join(DEV_KEYS)}",
            )


def _secret_in_clear(
    context: Context, path: tuple[PathStep, ...], written: Written, address: str
) -> Iterator[Diagnostic]:
    environment = context.environment
    if environment is not None and environment.dev_cluster is not None:
        return  # on this machine only, made up, and gone with it
    text, key = str(written.value), next(step for step in reversed(path) if isinstance(step, str))
    by_key = looks_secret(key) and text.strip() and "${" not in text
    if not by_key and not masked_spans(text):
        return
    yield Diagnostic(
        "KO170",
        f"{key} holds a secret in clear" + ("" if by_key else ", inside a URL"),
        severity=Severity.WARNING,
        address=address,
        place=written.key_place,
        hint="write ${env:NAME} or ${file:PATH}, and keep the value out of git",
    )
