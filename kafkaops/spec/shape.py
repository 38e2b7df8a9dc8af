"""The merged text against the model: what does not fit, with its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from kafkaops.errors import Diagnostic
from kafkaops.spec.fields import Model
from kafkaops.spec.loaded import PathStep
from kafkaops.spec.model import Defaults, Spec
from kafkaops.spec.model_keys import field_names
from kafkaops.spec.suggest import did_you_mean, nearest
from kafkaops.spec.wording import KINDS, NOT_ALLOWED, Path, address_of, name_of, sentence
from kafkaops.spec.written import Written


def fit(root: Written) -> tuple[Spec | None, list[Diagnostic]]:
    """The spec, and what does not fit the model.

    Resources that do not fit are left out, so that the rest can still be cross-checked; None when
    nothing is left that could be.
    """
    plain = root.plain()
    try:
        return Spec.model_validate(plain, by_alias=True, by_name=False), []
    except ValidationError as error:
        paths = {real_path(details, root) for details in error.errors(include_url=False)}
        diagnostics = diagnostics_of(error, Spec, root)
    _prune(plain, paths)
    try:
        return Spec.model_validate(plain, by_alias=True, by_name=False), diagnostics
    except ValidationError:
        return None, diagnostics


def _prune(plain: dict[str, Any], paths: Iterable[Path]) -> None:
    """Take what does not fit out of the plain data: a resource as a whole, or else a section."""
    plain["version"] = 1
    for path in paths:
        if not path:
            continue
        section = str(path[0])
        if section == "project":
            plain["project"] = "unnamed"
        elif section in KINDS and len(path) > 1 and isinstance(plain.get(section), dict):
            plain[section].pop(path[1], None)
        else:
            plain.pop(section, None)


def fit_defaults(root: Written) -> list[Diagnostic]:
    """What is wrong with `defaults:` in itself."""
    defaults = root.members.get("defaults")
    if defaults is None or defaults.value is None:
        return []
    try:
        _WithDefaults.model_validate({"defaults": defaults.plain()}, by_alias=True, by_name=False)
    except ValidationError as error:
        return diagnostics_of(error, _WithDefaults, root)
    return []


class _WithDefaults(Model):
    defaults: Defaults


def diagnostics_of(error: ValidationError, model: type[BaseModel], root: Written) -> list[Diagnostic]:
    """Everything that does not fit as a diagnostic with its place. `root` is what was validated."""
    by_path: dict[Path, list[ErrorDetails]] = {}
    for details in error.errors(include_url=False):
        by_path.setdefault(real_path(details, root), []).append(details)
    meant = _meant_keys(by_path, model)
    return [
        _diagnostic(path, details, model, root)
        for path, details in by_path.items()
        if not (path in meant and details[0]["type"] == "missing") and not _other_branch(path, details, by_path)
    ]


def _meant_keys(by_path: Mapping[Path, list[ErrorDetails]], model: type[BaseModel]) -> set[Path]:
    """The paths that misspelt keys were probably meant to be: such a key is not missing, too."""
    meant = set()
    for path, errors in by_path.items():
        if errors[0]["type"] == "extra_forbidden":
            known = field_names(model, path[:-1])
            name = _OTHER_NAMES.get(str(path[-1])) or nearest(str(path[-1]), known)
            if name in known:
                meant.add((*path[:-1], name))
    return meant


def _other_branch(path: Path, errors: list[ErrorDetails], by_path: Iterable[Path]) -> bool:
    """Whether the errors are of a type that was not meant: what is wrong stands further inside."""
    if not all(error["type"].endswith("_type") for error in errors):
        return False
    return any(len(other) > len(path) and other[: len(path)] == path for other in by_path)


def real_path(error: ErrorDetails, root: Written) -> Path:
    """Pydantic's location without the steps that name union members and validators."""
    path: list[PathStep] = []
    here: Written | None = root
    location = error["loc"]
    for step in location:
        found = here.at((step,)) if here is not None else None
        if found is not None:
            path.append(step)
            here = found
    if error["type"] == "missing":
        path.append(location[-1])
    return tuple(path)


def _diagnostic(path: Path, errors: list[ErrorDetails], model: type[BaseModel], root: Written) -> Diagnostic:
    written = root.at(path)
    kind = errors[0]["type"]
    address = address_of(path)
    if written is None and kind == "missing":
        return _missing(path, address, root)
    if kind == "extra_forbidden" and written is not None:
        return _unknown(path, address, model, written)
    place = written.place if written else _place_above(path, root)
    name = name_of(path)
    summary, hint = sentence(name, errors, written)
    code = "KO113" if kind in NOT_ALLOWED else "KO112"
    return Diagnostic(code, summary, address=address, place=place, hint=hint)


def _missing(path: Path, address: str | None, root: Written) -> Diagnostic:
    parent = root.at(path[:-1])
    place = parent.key_place if parent else None
    example = _EXAMPLES.get(str(path[-1]))
    hint = f"write `{path[-1]}: {example}`" if example else None
    inside = name_of(path[:-1]) if len(path) > (3 if address else 1) else ""
    summary = f"{inside}.{path[-1]} is missing" if inside else f"{path[-1]} is missing"
    return Diagnostic("KO111", summary, address=address, place=place, hint=hint)


_OTHER_NAMES = {
    "connector.class": "class",
    "connector_class": "class",
    "replicas": "replication_factor",
    "replication": "replication_factor",
    "num_partitions": "partitions",
    "groups": "consumer_groups",
    "group_id": "consumer_groups",
    "dlq": "dead_letter_topic",
    "registry": "schema_registry",
    "kafka_connect": "connect",
}
"""What other tools, or other people, call what is meant."""
_EXAMPLES = {
    "version": "1",
    "project": "NAME",
    "partitions": "6",
    "replication_factor": "3",
    "topics": "[TOPIC]",
    "class": "org.example.ExampleSinkConnector",
    "schema": "schemas/EXAMPLE.avsc",
    "bootstrap_servers": "HOST:PORT",
    "url": "https://HOST:PORT",
    "address": "topic.NAME",
}


def _unknown(path: Path, address: str | None, model: type[BaseModel], written: Written) -> Diagnostic:
    known = field_names(model, path[:-1])
    name = _OTHER_NAMES.get(str(path[-1]))
    suggestion = f"did you mean '{name}'?" if name in known else did_you_mean(str(path[-1]), known)
    hint = suggestion or (f"known here: {', '.join(known)}" if known else None)
    where = name_of(path[:-1]) if len(path) > (3 if address else 1) else ""
    summary = f"unknown key '{path[-1]}'" + (f" in {where}" if where else "")
    return Diagnostic("KO110", summary, address=address, place=written.key_place, hint=hint)


def _place_above(path: Path, root: Written) -> Any:
    for length in range(len(path) - 1, -1, -1):
        found = root.at(path[:length])
        if found is not None:
            return found.place
    return None
