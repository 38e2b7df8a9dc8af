"""The merged text against the model, in the words of someone who writes specs."""

from __future__ import annotations

import enum
import types
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from kafkaops.errors import Diagnostic
from kafkaops.spec.loaded import PathStep
from kafkaops.spec.model import Defaults, Model, Spec
from kafkaops.spec.secrets import is_secret, shown_value
from kafkaops.spec.suggest import did_you_mean, nearest
from kafkaops.spec.written import Written

Path: TypeAlias = tuple[PathStep, ...]
"""A path as the user wrote it; of the key for what is missing or unknown."""

_KINDS = {
    "topics": "topic",
    "services": "service",
    "consumer_groups": "group",
    "connectors": "connector",
    "environments": "environment",
    "loadtests": "loadtest",
}


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
        elif section in _KINDS and len(path) > 1 and isinstance(plain.get(section), dict):
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


def address_of(path: Path) -> str | None:
    """`topic.wave-events` for a path below one."""
    if len(path) >= 2 and path[0] in _KINDS:
        return f"{_KINDS[str(path[0])]}.{path[1]}"
    return None


def _diagnostic(path: Path, errors: list[ErrorDetails], model: type[BaseModel], root: Written) -> Diagnostic:
    written = root.at(path)
    kind = errors[0]["type"]
    address = address_of(path)
    if written is None and kind == "missing":
        return _missing(path, address, root)
    if kind == "extra_forbidden" and written is not None:
        return _unknown(path, address, model, written)
    place = written.place if written else _place_above(path, root)
    name = _name(path)
    summary, hint = _sentence(name, errors, written)
    code = "KO113" if kind in _NOT_ALLOWED else "KO112"
    return Diagnostic(code, summary, address=address, place=place, hint=hint)


def _missing(path: Path, address: str | None, root: Written) -> Diagnostic:
    parent = root.at(path[:-1])
    place = parent.key_place if parent else None
    example = _EXAMPLES.get(str(path[-1]))
    hint = f"write `{path[-1]}: {example}`" if example else None
    inside = _name(path[:-1]) if len(path) > (3 if address else 1) else ""
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
    where = _name(path[:-1]) if len(path) > (3 if address else 1) else ""
    summary = f"unknown key '{path[-1]}'" + (f" in {where}" if where else "")
    return Diagnostic("KO110", summary, address=address, place=written.key_place, hint=hint)


def _place_above(path: Path, root: Written) -> Any:
    for length in range(len(path) - 1, -1, -1):
        found = root.at(path[:length])
        if found is not None:
            return found.place
    return None


def _name(path: Path) -> str:
    """How a message names a value: its path below the resource, `config.retention.ms` or `topics[1]`.

    Empty for a resource itself: the address says it.
    """
    if not path:
        return "the spec"
    name = ""
    for step in path[2:] if address_of(path) else path:
        name += f"[{step}]" if isinstance(step, int) else f".{step}" if name else step
    return name


def _sentence(name: str, errors: list[ErrorDetails], written: Written | None) -> tuple[str, str | None]:
    """What is wrong, and what to do."""
    kind = errors[0]["type"]
    if kind == "value_error":
        return f"{name}: {_own_message(errors[0])}".lstrip(": "), None
    if kind == "too_short":
        return f"{name} is empty", "name at least one"
    wanted = " or ".join(dict.fromkeys(_wanted(error) for error in errors))
    must = f"{name} must be {wanted}".lstrip()
    if written is None:
        return must, None
    if written.value is None:
        return f"{name} is empty; it must be {wanted}".lstrip(), None
    return f"{must}, not {shown_value(name, written)}", _hint(name, errors[0], written)


def _own_message(error: ErrorDetails) -> str:
    return str(error.get("ctx", {}).get("error", error["msg"]))


def _hint(name: str, error: ErrorDetails, written: Written) -> str | None:
    value = written.value
    match error["type"]:
        case "model_type" if name in ("key", "value") and isinstance(value, str):
            return f"write {name}: {{schema: {value}}}"
        case "string_type" if isinstance(value, bool | int | float):
            return "quote it" if is_secret(name, written) else f'quote it: "{_as_written(value)}"'
        case "int_type" if isinstance(value, str) and not is_secret(name, written) and value.strip().isdigit():
            return f"write {int(value)} without quotes"
        case "bool_type" if isinstance(value, str):
            word = value.casefold()
            if word in ("no", "off", "n", "false"):
                return "write false: YAML 1.2 reads this as a text"
            if word in ("yes", "on", "y", "true"):
                return "write true: YAML 1.2 reads this as a text"
        case "tuple_type" if isinstance(value, str) and not is_secret(name, written):
            return f"write a list: [{', '.join(part.strip() for part in value.split(','))}]"
        case "enum" | "literal_error" if isinstance(value, str):
            return did_you_mean(value, _choices(error))
    return None


def _as_written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


_NOT_ALLOWED = {
    "enum", "literal_error", "greater_than", "greater_than_equal", "less_than", "less_than_equal",
    "string_pattern_mismatch", "too_short", "too_long", "value_error",
}  # fmt: skip


def _choices(error: ErrorDetails) -> list[str]:
    expected = str(error.get("ctx", {}).get("expected", ""))
    return [choice.strip().strip("'") for choice in expected.replace(" or ", ", ").split(",")]


def _wanted(error: ErrorDetails) -> str:
    """What a value must be, to follow 'must be'."""
    context = error.get("ctx", {})
    match error["type"]:
        case "int_type" | "int_parsing" | "int_from_float":
            return "a whole number"
        case "bool_type" | "bool_parsing":
            return "true or false"
        case "string_type":
            return "a text"
        case "dict_type" | "model_type" | "model_attributes_type" | "dataclass_type":
            return "a mapping"
        case "tuple_type" | "list_type":
            return "a list"
        case "enum" | "literal_error":
            choices = _choices(error)
            return choices[0] if len(choices) == 1 else f"{', '.join(choices[:-1])} or {choices[-1]}"
        case "greater_than_equal":
            return f"at least {context['ge']}"
        case "less_than_equal":
            return f"at most {context['le']}"
        case "string_pattern_mismatch":
            return "lower-case letters, digits, '.', '_' and '-', beginning with a letter or digit"
        case "value_error":
            return _own_message(error)
        case _:
            return error["msg"][:1].lower() + error["msg"][1:]


# ---- which keys a model knows, for suggestions


def field_names(model: type[BaseModel], path: Path) -> list[str]:
    """The keys that may stand in the mapping at a path, by the names they are written with."""
    found: list[Any] = [model]
    for step in path:
        found = [inner for annotation in found for inner in _inside(annotation, step)]
    names: list[str] = []
    for annotation in found:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            names.extend(field.alias or name for name, field in annotation.model_fields.items())
    return names


def _inside(annotation: Any, step: PathStep) -> Iterator[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            if (field.alias or name) == step:
                yield from _alternatives(field.annotation)
    else:
        arguments = [argument for argument in get_args(annotation) if argument is not Ellipsis]
        if get_origin(annotation) in (dict, tuple, list) and arguments:
            yield from _alternatives(arguments[-1])


def _alternatives(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        for argument in get_args(annotation):
            yield from _alternatives(argument)
    elif origin is Literal or (isinstance(annotation, type) and issubclass(annotation, enum.Enum)):
        return
    else:
        yield annotation
